#include <gtest/gtest.h>
#include <gumbo.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "services/rendering/core/template_escape.h"
#include "services/rendering/core/template_fields.h"
#include "services/rendering/core/theme.h"
#include "services/rendering/tests/sample_views.h"

// Whatever stands in a view, the page keeps its shape: the same elements with the same attributes, all values text.
namespace kimberlite::rendering {
namespace {

// Puts `value` into every text of a view, wherever it lies, by the tables that templates see.
void Fill(std::byte* object, const TypeInfo& type, const std::string& value) {
  for (const Field& field : type.fields) {
    std::byte* place = object + field.offset;
    switch (field.kind) {
      case FieldKind::kText: *reinterpret_cast<std::string*>(place) = value; break;
      case FieldKind::kObject: Fill(place, field.type(), value); break;
      case FieldKind::kOptional:
        if (const std::byte* content = field.content(place)) Fill(const_cast<std::byte*>(content), field.type(), value);
        break;
      case FieldKind::kList: {
        const RawList list = field.list(place);
        for (std::size_t i = 0; i < list.count; ++i) {
          Fill(const_cast<std::byte*>(list.data) + i * field.stride, field.type(), value);
        }
        break;
      }
      case FieldKind::kNumber:
      case FieldKind::kFlag:
      case FieldKind::kTrusted: break;
    }
  }
}

// A page as an HTML5 parser reads it.
struct Parsed {
  std::string shape;                // elements and the names of their attributes, in order
  std::vector<std::string> urls;    // of attributes that lead somewhere
  std::vector<std::string> json;    // of <script type="application/ld+json">
  std::vector<std::string> others;  // text of other scripts and of styles
  std::string text;
};

void Read(const GumboNode& node, Parsed& parsed) {
  if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE) {
    parsed.text += node.v.text.text;
    return;
  }
  if (node.type == GUMBO_NODE_COMMENT) parsed.shape += "<!-- -->";
  if (node.type != GUMBO_NODE_ELEMENT) return;
  const GumboElement& element = node.v.element;
  const std::string_view original(element.original_tag.data, element.original_tag.length);
  const std::string name =
      element.tag == GUMBO_TAG_UNKNOWN ? std::string(original) : gumbo_normalized_tagname(element.tag);
  parsed.shape += "<" + name;
  for (unsigned i = 0; i < element.attributes.length; ++i) {
    const auto& attribute = *static_cast<const GumboAttribute*>(element.attributes.data[i]);
    const std::string_view attribute_name = attribute.name;
    parsed.shape += " " + std::string(attribute_name);
    if (attribute_name == "href" || attribute_name == "src" || attribute_name == "action") {
      parsed.urls.emplace_back(attribute.value);
    }
  }
  parsed.shape += ">";
  Parsed inside;
  for (unsigned i = 0; i < element.children.length; ++i) {
    Read(*static_cast<const GumboNode*>(element.children.data[i]), inside);
  }
  if (name == "script") {
    const GumboAttribute* type = gumbo_get_attribute(&element.attributes, "type");
    (type && std::string_view(type->value) == "application/ld+json" ? parsed.json : parsed.others)
        .push_back(inside.text);
  } else if (name == "style") {
    parsed.others.push_back(inside.text);
  } else {
    parsed.text += inside.text;
  }
  parsed.shape += inside.shape + "</" + name + ">";
  for (auto [from, to] :
       {std::pair{&inside.urls, &parsed.urls}, {&inside.json, &parsed.json}, {&inside.others, &parsed.others}}) {
    to->insert(to->end(), from->begin(), from->end());
  }
}

Parsed Parse(const std::string& page) {
  GumboOutput* output = gumbo_parse_with_options(&kGumboDefaultOptions, page.data(), page.size());
  Parsed parsed;
  Read(*output->root, parsed);
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  return parsed;
}

template <typename View>
std::function<std::string(const Theme&, const std::string&)> PageOf(View view) {
  return [view](const Theme& theme, const std::string& value) {
    View filled = view;
    Fill(reinterpret_cast<std::byte*>(&filled), Describe<View>(), value);
    return theme.Render(filled);
  };
}

std::map<std::string, std::function<std::string(const Theme&, const std::string&)>> Pages() {
  std::map<std::string, std::function<std::string(const Theme&, const std::string&)>> pages;
  pages["home"] = PageOf(MakeHome("en"));
  for (const auto& [name, kind] : {std::pair{"section", ListKind::kSection},
                                   {"tag", ListKind::kTag},
                                   {"source", ListKind::kSource},
                                   {"author", ListKind::kAuthor},
                                   {"month", ListKind::kArchive}}) {
    pages[name] = PageOf(MakeList("en", kind));
  }
  ArticleView article = MakeArticle("en");
  article.foreign = Language{"ru", "ltr", "Русский"};
  article.related[0].foreign = article.foreign;
  article.related[0].picture = Picture{"/media/a.svg", "A", 1, 1, "/media/b 1w", {{"image/avif", "/media/c 1w"}}};
  pages["article"] = PageOf(article);
  pages["lite"] = [article](const Theme& theme, const std::string& value) {
    ArticleView filled = article;
    Fill(reinterpret_cast<std::byte*>(&filled), Describe<ArticleView>(), value);
    return theme.RenderLite(filled);
  };
  for (const int status : {404, 410, 500, 503}) {
    pages[std::to_string(status)] =
        PageOf(ErrorView{.shell = MakeShell("en"), .status = status, .latest = {MakeCard(2)}});
  }
  pages["chooser"] = PageOf(ChooserView{.shell = MakeShell("en"), .entries = {{{"ar", "rtl", "x"}, "/ar/", "x", "x"}}});
  pages["feeds"] = PageOf(FeedsView{.shell = MakeShell("en"), .groups = {{"All news", MakeShell("en").feeds}}});
  pages["about"] = PageOf(AboutView{.shell = MakeShell("en"), .sources = {{"x", "/en/source/x/"}}});
  pages["archive"] = PageOf(MakeArchive("en"));
  pages["search"] = PageOf(MakeSearch("en"));
  return pages;
}

const std::string kAttacks[] = {
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "</script><script>alert(1)//",
    "</title></style></textarea></head><body onload=alert(1)>",
    "<!--<script>",
    "]]><svg/onload=alert(1)>",
    "x\" onmouseover=\"alert(1)\" y=\"",
    "x' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "JaVa\tScRiPt:alert(1)",
    " data:text/html,<script>alert(1)</script>",
    "vbscript:x, javascript:y 2x",
    "\\\",\"@type\":\"Evil\",\"x\":\"",
    "\\u003c/script\\u003e\\",
    "{{headline}}{{{body_html}}}{0}{# t}",
    "expression(alert(1))}*{background:url(javascript:alert(1))}",
    "&lt;script&gt;&#x3c;script>&#0;",
    std::string("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xee\x80\x80\0\x01\x7f<b", 18),
};

class HostileViewsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { theme_ = Theme::Load(KIMBERLITE_THEME, "en").value(); }
  static void TearDownTestSuite() { theme_.reset(); }
  static std::shared_ptr<const Theme> theme_;
};
std::shared_ptr<const Theme> HostileViewsTest::theme_;

TEST_F(HostileViewsTest, EverySlotOfEveryPageKeepsItsShape) {
  for (const auto& [name, render] : Pages()) {
    const Parsed harmless = Parse(render(*theme_, "x"));
    ASSERT_GT(harmless.shape.size(), 300u) << name;
    for (const std::string& attack : kAttacks) {
      SCOPED_TRACE(name + " with " + attack);
      const Parsed hostile = Parse(render(*theme_, attack));
      EXPECT_EQ(hostile.shape, harmless.shape);
      EXPECT_EQ(hostile.others, harmless.others);
      for (const std::string& url : hostile.urls)
        EXPECT_TRUE(IsSafeUrl(url) || url.starts_with("data:image/svg+xml,") || url == "data:,") << url;
    }
  }
}

TEST_F(HostileViewsTest, StructuredDataHoldsTheValuesAndNothingElse) {
  for (const auto& [name, render] : Pages()) {
    const Parsed harmless = Parse(render(*theme_, "x"));
    for (const std::string& attack : kAttacks) {
      SCOPED_TRACE(name + " with " + attack);
      const Parsed hostile = Parse(render(*theme_, attack));
      ASSERT_EQ(hostile.json.size(), harmless.json.size());
      for (std::size_t i = 0; i < hostile.json.size(); ++i) {
        const auto expected = nlohmann::json::parse(harmless.json[i]);
        const auto found = nlohmann::json::parse(hostile.json[i], nullptr, false);
        ASSERT_FALSE(found.is_discarded()) << hostile.json[i];
        const auto flat = found.flatten();
        const auto flat_expected = expected.flatten();
        ASSERT_EQ(flat.size(), flat_expected.size());
        for (const auto& [path, value] : flat_expected.items()) ASSERT_TRUE(flat.contains(path)) << path;
      }
    }
  }
}

TEST_F(HostileViewsTest, TheValuesAreThereToBeRead) {
  const std::string attack = "<script>alert('1')</script>";
  for (const auto& [name, render] : Pages()) {
    EXPECT_NE(Parse(render(*theme_, attack)).text.find(attack), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace kimberlite::rendering
