#include "libs/i18n/sakha_stem.h"

#include <algorithm>
#include <vector>

namespace kimberlite::i18n {
namespace {

constexpr std::size_t kLetter = 2;  // bytes: every letter of the alphabet is in Cyrillic blocks of two bytes
constexpr std::size_t kShortest = 3 * kLetter;

// Endings follow the vowels before them: A stands for а э о ө, Y for ы и у ү, and AA, YY for the long ones.
std::vector<std::string> InHarmony(std::initializer_list<std::string_view> patterns) {
  static constexpr std::string_view kOpen[] = {"а", "э", "о", "ө"};
  static constexpr std::string_view kClose[] = {"ы", "и", "у", "ү"};
  std::vector<std::string> endings;
  for (const std::string_view pattern : patterns) {
    for (int harmony = 0; harmony < 4; ++harmony) {
      std::string ending;
      for (const char c : pattern) {
        if (c == 'A') {
          ending += kOpen[harmony];
        } else if (c == 'Y') {
          ending += kClose[harmony];
        } else {
          ending += c;
        }
      }
      endings.push_back(std::move(ending));
    }
  }
  std::ranges::sort(endings);
  endings.erase(std::ranges::unique(endings).begin(), endings.end());
  std::ranges::stable_sort(endings, [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  return endings;
}

// Case, with the possession that may stand before it: dative, accusative, ablative, instrumental, comitative,
// comparative, partitive.
const std::vector<std::string>& Cases() {
  static const std::vector<std::string> endings =
      InHarmony({"YгAр",   "Yгар",   "гA",     "ҕA",     "хA",  "кA",   "ҥA",   "нYгAр",  "нY",   "тYн",
                 "Yн",     "Y",      "тAн",    "YттAн",  "нAн", "YнAн", "лYYн", "тYYн",   "дYYн", "нYYн",
                 "тAAҕAр", "дAAҕAр", "лAAҕAр", "нAAҕAр", "тA",  "лA",   "дA",   "YгYттAн"});
  return endings;
}

// Possession, "having", "of that place".
const std::vector<std::string>& Possession() {
  static const std::vector<std::string> endings = InHarmony({"бYт", "пYт", "мYт", "гYт", "хYт", "кYт", "лAAх", "тAAх",
                                                             "дAAх", "нAAх", "тAAҕY", "ттAAҕY", "A", "тA", "м", "ҥ"});
  return endings;
}

const std::vector<std::string>& Plural() {
  static const std::vector<std::string> endings = InHarmony({"лAр", "тAр", "дAр", "нAр"});
  return endings;
}

// Whether something was stripped. The longest ending that leaves enough.
bool Strip(std::string& word, const std::vector<std::string>& endings) {
  for (const std::string& ending : endings) {
    if (word.size() >= ending.size() + kShortest && word.ends_with(ending)) {
      word.resize(word.size() - ending.size());
      return true;
    }
  }
  return false;
}

}  // namespace

std::string StemSakha(std::string_view folded) {
  // Numbers, Latin words.
  for (const char c : folded) {
    if (static_cast<unsigned char>(c) < 0x80) return std::string(folded);
  }
  std::string word(folded);
  Strip(word, Cases());
  if (!Strip(word, Plural())) {
    Strip(word, Possession());
    Strip(word, Plural());
  }
  // What is left before an ending may have changed its last letter: куорат, куораппыт; балык, балыга.
  static constexpr std::string_view kSoft[][2] = {{"г", "к"}, {"ҕ", "х"}, {"б", "п"}};
  for (const auto& [soft, hard] : kSoft) {
    if (word.ends_with(soft)) word.replace(word.size() - kLetter, kLetter, hard);
  }
  return word;
}

}  // namespace kimberlite::i18n
