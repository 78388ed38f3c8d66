#include "libs/base/text.h"

#include <cstring>

namespace kimberlite {
namespace {

// Reads one code point and advances; returns false on malformed input.
bool NextCodePoint(std::string_view& text, std::uint32_t& point) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  std::size_t length = 0;
  std::uint32_t smallest = 0;
  if (first < 0x80) {
    point = first;
    text.remove_prefix(1);
    return true;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2, point = first & 0x1F, smallest = 0x80;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3, point = first & 0x0F, smallest = 0x800;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4, point = first & 0x07, smallest = 0x10000;
  } else {
    return false;
  }
  if (text.size() < length) return false;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return false;
    point = (point << 6) | (byte(i) & 0x3F);
  }
  if (point < smallest || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
  text.remove_prefix(length);
  return true;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::uint32_t point = 0;
  while (!text.empty()) {
    // ASCII, which is most of markup, eight bytes at a time; of two bytes, the most of Cyrillic, Greek and Arabic.
    if (text.size() >= 8) {
      std::uint64_t word;
      std::memcpy(&word, text.data(), 8);
      if ((word & kHighBits) == 0) {
        text.remove_prefix(8);
        continue;
      }
    }
    const auto first = static_cast<unsigned char>(text[0]);
    if (first >= 0xC2 && first <= 0xDF && text.size() >= 2 && (static_cast<unsigned char>(text[1]) & 0xC0) == 0x80) {
      text.remove_prefix(2);
    } else if (!NextCodePoint(text, point)) {
      return false;
    }
  }
  return true;
}

std::size_t CountCodePoints(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

Result<void> CheckPlainText(std::string_view text, std::string field, std::size_t min, std::size_t max) {
  if (text.size() > max * 4) {
    return Fail(Error::Field(Code::kResourceExhausted, std::move(field),
                             "must be at most " + std::to_string(max) + " characters, this is longer"));
  }
  std::size_t count = 0;
  bool blank = true;
  while (!text.empty()) {
    std::uint32_t point = 0;
    if (!NextCodePoint(text, point)) return InvalidField(std::move(field), "must be valid UTF-8");
    if (point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029) {
      return InvalidField(std::move(field), "must not contain control characters or line breaks");
    }
    if ((point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069)) {
      return InvalidField(std::move(field), "must not contain bidirectional control characters");
    }
    if (point != ' ' && point != 0xA0 && point != 0x3000 && point != 0x200B && point != 0xFEFF) blank = false;
    ++count;
  }
  if (min > 0 && (count < min || blank)) return InvalidField(std::move(field), "must not be empty");
  if (count > max) {
    return Fail(
        Error::Field(Code::kResourceExhausted, std::move(field),
                     "must be at most " + std::to_string(max) + " characters, this has " + std::to_string(count)));
  }
  return {};
}

bool IsSlug(std::string_view text, std::size_t max) {
  if (text.empty() || text.size() > max || text.front() == '-' || text.back() == '-') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!word && !(c == '-' && text[i - 1] != '-')) return false;
  }
  return true;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view TrimAscii(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (&part != parts.data()) joined += separator;
    joined += part;
  }
  return joined;
}

}  // namespace kimberlite
