#include "services/ingest/core/plain_line.h"

#include <algorithm>

#include "libs/base/text.h"
#include "libs/html/text.h"

namespace kimberlite::ingest {
namespace {

constexpr std::size_t kMaxText = 16 * 1024;
constexpr std::size_t kMaxHtml = 64 * 1024;

// The beginning of well-formed UTF-8, without half a character at its end.
std::string_view Beginning(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

enum class Kind { kKeep, kSpace, kDrop };

// What becomes of the character that begins at text[at]; `size` is its length in bytes.
Kind KindOf(std::string_view text, std::size_t at, std::size_t& size) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  size = 1;
  if (byte(0) <= 0x20 || byte(0) == 0x7F) return Kind::kSpace;
  if (byte(0) < 0x80) return Kind::kKeep;
  size = byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (byte(0) == 0xC2 && byte(1) < 0xA0) return Kind::kSpace;  // C1 controls
  if (byte(0) == 0xE2 && byte(1) == 0x80) {
    if (byte(2) == 0xA8 || byte(2) == 0xA9) return Kind::kSpace;  // line and paragraph separators
    if (byte(2) >= 0xAA && byte(2) <= 0xAE) return Kind::kDrop;   // U+202A to U+202E
  }
  if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9) return Kind::kDrop;  // U+2066 to U+2069
  return Kind::kKeep;
}

}  // namespace

std::string PlainLine(std::string_view text) {
  text = Beginning(text, kMaxText);
  std::string line;
  line.reserve(text.size());
  bool space = false;
  for (std::size_t at = 0, size = 0; at < text.size(); at += size) {
    switch (KindOf(text, at, size)) {
      case Kind::kSpace: space = true; break;
      case Kind::kDrop: break;
      case Kind::kKeep:
        if (space && !line.empty()) line += ' ';
        space = false;
        line += text.substr(at, size);
    }
  }
  return line;
}

std::string PlainLineOfBytes(std::string_view bytes) {
  bytes = bytes.substr(0, kMaxText);
  if (IsValidUtf8(bytes)) return PlainLine(bytes);
  std::string text;
  while (!bytes.empty()) {
    std::size_t size = 1;
    while (size <= std::min<std::size_t>(4, bytes.size()) && !IsValidUtf8(bytes.substr(0, size))) ++size;
    const bool valid = size <= std::min<std::size_t>(4, bytes.size());
    text += valid ? bytes.substr(0, size) : "\uFFFD";
    bytes.remove_prefix(valid ? size : 1);
  }
  return PlainLine(text);
}

std::string PlainLineOfHtml(std::string_view html) {
  html = Beginning(html, kMaxHtml);
  if (html.find_first_of("<&") == std::string_view::npos) return PlainLine(html);
  return PlainLine(html::TextLine(html));
}

}  // namespace kimberlite::ingest
