#include "services/rendering/core/theme.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/id.h"
#include "services/rendering/core/theme_style.h"
#include "services/rendering/tests/sample_views.h"

namespace kimberlite::rendering {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Set by the build: the directory of the repository's theme.
const std::filesystem::path kTheme = KIMBERLITE_THEME;
const std::vector<std::string> kLanguages = {"ar", "de", "en", "fr", "ja", "ko", "ru", "sah", "zh"};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

// What a reader reads of the <main>: no tags, white space as one space.
std::string TextOf(const std::string& page) {
  std::string text = page.substr(page.find("<body>"));
  text = std::regex_replace(text, std::regex("<[^>]*>"), "");
  return std::regex_replace(text, std::regex("\\s+"), " ");
}

class ThemeTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto theme = Theme::Load(kTheme, "en");
    ASSERT_TRUE(theme.has_value()) << theme.error().ToString();
    theme_ = *theme;
  }
  static void TearDownTestSuite() { theme_.reset(); }

  void SetUp() override { ASSERT_NE(theme_, nullptr); }

  // One page of each kind, and of each way through its template.
  std::vector<std::string> AllPages(const std::string& language) const {
    std::vector<std::string> pages = {theme_->Render(MakeHome(language)), theme_->Render(MakeArticle(language)),
                                      theme_->Render(HomeView{.shell = MakeShell(language)})};
    for (const ListKind kind :
         {ListKind::kSection, ListKind::kTag, ListKind::kSource, ListKind::kAuthor, ListKind::kArchive}) {
      pages.push_back(theme_->Render(MakeList(language, kind)));
    }
    pages.push_back(theme_->Render(ListView{.shell = MakeShell(language), .heading = "Empty"}));
    ArticleView bare{.shell = MakeShell(language), .headline = "Bare"};
    bare.foreign = Language{"ru", "ltr", "Русский"};
    pages.push_back(theme_->Render(bare));
    for (const int status : {404, 410, 500, 503}) {
      pages.push_back(
          theme_->Render(ErrorView{.shell = MakeShell(language), .status = status, .latest = {MakeCard(1)}}));
    }
    pages.push_back(theme_->Render(ErrorView{.shell = Shell{.language = {language, "ltr", ""}}, .status = 503}));
    pages.push_back(theme_->Render(
        ChooserView{.shell = MakeShell(language), .entries = {{{"ar", "rtl", "العربية"}, "/ar/", "بريد", "أخبار"}}}));
    pages.push_back(
        theme_->Render(FeedsView{.shell = MakeShell(language), .groups = {{"All news", MakeShell(language).feeds}}}));
    pages.push_back(
        theme_->Render(AboutView{.shell = MakeShell(language), .sources = {{"Yakutia24", "/en/source/yakutia24/"}}}));
    pages.push_back(theme_->RenderLite(MakeArticle(language)));
    pages.push_back(theme_->RenderLite(bare));
    pages.push_back(theme_->Render(MakeSearch(language)));
    pages.push_back(theme_->Render(SearchView{.shell = MakeShell(language), .query = "nothing"}));
    pages.push_back(theme_->Render(SearchView{.shell = MakeShell(language), .too_long = true, .unavailable = true}));
    pages.push_back(theme_->Render(MakeArchive(language)));
    pages.push_back(theme_->Render(ArchiveView{.shell = MakeShell(language)}));
    return pages;
  }

  static std::shared_ptr<const Theme> theme_;
};
std::shared_ptr<const Theme> ThemeTest::theme_;

TEST_F(ThemeTest, EveryCatalogIsComplete) {
  for (const std::string& language : kLanguages) {
    const i18n::Catalog& texts = theme_->Texts(language);
    EXPECT_EQ(texts.language(), language);
    EXPECT_THAT(texts.MissingKeys(), ::testing::IsEmpty()) << language;
  }
}

TEST_F(ThemeTest, RendersEveryViewInEveryLanguage) {
  for (const std::string& language : kLanguages) {
    for (const std::string& page : AllPages(language)) {
      SCOPED_TRACE(language + ": " + page.substr(0, 600));
      EXPECT_TRUE(page.starts_with("<!doctype html>\n<html lang=\"" + language + "\" dir=\""));
      EXPECT_TRUE(page.ends_with("</html>\n"));
      EXPECT_EQ(Count(page, "<h1"), 1u);
      EXPECT_EQ(Count(page, "<main id=\"main\""), 1u);
      EXPECT_EQ(Count(page, "</main>"), 1u);
      EXPECT_EQ(Count(page, "<a class=\"skip\" href=\"#main\">"), 1u);
      EXPECT_THAT(page, Not(HasSubstr("{{")));
      EXPECT_THAT(page, Not(HasSubstr("\xee\x80")));  // marks of arguments
      EXPECT_THAT(page, Not(HasSubstr(" style=")));
      EXPECT_EQ(Count(page, "<script"), Count(page, "<script type=\"application/ld+json\">"));
      EXPECT_EQ(Count(page, "<style>"), 1u);
    }
  }
}

TEST_F(ThemeTest, AllJsonLdParses) {
  const std::string open = "<script type=\"application/ld+json\">";
  for (const std::string& page : AllPages("en")) {
    for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at + 1)) {
      const std::size_t begin = at + open.size();
      const std::string json = page.substr(begin, page.find("</script>", begin) - begin);
      EXPECT_FALSE(nlohmann::json::parse(json, nullptr, false).is_discarded()) << json;
    }
  }
  const std::string article = theme_->Render(MakeArticle("en"));
  const std::size_t begin = article.find(open) + open.size();
  const auto graph = nlohmann::json::parse(article.substr(begin, article.find("</script>", begin) - begin))["@graph"];
  EXPECT_EQ(graph[0]["@type"], "NewsArticle");
  EXPECT_EQ(graph[0]["headline"], "ALROSA meets Belgium");
  EXPECT_EQ(graph[0]["datePublished"], "2026-11-24T18:30:00+09:00");
  EXPECT_EQ(graph[0]["dateModified"], "2026-11-24T19:00:00+09:00");
  EXPECT_EQ(graph[0]["author"][1]["name"], "B. Petrov");
  EXPECT_EQ(graph[0]["image"][0]["width"], 1200);
  EXPECT_EQ(graph[0]["publisher"]["name"], "Northern Herald");
  EXPECT_EQ(graph[0]["inLanguage"], "en");
  EXPECT_EQ(graph[1]["@type"], "BreadcrumbList");
  EXPECT_EQ(graph[1]["itemListElement"][1]["item"], "https://example.org/en/economy/");
}

TEST_F(ThemeTest, AnArticleSaysWhereItStandsWordForWord) {
  const std::string page = theme_->Render(MakeArticle("en"));
  const std::string text = TextOf(page);
  EXPECT_THAT(text, HasSubstr(" Published in Economy "));
  EXPECT_THAT(text, HasSubstr(" Source: Yakutia24 "));
  EXPECT_THAT(text, HasSubstr(" Tagged under ALROSA, diamond, Belgium "));
  EXPECT_THAT(text, HasSubstr(" By A. Ivanova, B. Petrov 24 November 2026 (Yakutsk time) "
                              "Updated 24 November 2026 at 19:00 Published in Economy "));
  EXPECT_THAT(page, HasSubstr("Published in <a href=\"/en/economy/\">Economy</a>"));
  EXPECT_THAT(page, HasSubstr("<a rel=\"tag\" href=\"/en/tag/diamond/\"><bdi>diamond</bdi></a>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"/en/source/yakutia24/\"><bdi>Yakutia24</bdi></a>"));
  EXPECT_THAT(page, HasSubstr("<p>The body &amp; all.</p>"));
  EXPECT_THAT(text,
              HasSubstr("This translation is 3 of 14 paragraphs behind the original. The original has moved on since "
                        "24 November 2026 at 19:00. Read the original: Русский"));
  EXPECT_THAT(text, HasSubstr("Corrections 24 November 2026 at 20:00: The year was wrong."));
}

TEST_F(ThemeTest, ListsAreJoinedAsTheLanguageDoes) {
  EXPECT_THAT(TextOf(theme_->Render(MakeArticle("ar"))), HasSubstr("ALROSA، diamond، Belgium"));
  EXPECT_THAT(TextOf(theme_->Render(MakeArticle("zh"))), HasSubstr("话题：ALROSA、diamond、Belgium"));
  EXPECT_THAT(TextOf(theme_->Render(MakeArticle("sah"))), HasSubstr("Тиэмэлэрэ: ALROSA, diamond, Belgium"));
}

TEST_F(ThemeTest, TheHeaderOfEveryPageLeadsToEverything) {
  for (const std::string& page :
       {theme_->Render(MakeHome("en")), theme_->Render(MakeArticle("en")),
        theme_->Render(MakeList("en", ListKind::kTag)), theme_->Render(ErrorView{.shell = MakeShell("en")})}) {
    const std::string header = page.substr(page.find("<header"), page.find("</header>") - page.find("<header"));
    EXPECT_THAT(header, HasSubstr("<a href=\"/en/\"><bdi>Northern Herald</bdi></a>"));
    EXPECT_THAT(header, HasSubstr(">Current affairs in the biggest region<"));
    EXPECT_THAT(header, HasSubstr("<a href=\"/en/society/\">Society</a>"));
    EXPECT_THAT(header, HasSubstr("<a href=\"/en/economy/\" aria-current=\"true\">Economy</a>"));
    EXPECT_THAT(header, HasSubstr("<a href=\"https://instagram.com/example\">Instagram</a>"));
    EXPECT_THAT(header, HasSubstr("<a href=\"https://twitter.com/example\">Twitter</a>"));
    EXPECT_THAT(header, HasSubstr("<a href=\"/en/economy/rss.xml\">RSS</a>"));
    EXPECT_THAT(header, HasSubstr("<bdi lang=\"ar\">العربية</bdi> <small>not translated yet</small>"));
    EXPECT_THAT(page, HasSubstr("<link rel=\"alternate\" type=\"application/atom+xml\" title=\"Economy – Northern "
                                "Herald\" href=\"/en/economy/atom.xml\">"));
    EXPECT_THAT(page, HasSubstr("<link rel=\"alternate\" hreflang=\"x-default\" href=\"https://example.org/\">"));
  }
}

TEST_F(ThemeTest, AStoryInAnotherLanguageSaysSoAndIsMarked) {
  ArticleView view = MakeArticle("en");
  view.foreign = Language{"ar", "rtl", "العربية"};
  const std::string page = theme_->Render(view);
  EXPECT_THAT(TextOf(page),
              HasSubstr("This story has not been translated yet. It is shown in another language: العربية"));
  EXPECT_THAT(page, HasSubstr("<h1 lang=\"ar\" dir=\"rtl\">"));
  EXPECT_THAT(page, HasSubstr("<div class=\"body\" lang=\"ar\" dir=\"rtl\">"));
  EXPECT_THAT(page, HasSubstr("\"inLanguage\":\"ar\""));
}

TEST_F(ThemeTest, HostileTextStaysText) {
  const std::string hostile = "</script></style></title><img src=x onerror=alert(1)>\"'`{{title}}{0}\xe2\x80\xa8";
  ArticleView view = MakeArticle("en");
  for (std::string* text :
       {&view.headline, &view.summary, &view.shell.title, &view.shell.description, &view.shell.site_name,
        &view.shell.tagline, &view.authors[0].name, &view.source->name, &view.section.label, &view.tags[0].label,
        &view.picture->alt, &view.published.iso, &view.published.text, &view.related[0].headline,
        &view.related[0].summary, &view.shell.social_accounts[0].label, &view.shell.feeds.title,
        &view.shell.share_image->alt}) {
    *text = hostile;
  }
  for (std::string* url : {&view.source->url, &view.source->original_url, &view.authors[0].url, &view.section.url,
                           &view.tags[0].url, &view.picture->src, &view.related[0].url, &view.shell.home_url,
                           &view.shell.canonical_url, &view.shell.social_accounts[0].url}) {
    *url = "java\tscript:alert(1)//\"><img src=x onerror=alert(1)>";
  }
  const std::string page = theme_->Render(view);
  EXPECT_EQ(Count(page, "<img src=x"), 0u);
  EXPECT_EQ(Count(page, "href=\"java"), 0u);
  EXPECT_EQ(Count(page, "src=\"java"), 0u);
  EXPECT_EQ(Count(page, "</script>"), Count(page, "<script"));
  EXPECT_EQ(Count(page, "</style>"), 1u);
  EXPECT_EQ(Count(page, "</title>"), 1u);
  const std::size_t begin = page.find("ld+json\">") + 9;
  const auto json = nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  EXPECT_EQ(json["@graph"][0]["headline"], hostile);
}

// Without it a Latin name scrambles the line of an Arabic page, which no checker notices.
TEST_F(ThemeTest, NamesAndDatesAreIsolated) {
  const std::regex shown(
      "\\{\\{([a-z_.]*(author\\.name|source\\.name|site_name|native_name|published\\.text|updated\\.text))\\}\\}");
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kTheme / "templates")) {
    std::string source = ReadFile(entry.path());
    // Only element content: not attributes, titles and JSON, which take no elements.
    source = std::regex_replace(
        source, std::regex("<script[^]*?</script>|<title>[^]*?</title>|=\"([^\"{]|\\{\\{[^}]*\\}\\})*\""), "");
    for (std::sregex_iterator match(source.begin(), source.end(), shown), end; match != end; ++match) {
      ++seen;
      const std::string before = match->prefix().str();
      EXPECT_TRUE(
          std::regex_search(before.substr(before.size() < 60 ? 0 : before.size() - 60), std::regex("<bdi[^<>]*>$")))
          << entry.path().filename() << ": " << match->str();
    }
  }
  EXPECT_GT(seen, 15);
  EXPECT_THAT(theme_->Render(MakeArticle("ar")), HasSubstr("<bdi>A. Ivanova</bdi></a>، <bdi>B. Petrov</bdi>"));
}

TEST_F(ThemeTest, TheSameViewGivesTheSamePage) {
  EXPECT_EQ(theme_->Render(MakeHome("sah")), theme_->Render(MakeHome("sah")));
}

TEST_F(ThemeTest, LanguagesWithoutACatalogTakeTheNearest) {
  EXPECT_THAT(theme_->Render(MakeHome("zh-Hant")), HasSubstr("最新消息"));
  EXPECT_THAT(theme_->Render(MakeHome("cs")), HasSubstr("Latest news"));
  EXPECT_EQ(theme_->Texts("sah").Format("about.title"), "Саайт туһунан");
}

TEST_F(ThemeTest, ThePolicyNamesTheStyleOfThePage) {
  const std::string page = theme_->Render(MakeHome("en"));
  const std::size_t begin = page.find("<style>") + 7;
  const std::string style = page.substr(begin, page.find("</style>") - begin);
  EXPECT_EQ(Sha256Base64(style), theme_->style_sha256_base64());
  EXPECT_THAT(theme_->ContentSecurityPolicy(), HasSubstr("style-src 'sha256-" + theme_->style_sha256_base64() + "'"));
}

TEST(StyleTest, DigestAndMinifying) {
  EXPECT_EQ(Sha256Base64(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(MinifyCss("/* a */ a :is(b, c) > d {\n  color : red;\n  width: calc(1px + 2px);\n}\n@media (x: y) and (z: "
                      "1) {\n a::after { content: \" a;  } \\\" \"; } }"),
            "a :is(b,c)>d{color :red;width:calc(1px + 2px)}@media (x:y) and (z:1){a::after{content:\" a;  } \\\" \"}}");
}

// A copy of the theme that a test may break.
class BrokenThemeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("kimberlite-theme-" + RandomHex(8));
    std::filesystem::copy(kTheme, directory_, std::filesystem::copy_options::recursive);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void Append(const std::string& file, const std::string& text) {
    std::ofstream(directory_ / file, std::ios::app) << text;
  }
  std::string Refusal() {
    const auto theme = Theme::Load(directory_, "en");
    return theme ? "it loaded" : theme.error().ToString();
  }

  std::filesystem::path directory_;
};

TEST_F(BrokenThemeTest, ABrokenTemplateIsRefusedWithFileAndLine) {
  std::ofstream(directory_ / "templates/pager.html") << "<p>\n{{card.titel}}\n</p>";
  EXPECT_THAT(Refusal(),
              HasSubstr("INVALID_ARGUMENT: pager.html:2: unknown field \"card\" in ListView; known: shell, "));
}

TEST_F(BrokenThemeTest, ABrokenCatalogIsRefused) {
  std::ofstream(directory_ / "catalogs/fr.json") << "{\"nav.skip\": \"{oops\"}";
  EXPECT_THAT(Refusal(), HasSubstr("fr.json"));
  std::ofstream(directory_ / "catalogs/fr.json") << "{\"article.source\": \"Source\"}";
  EXPECT_THAT(
      Refusal(),
      HasSubstr("text \"article.source\" in the catalog \"fr\" takes the arguments [], and the template gives [name]"));
}

TEST_F(BrokenThemeTest, AMissingPartIsNamed) {
  std::filesystem::remove(directory_ / "templates/home.html");
  EXPECT_THAT(Refusal(), HasSubstr("home.html"));
  std::filesystem::remove(directory_ / "style.css");
  EXPECT_THAT(Refusal(), HasSubstr("NOT_FOUND: theme: there is no "));
  std::filesystem::remove_all(directory_);
  EXPECT_THAT(Refusal(), HasSubstr("NOT_FOUND: theme: cannot read "));
}

TEST_F(BrokenThemeTest, TheVersionFollowsEveryFile) {
  const auto original = Theme::Load(directory_, "en");
  ASSERT_TRUE(original.has_value());
  std::vector<std::string> versions = {(*original)->version()};
  EXPECT_EQ(Theme::Load(kTheme, "en").value()->version(), versions[0]);
  for (const std::string file : {"templates/card.html", "style.css", "catalogs/sah.json"}) {
    Append(file, "\n");
    const auto changed = Theme::Load(directory_, "en");
    ASSERT_TRUE(changed.has_value()) << changed.error().ToString();
    EXPECT_THAT(versions, Not(::testing::Contains((*changed)->version()))) << file;
    versions.push_back((*changed)->version());
  }
}

}  // namespace
}  // namespace kimberlite::rendering
