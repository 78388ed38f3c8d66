#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/i18n/words.h"

namespace kimberlite::i18n {

// A word of a text and what it is found under.
struct SearchTerm {
  Word word;         // where it stands
  std::string form;  // folded, accents of Latin and Greek letters dropped
  std::string stem;  // the form without its endings
};

// Words longer than this many bytes, folded, are no words that anybody looks for.
inline constexpr std::size_t kMaxSearchWord = 96;

// The words of UTF-8 text as search knows them, in order. Stems are Snowball's where it knows the language, those of a
// light stripper of case, number and possession for Sakha, and the forms themselves otherwise (Chinese, Japanese and
// Korean among them). The same function serves what is indexed and what is asked. Safe for any thread.
std::vector<SearchTerm> SearchTerms(std::string_view text, std::string_view language);

// The stem of one folded word.
std::string StemOf(std::string_view folded, std::string_view language);

}  // namespace kimberlite::i18n
