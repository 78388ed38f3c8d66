#include "services/ingest/core/base64.h"

#include <array>
#include <cstdint>

namespace kimberlite::ingest {
namespace {

constexpr std::uint8_t kNone = 0xFF;
constexpr std::uint8_t kSpace = 0xFE;

constexpr std::array<std::uint8_t, 256> Values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (int i = 0; i < 26; ++i) {
    values['A' + i] = static_cast<std::uint8_t>(i);
    values['a' + i] = static_cast<std::uint8_t>(26 + i);
  }
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(52 + i);
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  for (const char c : {' ', '\t', '\r', '\n'}) values[static_cast<unsigned char>(c)] = kSpace;
  return values;
}

}  // namespace

std::optional<std::string> DecodeBase64(std::string_view text) {
  static constexpr std::array<std::uint8_t, 256> kValues = Values();
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t group = 0;
  int letters = 0;
  int padding = 0;
  for (const char c : text) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kSpace) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    if (value == kNone || padding > 0) return std::nullopt;
    group = (group << 6) | value;
    if (++letters % 4 == 0) {
      bytes += static_cast<char>(group >> 16);
      bytes += static_cast<char>(group >> 8);
      bytes += static_cast<char>(group);
      group = 0;
    }
  }
  const int rest = letters % 4;
  if (rest == 1 || padding > 2) return std::nullopt;
  if (rest >= 2) bytes += static_cast<char>(group >> (rest == 2 ? 4 : 10));
  if (rest == 3) bytes += static_cast<char>(group >> 2);
  return bytes;
}

}  // namespace kimberlite::ingest
