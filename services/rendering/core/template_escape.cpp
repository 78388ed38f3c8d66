#include "services/rendering/core/template_escape.h"

#include <array>
#include <cstddef>

#include "libs/base/text.h"

namespace kimberlite::rendering {
namespace {

using Table = std::array<bool, 256>;

constexpr Table MakeHtmlTable() {
  Table table{};
  for (const char c : {'&', '<', '>', '"', '\'', '\0'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr Table MakeJsonTable() {
  Table table{};
  for (int c = 0; c < 0x20; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : {'"', '\\', '<', '>', '&', '\x7f', '\xe2'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr Table kHtmlSpecial = MakeHtmlTable();
constexpr Table kJsonSpecial = MakeJsonTable();

std::string_view HtmlReference(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return "\xef\xbf\xbd";
  }
}

void AppendUnicodeEscape(std::string& out, unsigned code) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 0xf];
}

}  // namespace

void AppendHtml(std::string& out, std::string_view text) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!kHtmlSpecial[static_cast<unsigned char>(text[i])]) continue;
    out.append(text, begin, i - begin);
    out += HtmlReference(text[i]);
    begin = i + 1;
  }
  out.append(text, begin);
}

void AppendJson(std::string& out, std::string_view text) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!kJsonSpecial[byte]) continue;
    std::size_t length = 1;
    unsigned code = byte;
    if (byte == 0xe2) {
      // U+2028 is E2 80 A8 in UTF-8 and U+2029 is E2 80 A9; whatever else begins with E2 passes.
      const std::string_view rest = text.substr(i);
      if (rest.starts_with("\xe2\x80\xa8")) {
        code = 0x2028;
      } else if (rest.starts_with("\xe2\x80\xa9")) {
        code = 0x2029;
      } else {
        continue;
      }
      length = 3;
    }
    out.append(text, begin, i - begin);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else {
      AppendUnicodeEscape(out, code);
    }
    begin = i + length;
    i = begin - 1;
  }
  out.append(text, begin);
}

bool IsSafeUrl(std::string_view url) {
  if (!url.empty() && (url.front() == ' ' || url.back() == ' ')) return false;
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  // A scheme is what stands before a colon that no '/', '?' or '#' precedes.
  const std::size_t end = url.find_first_of(":/?#");
  if (end == std::string_view::npos || url[end] != ':') return true;
  std::string scheme(url.substr(0, end));
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return scheme == "http" || scheme == "https" || scheme == "mailto";
}

void AppendUrl(std::string& out, std::string_view url) {
  if (IsSafeUrl(url)) {
    AppendHtml(out, url);
  } else {
    out += '#';
  }
}

void AppendSrcset(std::string& out, std::string_view candidates) {
  for (const std::string_view candidate : Split(candidates, ',')) {
    if (!IsSafeUrl(TrimAscii(candidate))) return;
  }
  AppendHtml(out, candidates);
}

}  // namespace kimberlite::rendering
