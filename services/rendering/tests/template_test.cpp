#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/id.h"
#include "services/rendering/core/template_compiler.h"
#include "services/rendering/core/template_escape.h"

namespace kimberlite::rendering {

// What the templates of these tests show.
struct Item {
  std::string name;
  std::string url;
};
struct Extra {
  std::string text;
};
struct Sheet {
  std::string title;
  std::string url;
  int count = 0;
  bool flag = false;
  TrustedHtml html;
  std::optional<Extra> extra;
  std::vector<Item> items;
  Item owner;
};

template <>
const TypeInfo& Describe<Item>() {
  static const TypeInfo type{"Item", {Member("name", &Item::name), Member("url", &Item::url)}};
  return type;
}
template <>
const TypeInfo& Describe<Extra>() {
  static const TypeInfo type{"Extra", {Member("text", &Extra::text)}};
  return type;
}
template <>
const TypeInfo& Describe<Sheet>() {
  static const TypeInfo type{
      "Sheet",
      {Member("title", &Sheet::title), Member("url", &Sheet::url), Member("count", &Sheet::count),
       Member("flag", &Sheet::flag), Member("html", &Sheet::html), Member("extra", &Sheet::extra),
       Member("items", &Sheet::items), Member("owner", &Sheet::owner),
       Computed("is_long", [](const void* sheet) { return static_cast<const Sheet*>(sheet)->items.size() > 2; })}};
  return type;
}

namespace {

using ::testing::HasSubstr;

constexpr char kHostile[] = "</script><img src=x onerror='alert(1)'>\"&";

class TemplateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("kimberlite-template-" + RandomHex(8));
    std::filesystem::create_directories(directory_);
    Catalog("en", R"({"hello": "Hello & welcome, {name}!", "plain": "It’s <here>", "in": "In {place} by {who}",
                      "count": "{n, plural, one {# story by {who}} other {# stories by {who}}}"})");
    Catalog("ru", R"({"hello": "Привет, {name}!", "plain": "Здесь", "in": "{who}: {place}",
                      "count": "{n, plural, one {# новость от {who}} few {# новости от {who}} many {# новостей от {who}} other {# новости от {who}}}"})");
    Load();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void Catalog(const std::string& language, const std::string& json) {
    std::ofstream(directory_ / (language + ".json")) << json;
  }
  void Load() {
    auto catalogs = i18n::Catalogs::Load(directory_, "en");
    ASSERT_TRUE(catalogs.has_value()) << catalogs.error().ToString();
    catalogs_.clear();
    for (const std::string& language : catalogs->Languages()) catalogs_.push_back(catalogs->For(language));
  }

  Result<Template> Compile(const std::string& page) {
    files_.templates["page"] = page;
    return CompileTemplate(files_, "page", Describe<Sheet>(), catalogs_);
  }
  // Language 0 is "en", 1 is "ru".
  std::string Render(const std::string& page, const Sheet& sheet, std::size_t language = 0) {
    const auto compiled = Compile(page);
    if (!compiled) return "refused: " + compiled.error().message();
    std::string out;
    compiled->Render(&sheet, language, out);
    return out;
  }
  std::string Refusal(const std::string& page) {
    const auto compiled = Compile(page);
    if (compiled) return "it was accepted";
    EXPECT_EQ(compiled.error().code(), Code::kInvalidArgument);
    return compiled.error().message();
  }

  std::filesystem::path directory_;
  std::vector<i18n::Catalog> catalogs_;
  TemplateFiles files_;
};

TEST_F(TemplateTest, EscapesTextAndQuotedAttributes) {
  Sheet sheet{.title = kHostile};
  const std::string escaped = "&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&quot;&amp;";
  EXPECT_EQ(Render("<p>{{title}}</p>", sheet), "<p>" + escaped + "</p>");
  EXPECT_EQ(Render("<p title=\"{{title}}\"></p>", sheet), "<p title=\"" + escaped + "\"></p>");
  EXPECT_EQ(Render("<p title='{{title}}'></p>", sheet), "<p title='" + escaped + "'></p>");
  EXPECT_EQ(Render("<title>{{title}}</title>", sheet), "<title>" + escaped + "</title>");
  sheet.title = std::string("a\0b", 3);
  EXPECT_EQ(Render("<p>{{title}}</p>", sheet),
            "<p>a\xef\xbf\xbd"
            "b</p>");
}

TEST_F(TemplateTest, EscapesJsonStrings) {
  Sheet sheet{.title = std::string(kHostile) + "\\\n\t\x01 \xe2\x80\xa8\xe2\x80\xa9 “ — \xe2\x82\xac"};
  EXPECT_EQ(
      Render(R"(<script type="application/ld+json">{"a":"{{title}}","n":{{count}}}</script>)", sheet),
      R"(<script type="application/ld+json">{"a":"\u003c/script\u003e\u003cimg src=x onerror='alert(1)'\u003e\"\u0026)"
      R"(\\\u000a\u0009\u0001 \u2028\u2029 “ — €","n":0}</script>)");
}

TEST_F(TemplateTest, LinksOnlyWhereItIsSafe) {
  const std::string page = "<a href=\"{{url}}\">x</a>";
  for (const std::string url :
       {"/en/economy/", "", "#part", "?page=2", "../up", "https://example.org/a?b=1", "HTTP://EXAMPLE.ORG",
        "mailto:a@example.org", "//example.org/", "/en/12:30", "a/b:c", "?q=javascript:x"}) {
    EXPECT_EQ(Render(page, {.url = url}), "<a href=\"" + url + "\">x</a>") << url;
  }
  for (const std::string url :
       {"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)",
        "java\nscript:alert(1)", "\x01javascript:alert(1)", "javascript\r:alert(1)", "data:text/html,x", "vbscript:x",
        "file:///etc/passwd", "blob:x", "javascript&colon;:x", "feed:javascript:x", "/ok\x7f", "/ok "}) {
    EXPECT_EQ(Render(page, {.url = url}), "<a href=\"#\">x</a>") << url;
  }
  EXPECT_EQ(Render(page, {.url = "/a?b=1&c=\"'<>"}), "<a href=\"/a?b=1&amp;c=&quot;&#39;&lt;&gt;\">x</a>");
  EXPECT_EQ(Render("<img src=\"{{url}}\" alt=\"\">", {.url = "javascript:x"}), "<img src=\"#\" alt=\"\">");
  EXPECT_EQ(Render("<img srcset=\"{{url}}\">", {.url = "/a 1x, https://example.org/b\"> 2x"}),
            "<img srcset=\"/a 1x, https://example.org/b&quot;&gt; 2x\">");
  EXPECT_EQ(Render("<img srcset=\"{{url}}\">", {.url = "/a 1x, javascript:x 2x"}), "<img srcset=\"\">");
}

TEST_F(TemplateTest, RefusesValuesWhereNoEscapingHelps) {
  const struct {
    std::string page, why;
  } cases[] = {
      {"<p>\n<a title={{title}}>", "page.html:2: {{title}}: no value may stand in an unquoted attribute of <a>"},
      {"<p title=x>", "page.html:1: in the HTML from here on: attribute values have to be quoted"},
      {"<{{title}}>", "page.html:1: {{title}}: no value may stand in the name of a tag"},
      {"<a {{title}}>", "page.html:1: {{title}}: no value may stand between the attributes of <a>"},
      {"<a da{{title}}>", "page.html:1: {{title}}: no value may stand in the name of an attribute of <a>"},
      {"<a onclick=\"{{title}}\">", "the attribute onclick has no place in a theme"},
      {"<a ONCLICK=\"x()\">", "the attribute onclick has no place in a theme"},
      {"<p style=\"color:{{title}}\">", "the attribute style has no place in a theme"},
      {"<iframe srcdoc=\"{{title}}\">", "the attribute srcdoc has no place in a theme"},
      {"<meta http-equiv=\"refresh\" content=\"{{title}}\">", "the attribute http-equiv has no place in a theme"},
      {"<a ping=\"{{title}}\">", "no value may stand in the attribute ping"},
      {"<link imagesrcset=\"{{title}}\">", "no value may stand in the attribute imagesrcset"},
      {"<img srcset=\"{{url}} 2x\">", "a URL attribute takes one whole value"},
      {"<style>p { color: {{title}} }</style>", "page.html:1: {{title}}: no value may stand in <style>"},
      {"<script>{{title}}</script>",
       "page.html:1: in the HTML from here on: a <script> that is not of type=\"application/ld+json\""},
      {"<script type=\"text/javascript\" type=\"application/ld+json\">1</script>", "a <script> that is not of type"},
      {"<script type=\"application/ld+json\" id=\"{{title}}\">1</script>",
       "no value may stand in an attribute of <script>"},
      {"<script type=\"application/ld+json\">{\"a\":{{title}}}</script>",
       "a text in JSON has to stand inside a string's quotes"},
      {"<script type=\"application/ld+json\">{\"a\":\"\\{{title}}\"}</script>",
       "a text in JSON has to stand inside a string's quotes"},
      {"<script type=\"application/ld+json\">\"</script>", "a JSON string that was not closed"},
      {"<script type=\"application/ld+json\">{\"a\":\"<b>\"}</script>", "in <script> a '<' may only begin </script>"},
      {"<!-- {{title}} -->", "page.html:1: in the HTML from here on: an HTML comment"},
      {"<a href=\"{{url}}{{title}}\">", "a URL attribute takes one whole value"},
      {"<a href=\"/x/{{url}}\">", "a URL attribute takes one whole value"},
      {"<a href=\"{{url}}/x\">", "a URL attribute takes one whole value"},
      {"<a href=\"{{#if flag}}{{url}}{{/if}}\">", "no block may begin or end inside a URL"},
      {"<base href=\"{{url}}\">", "<base> has no place in a theme"},
      {"a < b", "a '<' that begins no tag; write &lt;"},
      {"<p", "the page ends in the name of a tag"},
      {"<a title=\"x\"href=\"y\">", "unexpected 'h' between the attributes of <a>"},
  };
  for (const auto& test : cases) EXPECT_THAT(Refusal(test.page), HasSubstr(test.why)) << test.page;
}

TEST_F(TemplateTest, RefusesWhatTheViewDoesNotHave) {
  const struct {
    std::string page, why;
  } cases[] = {
      {"<p>\n\n{{headline}}",
       "page.html:3: unknown field \"headline\" in Sheet; known: title, url, count, flag, html, extra, items, owner, "
       "is_long"},
      {"{{owner.age}}", "page.html:1: unknown field \"age\" in Item; known: name, url"},
      {"{{owner}}", "page.html:1: owner is a Item; name one of its fields: name, url"},
      {"{{items}}", "page.html:1: items is a list; write {{#each items as name}}"},
      {"{{extra}}", "page.html:1: extra may be absent; write {{#with extra as name}}"},
      {"{{extra.text}}",
       "page.html:1: extra.text: \"extra\" is an optional and has no field \"text\"; open it with {{#with … as name}}"},
      {"{{flag}}", "page.html:1: flag is a flag; write {{#if flag}}"},
      {"{{html}}", "page.html:1: html is trusted HTML; write {{{html}}}"},
      {"<p>{{{title}}}", "page.html:1: {{{title}}}: only trusted HTML goes out unescaped, and title is a text"},
      {"<p title=\"{{{html}}}\">",
       "page.html:1: trusted HTML may only stand in the content of an element, not in the attribute title of <p>"},
      {"<title>{{{html}}}</title>",
       "page.html:1: trusted HTML may only stand in the content of an element, not in <title>"},
      {"{{#each title as x}}{{/each}}", "page.html:1: {{#each}} takes a list, and title is a text"},
      {"{{#with items as x}}{{/with}}", "page.html:1: {{#with}} takes an optional, and items is a list"},
      {"{{#if owner}}{{/if}}", "page.html:1: owner is always there"},
      {"{{#each items as x}}{{/each}}{{x.name}}", "page.html:1: unknown field \"x\" in Sheet"},
  };
  for (const auto& test : cases) EXPECT_THAT(Refusal(test.page), HasSubstr(test.why)) << test.page;
}

TEST_F(TemplateTest, RefusesBrokenSyntaxWithItsLine) {
  const struct {
    std::string page, why;
  } cases[] = {
      {"a\n{{#if flag}}\nb", "page.html:2: {{#if}} is not closed"},
      {"a\n{{#each items as x}}{{#if flag}}\n{{/each}}", "page.html:3: {{/each}} closes the {{#if}} of line 2"},
      {"a\n{{/if}}", "page.html:2: {{/if}} closes nothing"},
      {"{{else}}", "page.html:1: {{else}} outside a block"},
      {"{{#if flag}}{{else}}{{else}}{{/if}}", "page.html:1: {{else}} has no place in {{#if}}"},
      {"a\n\n{{title", "page.html:3: a directive that is not closed"},
      {"{{! a {{title}} b }}", "page.html:1: a directive inside a directive"},
      {"{{}}", "page.html:1: an empty directive"},
      {"{{title url}}", "page.html:1: not a directive: {{title url}}"},
      {"{{#for items}}{{/for}}", "page.html:1: not a block"},
      {"{{#sep}}{{/sep}}", "page.html:1: {{#sep}} belongs into {{#each}}"},
      {"{{#arg x}}{{/arg}}", "page.html:1: {{#arg}} belongs directly into {{#t}}"},
      {"{{> nothing}}", "page.html:1: there is no nothing.html"},
      {"{{> style}}", "page.html:1: {{> style}} belongs inside <style>"},
      {"{{> page}}", "page.html:1: page.html contains itself"},
      {"{{#if flag}}<p title=\"{{else}}<p>{{/if}}",
       "page.html:1: the ways through {{#if}} end in different places of the HTML"},
      {"{{#if flag}}<b {{/if}}>", "page.html:1: the ways through {{#if}} end in different places of the HTML"},
  };
  for (const auto& test : cases) EXPECT_THAT(Refusal(test.page), HasSubstr(test.why)) << test.page;
}

TEST_F(TemplateTest, NamesTheFileOfAPartialAndWhereItIsUsed) {
  files_.templates["part"] = "ok\n{{item.age}}";
  EXPECT_THAT(Refusal("\n\n{{#each items as x}}\n{{> part item=x}}{{/each}}"),
              HasSubstr("part.html:2: unknown field \"age\" in Item; known: name, url (used at page.html:4)"));
}

TEST_F(TemplateTest, ShowsListsOptionalsAndFlags) {
  Sheet sheet{.title = "T",
              .count = 7,
              .flag = true,
              .html = {"<b>&amp;</b>"},
              .items = {{"a", "/a"}, {"b", "/b"}, {"c", "/c"}}};
  EXPECT_EQ(
      Render("{{#each items as i}}{{#sep}}, {{/sep}}<a href=\"{{i.url}}\">{{i.name}}</a>{{else}}none{{/each}}", sheet),
      "<a href=\"/a\">a</a>, <a href=\"/b\">b</a>, <a href=\"/c\">c</a>");
  EXPECT_EQ(Render("{{#each items as i}}{{#each items as "
                   "j}}{{#sep}}-{{/sep}}{{i.name}}{{j.name}}{{/each}}{{#sep}}/{{/sep}};{{/each}}",
                   sheet),
            "aa-ab-ac;ba-bb-bc/;ca-cb-cc/;");
  EXPECT_EQ(Render("{{items.size}} {{count}} {{{html}}} {{owner.name}}|", sheet), "3 7 <b>&amp;</b> |");
  EXPECT_EQ(Render("{{#with extra as e}}{{e.text}}{{else}}absent{{/with}}", sheet), "absent");
  EXPECT_EQ(Render("{{#if flag}}1{{/if}}{{#unless flag}}2{{/unless}}{{#if is_long}}3{{/if}}{{#if "
                   "url}}4{{else}}5{{/if}}{{#if count}}6{{/if}}"
                   "{{#if html}}7{{/if}}{{#if extra}}8{{/if}}{{#if items}}9{{/if}}",
                   sheet),
            "135679");
  EXPECT_EQ(
      Render("<a{{#if flag}} aria-current=\"true\"{{/if}}{{#if url}} hidden{{/if}} class=\"a{{#if flag}} b{{/if}}\">",
             sheet),
      "<a aria-current=\"true\" class=\"a b\">");

  sheet.extra = Extra{"e"};
  sheet.items.clear();
  EXPECT_EQ(Render("{{#with extra as e}}{{e.text}}{{else}}absent{{/with}}{{#each items as "
                   "i}}x{{else}}none{{/each}}{{#if items}}9{{/if}}",
                   sheet),
            "enone");
}

TEST_F(TemplateTest, PartialsSeeTheViewAndWhatTheyAreGiven) {
  files_.templates["part"] = "[{{title}} {{item.name}}]";
  EXPECT_EQ(Render("{{#each items as x}}{{> part item=x}}{{/each}}{{> part item=owner}}",
                   {.title = "T", .items = {{"a", ""}}, .owner = {"o", ""}}),
            "[T a][T o]");
  files_.templates["part"] = "{{x.name}}";
  EXPECT_THAT(Refusal("{{#each items as x}}{{> part}}{{/each}}"), HasSubstr("part.html:1: unknown field \"x\""));
}

TEST_F(TemplateTest, DirectivesAloneOnALineLeaveNoLine) {
  EXPECT_EQ(Render("<ul>\n  {{! remark }}\n  {{#each items as i}}\n    <li>{{i.name}}</li>\n  {{/each}}\n</ul>\n",
                   {.items = {{"a", ""}, {"b", ""}}}),
            "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
  EXPECT_EQ(Render("a  {{title}} \n\n  b", {.title = "T"}), "a  T\nb");
}

TEST_F(TemplateTest, WritesTextsOfEachLanguageEscapedForTheirPlace) {
  const Sheet sheet{.title = "<Ann>", .owner = {"Bob", "/bob"}};
  EXPECT_EQ(Render("<p>{{t \"hello\" name=title}} {{t \"plain\"}}</p>", sheet),
            "<p>Hello &amp; welcome, &lt;Ann&gt;! It’s &lt;here&gt;</p>");
  EXPECT_EQ(Render("<p title=\"{{t \"hello\" name=title}}\"></p>", sheet, 1), "<p title=\"Привет, &lt;Ann&gt;!\"></p>");
  EXPECT_EQ(Render("<script type=\"application/ld+json\">{\"a\":\"{{t \"plain\"}}\"}</script>", sheet),
            "<script type=\"application/ld+json\">{\"a\":\"It’s \\u003chere\\u003e\"}</script>");
  const std::string page =
      "{{#t \"in\" who=title}}\n{{#arg place}}<a href=\"{{owner.url}}\">{{owner.name}}</a>{{/arg}}\n{{/t}}.";
  EXPECT_EQ(Render(page, sheet, 0), "In <a href=\"/bob\">Bob</a> by &lt;Ann&gt;.");
  EXPECT_EQ(Render(page, sheet, 1), "&lt;Ann&gt;: <a href=\"/bob\">Bob</a>.");
}

TEST_F(TemplateTest, PluralsFollowTheLanguage) {
  const std::string page = "{{#t \"count\" n=count}}{{#arg who}}<b>{{title}}</b>{{/arg}}{{/t}}";
  EXPECT_EQ(Render(page, {.title = "X", .count = 1}), "1 story by <b>X</b>");
  EXPECT_EQ(Render(page, {.title = "X", .count = 22}), "22 stories by <b>X</b>");
  EXPECT_EQ(Render(page, {.title = "X", .count = 21}, 1), "21 новость от <b>X</b>");
  EXPECT_EQ(Render(page, {.title = "X", .count = 22}, 1), "22 новости от <b>X</b>");
  EXPECT_EQ(Render(page, {.title = "X", .count = 25}, 1), "25 новостей от <b>X</b>");
}

TEST_F(TemplateTest, AValueThatLooksLikeAPatternOrAMarkStaysAValue) {
  EXPECT_EQ(Render("{{t \"hello\" name=title}}", {.title = "{name} '' \xee\x80\x80 #"}),
            "Hello &amp; welcome, {name} &#39;&#39; \xee\x80\x80 #!");
}

TEST_F(TemplateTest, RefusesTextsThatDoNotFit) {
  EXPECT_THAT(Refusal("\n{{t \"nothing\"}}"),
              HasSubstr("page.html:2: text \"nothing\" is missing in the catalog \"en\""));
  EXPECT_THAT(
      Refusal("{{t \"hello\"}}"),
      HasSubstr(
          "page.html:1: text \"hello\" in the catalog \"en\" takes the arguments [name], and the template gives []"));
  EXPECT_THAT(Refusal("{{t \"plain\" name=title}}"),
              HasSubstr("takes the arguments [], and the template gives [name]"));
  EXPECT_THAT(Refusal("{{t \"hello\" name=items}}"), HasSubstr("page.html:1: name: items is a list"));
  EXPECT_THAT(Refusal("<a href=\"{{t \"plain\"}}\">"), HasSubstr("page.html:1: {{t}}: a text is no URL"));
  EXPECT_THAT(Refusal("<style>{{t \"plain\"}}</style>"),
              HasSubstr("page.html:1: {{t}}: no value may stand in <style>"));
  EXPECT_THAT(Refusal("{{#t \"in\" who=title}}x{{#arg place}}{{/arg}}{{/t}}"),
              HasSubstr("page.html:1: {{#t}} holds nothing but {{#arg name}}"));
  EXPECT_THAT(Refusal("{{#t \"in\" who=title}}{{#arg place}}<b title=\"{{/arg}}{{/t}}"),
              HasSubstr("page.html:1: {{#arg}} ends in the attribute title of <b>"));
  EXPECT_THAT(Refusal("<p title=\"{{#t \"in\" who=title}}{{#arg place}}{{/arg}}{{/t}}\">"),
              HasSubstr("{{#t}} may only stand in the text"));
  EXPECT_THAT(Refusal("{{#t \"in\" who=title}}"), HasSubstr("page.html:1: {{#t}} is not closed"));
}

TEST_F(TemplateTest, RefusesATranslationThatLosesALink) {
  Catalog(
      "ru",
      R"({"hello": "Привет!", "plain": "Здесь", "in": "{who}: {place}", "count": "{n, plural, other {# от {who}}}"})");
  Load();
  EXPECT_THAT(Refusal("{{t \"hello\" name=title}}"),
              HasSubstr("text \"hello\" in the catalog \"ru\" takes the arguments [], and the template gives [name]"));
  Catalog("ru", R"({"hello": "Привет, {name}!", "plain": "Здесь", "in": "{who}: {place}",
                    "count": "{n, plural, one {# новость} few {# новости от {who}} many {# новостей от {who}} other {# от {who}}}"})");
  Load();
  EXPECT_THAT(Refusal("{{t \"count\" n=count who=title}}"),
              HasSubstr("text \"count\" in the catalog \"ru\" has to hold {who} exactly once in every form"));
}

TEST_F(TemplateTest, WritesTheStyleSheet) {
  files_.style = "a>b{color:red}";
  EXPECT_EQ(Render("<style>{{> style}}</style>", {}), "<style>a>b{color:red}</style>");
  files_.style = "a::after{content:\"</style>\"}";
  EXPECT_THAT(Refusal("<style>{{> style}}</style>"), HasSubstr("page.html:1: the style sheet holds \"</style>\""));
}

}  // namespace
}  // namespace kimberlite::rendering
