#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kimberlite::i18n {

// A half-open span of bytes.
struct Word {
  std::uint32_t begin_byte = 0;
  std::uint32_t end_byte = 0;

  std::string_view In(std::string_view text) const { return text.substr(begin_byte, end_byte - begin_byte); }
  bool operator==(const Word&) const = default;
};

// The words and numbers of UTF-8 text in order, by Unicode's word boundaries (UAX 29) with ICU's dictionaries for
// scripts that do not write spaces (Chinese, Japanese, Thai, …). Punctuation, spaces and symbols are left out. Text up
// to 4 GiB.
std::vector<Word> SegmentWords(std::string_view text, std::string_view language);

// The form under which words are compared: Unicode case folding and NFKC without default-ignorable characters, and
// spellings that newspapers mix made one: ё → е, no stress marks on Cyrillic, no short vowels or tatweel in Arabic,
// hamza on or under alef dropped. Not for showing. Fold(Fold(x)) == Fold(x).
std::string Fold(std::string_view text);

// Negative or positive as `a` sorts before or after `b` in the language's dictionary order (own rules for Sakha);
// strings that the order does not tell apart go by their bytes, so only equal strings give zero.
int Compare(std::string_view a, std::string_view b, std::string_view language);

// The beginning of plain text in at most `max` code points. Text that fits is returned as it is. Otherwise it is cut
// after the last whole sentence when that keeps more than half of the room, or else between words with "…" added;
// inside a word only when there is no other place (never inside a grapheme). Surrounding white space is dropped.
std::string Excerpt(std::string_view text, std::string_view language, std::size_t max);

}  // namespace kimberlite::i18n
