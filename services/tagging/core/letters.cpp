#include "services/tagging/core/letters.h"

#include <cstddef>
#include <string>

#include "libs/i18n/words.h"

namespace kimberlite::tagging {
namespace {

// The bytes of the first character of well-formed UTF-8, and its code point.
struct Character {
  std::string_view bytes;
  char32_t code = 0;
};

Character First(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view bytes = text.substr(0, length);
  char32_t code = length == 1 ? lead : lead & (0xFF >> (length + 1));
  for (const char byte : bytes.substr(1)) code = code << 6 | (static_cast<unsigned char>(byte) & 0x3F);
  return {bytes, code};
}

// The scripts with two cases that newspapers print: Latin, Greek, Cyrillic, Armenian. Folding changes letters of other
// scripts too, but there it says nothing of case.
bool HasCase(char32_t code) {
  return code < 0x590 || (code >= 0x1C80 && code < 0x2000) || (code >= 0xFF21 && code <= 0xFF5A);
}

bool IsDigitOrMark(char32_t code) {
  return (code >= '0' && code <= '9') || code == '\'' || code == 0x2019 || (code >= 0x300 && code < 0x370);
}

// Folding changes a few small letters as well.
bool IsSmallThatFolds(char32_t code) { return code == 0x451 || code == 0xDF; }

bool IsCapital(const Character& character) {
  const char32_t code = character.code;
  if (code < 0x80) return code >= 'A' && code <= 'Z';
  if (!HasCase(code) || IsSmallThatFolds(code)) return false;
  return i18n::Fold(character.bytes) != character.bytes;
}

}  // namespace

bool BeginsWithCapital(std::string_view word) { return !word.empty() && IsCapital(First(word)); }

bool IsAllCapitals(std::string_view word) {
  bool any = false;
  while (!word.empty()) {
    const Character character = First(word);
    word.remove_prefix(character.bytes.size());
    if (IsDigitOrMark(character.code)) continue;
    if (!IsCapital(character)) return false;
    any = true;
  }
  return any;
}

bool IsLatin(std::string_view word) {
  while (!word.empty()) {
    const Character character = First(word);
    word.remove_prefix(character.bytes.size());
    const char32_t code = character.code;
    const bool letter = (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z') ||
                        (code >= 0xC0 && code < 0x250) || (code >= 0x1E00 && code < 0x1F00);
    if (!letter && !IsDigitOrMark(code)) return false;
  }
  return true;
}

bool IsIdeographic(std::string_view word) {
  while (!word.empty()) {
    const Character character = First(word);
    word.remove_prefix(character.bytes.size());
    const char32_t code = character.code;
    if (!((code >= 0x3040 && code < 0xA000) || (code >= 0xAC00 && code < 0xD7B0) || (code >= 0xF900 && code < 0xFB00) ||
          (code >= 0x20000 && code < 0x40000))) {
      return false;
    }
  }
  return true;
}

}  // namespace kimberlite::tagging
