#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kimberlite::tagging {

// What is left of a folded word without an ending (or prefix), and which paradigms have that ending: a bit each.
struct Stem {
  std::string text;
  std::uint32_t paradigms = 0;
};

// The weaker kind of evidence: a word of a text may be an inflected form of a word of a name when both have a stem in
// common under one paradigm. Languages with rules: Russian, Sakha, English, Arabic; empty for all others and for words
// too short to be told apart by their stems. The same for a word that has neighbours to tell it by, in a name of
// several words: Russian stems from two letters on (в Белом доме).
std::vector<Stem> StemsOfName(std::string_view folded, std::string_view language_code, bool has_neighbours = false);
std::vector<Stem> StemsOfText(std::string_view folded, std::string_view language_code, bool has_neighbours = false);

}  // namespace kimberlite::tagging
