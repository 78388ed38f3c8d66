#include "libs/html/sanitize_rules.h"

#include <algorithm>
#include <array>

namespace kimberlite::html {
namespace {

constexpr Element Same(std::string_view name, Kind kind) { return {.base = {name, kind, name}}; }

constexpr auto kNamed = std::to_array<Element>({
    {.base = {"a", Kind::kFormat, "a"}, .wants_attributes = true},
    Same("abbr", Kind::kInline),
    {.base = {"acronym", Kind::kInline, "abbr"}},
    Same("address", Kind::kContainer),
    {.base = {"amp-img", Kind::kVoid, "img"}},
    Same("article", Kind::kContainer),
    Same("aside", Kind::kContainer),
    Same("audio", Kind::kMedia),
    Same("b", Kind::kFormat),
    Same("bdi", Kind::kInline),
    Same("bdo", Kind::kInline),
    Same("blockquote", Kind::kContainer),
    Same("br", Kind::kVoid),
    Same("button", Kind::kDropped),
    Same("canvas", Kind::kDropped),
    Same("caption", Kind::kCaption),
    {.base = {"center", Kind::kContainer, "div"}},
    Same("cite", Kind::kInline),
    Same("code", Kind::kFormat),
    Same("datalist", Kind::kDropped),
    Same("dd", Kind::kDefinition),
    Same("del", Kind::kInline),
    Same("details", Kind::kContainer),
    Same("dfn", Kind::kInline),
    {.base = {"dialog", Kind::kContainer, "div"}},
    {.base = {"dir", Kind::kList, "ul"}},
    Same("div", Kind::kContainer),
    Same("dl", Kind::kContainer),
    Same("dt", Kind::kDefinition),
    Same("em", Kind::kFormat),
    Same("embed", Kind::kEmbed),
    {.base = {"fieldset", Kind::kContainer, "div"}},
    Same("figcaption", Kind::kContainer),
    Same("figure", Kind::kContainer),
    Same("footer", Kind::kContainer),
    {.base = {"form", Kind::kContainer, "div"}},
    Same("h1", Kind::kHeading),
    Same("h2", Kind::kHeading),
    Same("h3", Kind::kHeading),
    Same("h4", Kind::kHeading),
    Same("h5", Kind::kHeading),
    Same("h6", Kind::kHeading),
    Same("header", Kind::kContainer),
    {.base = {"hgroup", Kind::kContainer, "div"}},
    Same("hr", Kind::kVoid),
    Same("i", Kind::kFormat),
    Same("iframe", Kind::kRawText),
    {.base = {"image", Kind::kVoid, "img"}},
    Same("img", Kind::kVoid),
    Same("ins", Kind::kInline),
    Same("kbd", Kind::kInline),
    Same("li", Kind::kItem),
    {.base = {"listing", Kind::kContainer, "pre"}},
    {.base = {"main", Kind::kContainer, "div"}},  // gumbo does not know it for special
    Same("mark", Kind::kInline),
    Same("math", Kind::kDropped),
    {.base = {"menu", Kind::kList, "ul"}},
    Same("nav", Kind::kContainer),
    Same("noembed", Kind::kRawText),
    Same("noframes", Kind::kRawText),
    Same("noscript", Kind::kNoScript),
    Same("object", Kind::kEmbed),
    Same("ol", Kind::kList),
    Same("p", Kind::kParagraph),
    Same("picture", Kind::kPicture),
    Same("plaintext", Kind::kRawText),
    Same("pre", Kind::kContainer),
    Same("q", Kind::kInline),
    Same("rp", Kind::kInline),
    Same("rt", Kind::kInline),
    Same("ruby", Kind::kInline),
    Same("s", Kind::kFormat),
    Same("samp", Kind::kInline),
    Same("script", Kind::kRawText),
    Same("section", Kind::kContainer),
    Same("select", Kind::kDropped),
    Same("small", Kind::kFormat),
    {.base = {"span", Kind::kInline, "span"}, .wants_attributes = true},
    {.base = {"strike", Kind::kFormat, "s"}},
    Same("strong", Kind::kFormat),
    Same("style", Kind::kRawText),
    Same("sub", Kind::kInline),
    Same("summary", Kind::kContainer),
    Same("sup", Kind::kInline),
    Same("svg", Kind::kDropped),
    Same("table", Kind::kTable),
    Same("tbody", Kind::kRowGroup),
    Same("td", Kind::kCell),
    Same("template", Kind::kDropped),
    Same("textarea", Kind::kRawText),
    Same("tfoot", Kind::kRowGroup),
    Same("th", Kind::kCell),
    Same("thead", Kind::kRowGroup),
    Same("time", Kind::kInline),
    Same("title", Kind::kRawText),
    Same("tr", Kind::kRow),
    {.base = {"tt", Kind::kFormat, "code"}},
    Same("u", Kind::kFormat),
    Same("ul", Kind::kList),
    Same("var", Kind::kInline),
    Same("video", Kind::kMedia),
    Same("wbr", Kind::kVoid),
    Same("xmp", Kind::kRawText),
});

constexpr auto kElements = [] {
  auto elements = kNamed;
  for (Element& element : elements) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (elements[i].base.name == element.base.written) element.id = static_cast<std::uint8_t>(i);
    }
  }
  return elements;
}();
static_assert(kElements.size() < kMaxElementId);
static_assert(std::is_sorted(kElements.begin(), kElements.end(),
                             [](const Element& a, const Element& b) { return a.base.name < b.base.name; }));

constexpr auto kAttributes = std::to_array<std::string_view>({"alt",           "cite",
                                                              "class",         "colspan",
                                                              "data",          "data-instgrm-permalink",
                                                              "data-lazy-src", "data-lazy-srcset",
                                                              "data-original", "data-src",
                                                              "data-srcset",   "datetime",
                                                              "dir",           "height",
                                                              "hidden",        "href",
                                                              "lang",          "media",
                                                              "open",          "poster",
                                                              "reversed",      "rowspan",
                                                              "scope",         "sizes",
                                                              "src",           "srcset",
                                                              "start",         "style",
                                                              "title",         "type",
                                                              "value",         "width"});
static_assert(std::is_sorted(kAttributes.begin(), kAttributes.end()));

}  // namespace

const Element* FindElement(std::string_view name) {
  const auto found =
      std::lower_bound(kElements.begin(), kElements.end(), name,
                       [](const Element& element, std::string_view value) { return element.base.name < value; });
  return found != kElements.end() && found->base.name == name ? &*found : nullptr;
}

const Element* ElementOf(std::uint8_t id) { return id < kElements.size() ? &kElements[id] : nullptr; }

bool IsSanitizedAttribute(std::string_view name) {
  return std::binary_search(kAttributes.begin(), kAttributes.end(), name);
}

}  // namespace kimberlite::html
