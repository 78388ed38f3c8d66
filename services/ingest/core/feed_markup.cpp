#include "services/ingest/core/feed_markup.h"

#include <algorithm>
#include <array>

#include "libs/base/text.h"
#include "libs/html/text.h"
#include "services/ingest/core/base64.h"
#include "services/ingest/core/plain_line.h"

namespace kimberlite::ingest {
namespace {

bool Has(std::string_view text) { return !TrimAscii(text).empty(); }

void WriteHtml(const XmlNode& node, bool escape, std::string& html) {
  if (node.name.empty()) {
    html += escape ? html::EscapeText(node.text) : std::string(node.text);
    return;
  }
  static constexpr std::array<std::string_view, 14> kVoid = {
      "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"};
  (html += '<') += node.name;
  for (const XmlAttribute& attribute : node.attributes) {
    if (attribute.space != Space::kNone && !(attribute.space == Space::kXml && attribute.name == "lang")) continue;
    ((((html += ' ') += attribute.name) += "=\"") += html::EscapeAttribute(attribute.value)) += '"';
  }
  html += '>';
  // A void element that was written as HTML, without an end, seems to hold what follows it.
  const bool is_void = std::ranges::find(kVoid, node.name) != kVoid.end();
  for (const XmlNode& child : node.children()) WriteHtml(child, escape, html);
  if (!is_void) ((html += "</") += node.name) += '>';
}

// The media types whose text is HTML, and those whose text is text; parameters do not matter.
std::string TypeOf(const XmlNode& node) {
  std::string type(TrimAscii(node.Attribute("type")));
  type = TrimAscii(type.substr(0, type.find(';')));
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return type;
}
bool IsHtml(std::string_view type) { return type == "html" || type == "text/html"; }
bool IsXhtml(std::string_view type) { return type == "xhtml" || type == "application/xhtml+xml"; }
bool IsText(std::string_view type) { return type.empty() || type == "text" || type.starts_with("text/"); }

// The only element in a node, if that is a div: the one that Atom puts around XHTML, no part of the content.
const XmlNode* OnlyDiv(const XmlNode& node) {
  const XmlNode* only = nullptr;
  for (const XmlNode& child : node.children()) {
    if (child.name.empty() && !Has(child.text)) continue;
    if (only || child.name != "div") return nullptr;
    only = &child;
  }
  return only;
}

}  // namespace

std::string ChildrenAsHtml(const XmlNode& node, bool escape) {
  std::string html;
  for (const XmlNode& child : node.children()) WriteHtml(child, escape, html);
  return html;
}

std::string HtmlOf(const XmlNode& node) {
  if (node.HasElements()) return std::string(TrimAscii(ChildrenAsHtml(node, false)));
  std::string scratch;
  return std::string(TrimAscii(node.Text(scratch)));
}

std::string LineOf(const XmlNode& node) {
  if (node.HasElements()) return PlainLineOfHtml(ChildrenAsHtml(node, false));
  std::string scratch;
  return PlainLineOfHtml(node.Text(scratch));
}

std::string AtomHtmlOf(const XmlNode& node) {
  const std::string type = TypeOf(node);
  const std::string_view mode = node.Attribute("mode");
  if (node.HasElements()) {
    // Elements where escaped HTML was said: they were meant as HTML, with their text.
    if (!type.empty() && !IsXhtml(type) && !IsText(type) && !IsHtml(type)) return {};
    const XmlNode* div = OnlyDiv(node);
    return std::string(TrimAscii(ChildrenAsHtml(div ? *div : node, !IsHtml(type))));
  }
  std::string scratch;
  std::string text(TrimAscii(node.Text(scratch)));
  if (mode == "base64") {
    const auto bytes = DecodeBase64(text);
    if (!bytes || !IsValidUtf8(*bytes)) return {};
    text = TrimAscii(*bytes);
  }
  if (IsHtml(type) || (mode == "escaped" && (IsText(type) || IsXhtml(type)))) return text;
  if (IsText(type) || IsXhtml(type)) return html::EscapeText(text);
  return {};  // other media, in base64 or by reference
}

std::string AtomLineOf(const XmlNode& node) {
  const std::string type = TypeOf(node);
  const std::string_view mode = node.Attribute("mode");
  if (!node.HasElements() && !IsHtml(type) && IsText(type) && mode != "escaped" && mode != "base64")
    return PlainOf(node);
  return PlainLineOfHtml(AtomHtmlOf(node));
}

std::string PlainOf(const XmlNode& node) {
  std::string scratch;
  return PlainLine(node.Text(scratch));
}

}  // namespace kimberlite::ingest
