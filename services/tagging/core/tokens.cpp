#include "services/tagging/core/tokens.h"

#include <algorithm>
#include <array>

#include "libs/base/text.h"
#include "libs/i18n/words.h"

namespace kimberlite::tagging {
namespace {

// Names have at most 120 characters, of at most 4 bytes.
constexpr std::size_t kLongestWord = 480;
constexpr std::size_t kLongestGap = 12;
constexpr std::size_t kLongestAbbreviation = 3;

constexpr std::array<std::string_view, 2> kApostrophes = {"'", "’"};

Token TokenOf(std::string_view text, std::size_t begin, std::size_t end) {
  Token token{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), {}};
  if (end - begin <= kLongestWord) token.key = i18n::Fold(token.In(text));
  return token;
}

// Where the word ends without 's.
std::size_t WithoutPossessive(std::string_view word) {
  for (const std::string_view apostrophe : kApostrophes) {
    const std::size_t ending = apostrophe.size() + 1;
    if (word.size() > ending && (word.back() == 's' || word.back() == 'S') &&
        word.substr(word.size() - ending, apostrophe.size()) == apostrophe) {
      return word.size() - ending;
    }
  }
  return word.size();
}

void AddDivided(std::string_view text, std::size_t begin, std::size_t end, std::vector<Token>& tokens) {
  while (begin < end) {
    std::size_t cut = end;
    std::size_t skip = 0;
    for (const std::string_view apostrophe : kApostrophes) {
      const std::size_t found = text.substr(0, cut).find(apostrophe, begin);
      if (found == std::string_view::npos) continue;
      cut = found;
      skip = apostrophe.size();
    }
    if (cut > begin) tokens.push_back(TokenOf(text, begin, cut));
    begin = cut + skip;
    if (skip == 0) return;
  }
}

}  // namespace

std::vector<Token> Tokenise(std::string_view text, std::string_view language_code) {
  const std::string_view language = PrimaryLanguage(language_code);
  const bool elides = language == "fr" || language == "it" || language == "ca";
  std::vector<Token> tokens;
  for (const i18n::Word& word : i18n::SegmentWords(text, language_code)) {
    if (elides) {
      AddDivided(text, word.begin_byte, word.end_byte, tokens);
    } else {
      const std::size_t length = language == "en" ? WithoutPossessive(word.In(text)) : word.In(text).size();
      tokens.push_back(TokenOf(text, word.begin_byte, word.begin_byte + length));
    }
  }
  return tokens;
}

bool IsWrittenJoined(std::string_view language_code) {
  constexpr std::array<std::string_view, 7> kJoined = {"zh", "yue", "ja", "th", "lo", "km", "my"};
  return std::ranges::find(kJoined, PrimaryLanguage(language_code)) != kJoined.end();
}

bool MayJoin(std::string_view before, std::string_view gap) {
  constexpr std::array<std::string_view, 20> kJoins = {" ", "\u00A0", "-", "‐", "‑", "–", "'", "’", "\"", "«",
                                                       "»", "“",      "”", "„", "‘", "&", "/", "·", "・", "‧"};
  if (gap.size() > kLongestGap) return false;
  // The ending that Tokenise left out.
  for (const std::string_view possessive : {"'s", "’s"}) {
    if (gap.starts_with(possessive)) gap.remove_prefix(possessive.size());
  }
  while (!gap.empty()) {
    if (gap.front() == '.') {
      if (CountCodePoints(before) > kLongestAbbreviation) return false;
      gap.remove_prefix(1);
      continue;
    }
    const auto joint = std::ranges::find_if(kJoins, [&](std::string_view sign) { return gap.starts_with(sign); });
    if (joint == kJoins.end()) return false;
    gap.remove_prefix(joint->size());
  }
  return true;
}

std::string_view PrimaryLanguage(std::string_view language_code) {
  return language_code.substr(0, language_code.find('-'));
}

}  // namespace kimberlite::tagging
