#include "libs/html/rules.h"

#include <algorithm>
#include <array>

namespace kimberlite::html {
namespace {

constexpr std::array kRules = std::to_array<Rule>({
    {"a", Kind::kFormat, "a"},
    {"abbr", Kind::kInline, "abbr"},
    {"acronym", Kind::kInline, "abbr"},
    {"address", Kind::kContainer, "div"},
    {"article", Kind::kContainer, "div"},
    {"aside", Kind::kContainer, "div"},
    {"audio", Kind::kMedia, "embed"},
    {"b", Kind::kFormat, "b"},
    {"bdi", Kind::kInline, "bdi"},
    {"bdo", Kind::kInline, "bdi"},
    {"blockquote", Kind::kContainer, "blockquote"},
    {"br", Kind::kVoid, "br"},
    {"button", Kind::kDropped, ""},
    {"canvas", Kind::kDropped, ""},
    {"caption", Kind::kCaption, "caption"},
    {"center", Kind::kContainer, "div"},
    {"cite", Kind::kInline, "cite"},
    {"code", Kind::kFormat, "code"},
    {"datalist", Kind::kDropped, ""},
    {"dd", Kind::kContainer, "div"},
    {"details", Kind::kContainer, "div"},
    {"dir", Kind::kList, "ul"},
    {"div", Kind::kContainer, "div"},
    {"dl", Kind::kContainer, "div"},
    {"dt", Kind::kContainer, "div"},
    {"em", Kind::kFormat, "em"},
    {"embed", Kind::kEmbed, "embed"},
    {"fieldset", Kind::kContainer, "div"},
    {"figcaption", Kind::kContainer, "figcaption"},
    {"figure", Kind::kContainer, "figure"},
    {"footer", Kind::kContainer, "div"},
    {"form", Kind::kContainer, "div"},
    {"h1", Kind::kHeading, "h2"},
    {"h2", Kind::kHeading, "h2"},
    {"h3", Kind::kHeading, "h3"},
    {"h4", Kind::kHeading, "h4"},
    {"h5", Kind::kHeading, "h4"},
    {"h6", Kind::kHeading, "h4"},
    {"header", Kind::kContainer, "div"},
    {"hgroup", Kind::kContainer, "div"},
    {"hr", Kind::kVoid, "hr"},
    {"i", Kind::kFormat, "i"},
    {"iframe", Kind::kRawText, "embed"},
    {"img", Kind::kVoid, "img"},
    {"kbd", Kind::kFormat, "code"},
    {"li", Kind::kItem, "li"},
    {"listing", Kind::kContainer, "pre"},
    {"main", Kind::kContainer, "div"},
    {"math", Kind::kDropped, ""},
    {"menu", Kind::kList, "ul"},
    {"nav", Kind::kContainer, "div"},
    {"noembed", Kind::kRawText, ""},
    {"noframes", Kind::kRawText, ""},
    {"noscript", Kind::kDropped, ""},
    {"object", Kind::kEmbed, "embed"},
    {"ol", Kind::kList, "ol"},
    {"p", Kind::kParagraph, "p"},
    {"plaintext", Kind::kRawText, ""},
    {"pre", Kind::kContainer, "pre"},
    {"q", Kind::kInline, "q"},
    {"samp", Kind::kFormat, "code"},
    {"script", Kind::kRawText, ""},
    {"section", Kind::kContainer, "div"},
    {"select", Kind::kDropped, ""},
    {"span", Kind::kInline, "span"},
    {"strong", Kind::kFormat, "strong"},
    {"style", Kind::kRawText, ""},
    {"sub", Kind::kInline, "sub"},
    {"summary", Kind::kContainer, "div"},
    {"sup", Kind::kInline, "sup"},
    {"svg", Kind::kDropped, ""},
    {"table", Kind::kTable, "table"},
    {"tbody", Kind::kRowGroup, "tbody"},
    {"td", Kind::kCell, "td"},
    {"template", Kind::kDropped, ""},
    {"textarea", Kind::kRawText, ""},
    {"tfoot", Kind::kRowGroup, "tbody"},
    {"th", Kind::kCell, "th"},
    {"thead", Kind::kRowGroup, "thead"},
    {"time", Kind::kInline, "time"},
    {"title", Kind::kRawText, ""},
    {"tr", Kind::kRow, "tr"},
    {"tt", Kind::kFormat, "code"},
    {"ul", Kind::kList, "ul"},
    {"var", Kind::kFormat, "i"},
    {"video", Kind::kMedia, "embed"},
    {"xmp", Kind::kRawText, ""},
});
static_assert(std::is_sorted(kRules.begin(), kRules.end(),
                             [](const Rule& a, const Rule& b) { return a.name < b.name; }));

// By what document.cpp reads; which element may have which is decided there.
constexpr std::array kAttributes = std::to_array<std::string_view>(
    {"alt", "colspan", "data", "data-lazy-src", "data-original", "data-src", "datetime", "dir", "height", "href",
     "lang", "rowspan", "scope", "src", "srcset", "title", "width"});
static_assert(std::is_sorted(kAttributes.begin(), kAttributes.end()));

}  // namespace

const Rule* FindRule(std::string_view name) {
  const auto found = std::lower_bound(kRules.begin(), kRules.end(), name,
                                      [](const Rule& rule, std::string_view value) { return rule.name < value; });
  return found != kRules.end() && found->name == name ? &*found : nullptr;
}

bool IsKnownAttribute(std::string_view name) {
  return std::binary_search(kAttributes.begin(), kAttributes.end(), name);
}

}  // namespace kimberlite::html
