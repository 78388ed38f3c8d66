#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// What the model sees of a text. Training and use share it: a change here makes the model file worthless.
namespace kimberlite::langid {

enum class Script : std::uint8_t { kLatin, kCyrillic, kArabic, kHebrew, kHan, kKana, kHangul, kOther };
inline constexpr std::size_t kScripts = 8;

// Rows of the model. A feature is the hash of one to five letters of a word, its edges among them, of a whole word, or
// the script of a letter.
inline constexpr std::uint32_t kBuckets = 1U << 17;

// Scripts that one text mixes are one group.
inline constexpr std::size_t kGroups = 6;
std::size_t GroupOf(Script script);

struct Features {
  // By group of scripts: one row per occurrence.
  std::array<std::vector<std::uint32_t>, kGroups> rows_of;
  std::array<std::uint32_t, kScripts> letters{};

  std::uint32_t LettersOf(Script script) const { return letters[static_cast<std::size_t>(script)]; }
  std::uint32_t all_letters() const;
  // Of the group with most letters: a Russian text that names The Washington Post is Russian. Texts in other scripts
  // quote Latin ones more than the other way round: a group with three letters of ten goes before Latin.
  const std::vector<std::uint32_t>& rows() const;
};

// Letters are lower-cased, ё and й put together, stress marks dropped; Latin letters that look like Cyrillic ones are
// read so within a Cyrillic word ("киhи"). Addresses, numbers, punctuation and bytes that are not UTF-8 separate words.
void Extract(std::string_view text, Features& features);

}  // namespace kimberlite::langid
