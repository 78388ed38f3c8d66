#pragma once

#include <string_view>

namespace kimberlite::tagging {

// Whether a word's first letter is a capital; never in scripts that have none.
bool BeginsWithCapital(std::string_view word);

// Whether a word has letters and all of them are capitals: "ALROSA", "G20".
bool IsAllCapitals(std::string_view word);

// Whether a word has only letters of the Latin script, digits and apostrophes.
bool IsLatin(std::string_view word);

// Whether a word is written with characters that are words by themselves: Han, kana, hangul syllables.
bool IsIdeographic(std::string_view word);

}  // namespace kimberlite::tagging
