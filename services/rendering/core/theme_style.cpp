#include "services/rendering/core/theme_style.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "libs/base/id.h"

namespace kimberlite::rendering {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
// No white space is needed after these …
bool OpensGap(char c) { return std::string_view("{};,:>(").find(c) != std::string_view::npos; }
// … nor before these. A colon is not among them: "a :is(b)" means other than "a:is(b)".
bool ClosesGap(char c) { return std::string_view("{};,>)").find(c) != std::string_view::npos; }

unsigned HexDigit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

}  // namespace

std::string MinifyCss(std::string_view css) {
  std::string out;
  out.reserve(css.size());
  bool gap = false;  // white space or a comment was passed
  for (std::size_t i = 0; i < css.size();) {
    if (IsSpace(css[i])) {
      gap = true;
      ++i;
      continue;
    }
    if (css.substr(i).starts_with("/*")) {
      const std::size_t end = css.find("*/", i + 2);
      i = end == std::string_view::npos ? css.size() : end + 2;
      gap = true;
      continue;
    }
    if (gap && !out.empty() && !OpensGap(out.back()) && !ClosesGap(css[i])) out += ' ';
    gap = false;
    if (css[i] == '}' && !out.empty() && out.back() == ';') out.pop_back();
    std::size_t end = i + 1;
    if (css[i] == '"' || css[i] == '\'') {
      while (end < css.size() && css[end] != css[i]) end += css[end] == '\\' ? 2 : 1;
      end = end < css.size() ? end + 1 : css.size();
    }
    out += css.substr(i, end - i);
    i = end;
  }
  return out;
}

std::string Sha256Base64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string hex = Sha256Hex(bytes);
  std::array<std::uint32_t, 33> digest{};  // 32 bytes and one zero: three by three
  for (std::size_t i = 0; i < 32; ++i) digest[i] = HexDigit(hex[2 * i]) << 4 | HexDigit(hex[2 * i + 1]);
  std::string out;
  for (std::size_t i = 0; i < digest.size(); i += 3) {
    const std::uint32_t group = digest[i] << 16 | digest[i + 1] << 8 | digest[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) out += kAlphabet[group >> shift & 63];
  }
  out.back() = '=';
  return out;
}

}  // namespace kimberlite::rendering
