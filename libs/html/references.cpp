#include "libs/html/references.h"

#include <algorithm>
#include <array>

namespace kimberlite::html {
namespace {

struct Entity {
  std::string_view name;
  std::string_view text;
};

#include "libs/html/entities.inc"

constexpr std::size_t kLongestName = 31;
constexpr std::size_t kLongestLegacy = 6;

static_assert(std::is_sorted(std::begin(kEntities), std::end(kEntities),
                             [](const Entity& a, const Entity& b) { return a.name < b.name; }));
static_assert(std::is_sorted(std::begin(kLegacy), std::end(kLegacy)));

// What windows-1252 has at 0x80 to 0x9F; 0 where it has nothing.
constexpr std::array<std::uint16_t, 32> kWindows1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                        0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

bool IsAlnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int Digit(char c, bool hex) {
  if (c >= '0' && c <= '9') return c - '0';
  if (!hex) return -1;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Reads "&#…" at the beginning of text; the bytes read, 0 when it is no reference.
std::size_t ReadNumeric(std::string& out, std::string_view text) {
  const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const std::size_t first = hex ? 3 : 2;
  std::size_t at = first;
  std::uint32_t point = 0;
  for (int digit; at < text.size() && (digit = Digit(text[at], hex)) >= 0; ++at)
    point = std::min<std::uint32_t>(point * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit), 0x110000);
  if (at == first) return 0;
  AppendUtf8(out, NumericReference(point));
  return at < text.size() && text[at] == ';' ? at + 1 : at;
}

// The same of "&name;" and of "&name" where that will do.
std::size_t ReadNamed(std::string& out, std::string_view text, bool in_attribute) {
  std::size_t end = 1;
  while (end < text.size() && end <= kLongestName + 1 && IsAlnum(text[end])) ++end;
  const std::string_view name = text.substr(1, end - 1);
  if (name.empty()) return 0;
  if (end < text.size() && text[end] == ';') {
    if (const std::string_view meaning = NamedReference(name); !meaning.empty()) {
      out += meaning;
      return end + 1;
    }
  }
  for (std::size_t size = std::min(name.size(), kLongestLegacy); size >= 2; --size) {
    const std::string_view prefix = name.substr(0, size);
    if (!std::binary_search(std::begin(kLegacy), std::end(kLegacy), prefix)) continue;
    const char next = 1 + size < text.size() ? text[1 + size] : '\0';
    if (in_attribute && (next == '=' || IsAlnum(next))) return 0;
    out += NamedReference(prefix);
    return 1 + size;
  }
  return 0;
}

}  // namespace

std::string_view NamedReference(std::string_view name) {
  if (name == "amp") return "&";
  if (name == "nbsp") return "\u00A0";
  if (name == "quot") return "\"";
  const auto found =
      std::lower_bound(std::begin(kEntities), std::end(kEntities), name,
                       [](const Entity& entity, std::string_view wanted) { return entity.name < wanted; });
  return found != std::end(kEntities) && found->name == name ? found->text : std::string_view();
}

std::uint32_t NumericReference(std::uint32_t point) {
  if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return 0xFFFD;
  if (point >= 0x80 && point < 0xA0 && kWindows1252[point - 0x80] != 0) return kWindows1252[point - 0x80];
  return point;
}

void AppendUtf8(std::string& out, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6), byte(0x80 | (point & 63));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 63)), byte(0x80 | (point & 63));
  } else {
    byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 63)), byte(0x80 | (point >> 6 & 63)),
        byte(0x80 | (point & 63));
  }
}

void AppendDecoded(std::string& out, std::string_view text, bool in_attribute) {
  while (true) {
    const std::size_t at = text.find('&');
    out += text.substr(0, at);
    if (at == std::string_view::npos) return;
    text.remove_prefix(at);
    const bool numeric = text.size() > 1 && text[1] == '#';
    const std::size_t read = numeric ? ReadNumeric(out, text) : ReadNamed(out, text, in_attribute);
    if (read == 0) out += '&';
    text.remove_prefix(std::max<std::size_t>(read, 1));
  }
}

}  // namespace kimberlite::html
