#include "libs/base/percent.h"

namespace kimberlite {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string PercentEncode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::optional<char> PercentEscape(std::string_view text) {
  if (text.size() < 3 || text[0] != '%' || HexDigit(text[1]) < 0 || HexDigit(text[2]) < 0) return std::nullopt;
  return static_cast<char>(HexDigit(text[1]) * 16 + HexDigit(text[2]));
}

}  // namespace kimberlite
