#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What a text says that stays alike when it is translated: numbers, dates, names, and the addresses that it points to.
namespace kimberlite::ingest {

enum class TraitKind : std::uint8_t { kNumber, kName, kLink };

struct Trait {
  std::uint32_t hash = 0;
  TraitKind kind = TraitKind::kNumber;
  float weight = 1;  // before rarity: less for what many texts share by chance
  bool operator==(const Trait&) const = default;
};

// The sound of a name in consonants, alike for its spellings in other scripts: "Moskva", "Москва" and "موسكو" begin
// with MSK. At most 8 letters; empty for what has no consonant.
std::string Skeleton(std::string_view word, std::string_view language);

// At most 96, each hash once. `text` is plain, its first 6 KiB are read; `addresses` are absolute URLs. Names are words
// with a capital that do not begin a sentence; in scripts without capitals all longer words may be one. Numbers below
// 10 are passed over, digits of any script are read, and 1,500 is 1 500.
std::vector<Trait> TraitsOf(std::string_view text, std::string_view language,
                            const std::vector<std::string>& addresses);

// Absolute addresses of links and pictures in clean HTML, without those that only track readers; at most 40.
std::vector<std::string> AddressesIn(std::string_view clean_html);

}  // namespace kimberlite::ingest
