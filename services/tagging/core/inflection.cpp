#include "services/tagging/core/inflection.h"

#include <algorithm>
#include <array>
#include <span>

#include "libs/base/text.h"
#include "services/tagging/core/tokens.h"

namespace kimberlite::tagging {
namespace {

constexpr std::size_t kShortestInflected = 5;  // letters of a text's word
constexpr std::size_t kShortestRussian = 4;    // letters of a stem
constexpr std::size_t kShortestWithNeighbours = 2;

struct Ending {
  std::string text;
  std::uint32_t paradigms;
};

// One table of endings out of paradigms: each a list of endings, the empty one written "-".
std::vector<Ending> TableOf(std::span<const std::string_view> paradigms) {
  std::vector<Ending> table;
  for (std::size_t i = 0; i < paradigms.size(); ++i) {
    for (std::string_view ending : Split(paradigms[i], ' ')) {
      if (ending == "-") ending = {};
      const auto known = std::ranges::find(table, ending, &Ending::text);
      if (known != table.end()) {
        known->paradigms |= 1U << i;
      } else {
        table.push_back({std::string(ending), 1U << i});
      }
    }
  }
  return table;
}

// Russian declension, folded (ё is е). A name may stand in any case itself, so both sides use the same table.
const std::vector<Ending>& RussianEndings() {
  static constexpr std::array<std::string_view, 9> kParadigms = {
      "- а у ом ем е ы и ов ей ам ами ах",                                              // алмаз, банк, врач; выборы
      "- а ы и е у ой ою ей ам ами ах",                                                 // школа, Лена, алроса
      "я и е ю ей ею й ям ями ях",                                                      // Бельгия, станция
      "- о а у ом е ам ами ах",                                                         // озеро, болото
      "е я ю ем и й ей ям ями ях",                                                      // здание, море
      "ь я ю ем е и ей ям ями ях ью",                                                   // олень, лошадь
      "й я ю ем е и ев ям ями ях",                                                      // Вилюй, музей
      "ый ий ой ая яя ое ее ые ие ого его ому ему ым им ом ем ую юю ей ых их ыми ими",  // Мирный, Айанская, вилюйский
      "- а у ым е ой ы ых ыми",                                                         // Иванов, Иванова
  };
  static const std::vector<Ending> table = TableOf(kParadigms);
  return table;
}

const std::vector<Ending>& EnglishEndings() {
  static constexpr std::array<std::string_view, 2> kParadigms = {"- s es", "y ies"};
  static const std::vector<Ending> table = TableOf(kParadigms);
  return table;
}

// Sakha suffixes, from templates: A stands for an open vowel and I for a close one, by vowel harmony.
const std::vector<std::string>& SakhaSuffixes() {
  static const std::vector<std::string> suffixes = [] {
    static constexpr std::array<std::string_view, 37> kTemplates = {
        "лAр",   "тAр",   "дAр",   "нAр",                             // plural
        "гA",    "кA",    "хA",    "ҕA",     "ҥA",                    // dative
        "I",     "нI",                                                // accusative
        "тAн",   "ттAн",  "IттAн", "тIттAн",                          // ablative
        "нAн",   "IнAн",  "тIнAн",                                    // instrumental
        "лIIн",  "тIIн",  "дIIн",  "нIIн",                            // comitative
        "A",     "тA",    "Iн",    "тIн",    "IгAр", "тIгAр", "бIт",  // possessive and its cases
        "лAAх",  "тAAх",  "дAAх",  "нAAх",                            // having
        "лAAҕI", "тAAҕI", "дAAҕI", "нAAҕI",                           // being at
    };
    static constexpr std::array<std::string_view, 6> kOpen = {"а", "э", "о", "ө", "а", "э"};
    static constexpr std::array<std::string_view, 6> kClose = {"ы", "и", "у", "ү", "у", "ү"};
    std::vector<std::string> made;
    for (const std::string_view pattern : kTemplates) {
      for (std::size_t harmony = 0; harmony < kOpen.size(); ++harmony) {
        std::string suffix;
        for (const char c : pattern) {
          if (c == 'A') {
            suffix += kOpen[harmony];
          } else if (c == 'I') {
            suffix += kClose[harmony];
          } else {
            suffix += c;
          }
        }
        if (std::ranges::find(made, suffix) == made.end()) made.push_back(std::move(suffix));
      }
    }
    return made;
  }();
  return suffixes;
}

// Consonants that change before a suffix, and what they are at the end of the bare word: алмааһы → алмаас,
// балыгы → балык, ыһыаҕы → ыһыах, Алдаҥҥа → Алдан, бүддьүөккэ → бүддьүөт.
struct Change {
  std::string_view seen;
  std::string_view bare;
};
constexpr std::array<Change, 6> kSakhaChanges = {
    {{"һ", "с"}, {"г", "к"}, {"ҕ", "х"}, {"б", "п"}, {"ҥ", "н"}, {"к", "т"}}};

// Arabic prefixes: the article, and one-letter words that are written together with it.
constexpr std::array<std::string_view, 11> kArabicPrefixes = {"ال", "وال", "بال", "كال", "فال", "لل",
                                                              "و",  "ب",   "ل",   "ف",   "ك"};

bool HasLetters(std::string_view word, std::size_t least) { return CountCodePoints(word) >= least; }

std::vector<Stem> ByEndings(std::string_view word, const std::vector<Ending>& table, std::size_t shortest_stem) {
  std::vector<Stem> stems;
  for (const Ending& ending : table) {
    if (!word.ends_with(ending.text)) continue;
    const std::string_view stem = word.substr(0, word.size() - ending.text.size());
    if (HasLetters(stem, shortest_stem)) stems.push_back({std::string(stem), ending.paradigms});
  }
  return stems;
}

// Suffixes stand in chains of up to three: plural, possessive, case.
std::vector<Stem> OfSakhaText(std::string_view word) {
  constexpr int kChain = 3;
  constexpr std::size_t kShortestStem = 4;
  std::vector<Stem> stems = {{std::string(word), 1}};
  const auto add = [&](std::string stem) {
    if (std::ranges::find(stems, stem, &Stem::text) == stems.end()) stems.push_back({std::move(stem), 1});
  };
  std::size_t begin = 0;
  for (int round = 0; round < kChain; ++round) {
    const std::size_t end = stems.size();
    for (; begin < end; ++begin) {
      const std::string longer = stems[begin].text;
      for (const std::string& suffix : SakhaSuffixes()) {
        if (!longer.ends_with(suffix)) continue;
        const std::string stem = longer.substr(0, longer.size() - suffix.size());
        if (!HasLetters(stem, kShortestStem)) continue;
        add(stem);
        for (const Change& change : kSakhaChanges) {
          if (stem.ends_with(change.seen)) add(stem.substr(0, stem.size() - change.seen.size()).append(change.bare));
        }
      }
    }
  }
  return stems;
}

std::vector<Stem> WithoutPrefixes(std::string_view word, std::span<const std::string_view> prefixes) {
  constexpr std::size_t kShortestStem = 3;
  std::vector<Stem> stems = {{std::string(word), 1}};
  for (const std::string_view prefix : prefixes) {
    if (!word.starts_with(prefix)) continue;
    const std::string_view stem = word.substr(prefix.size());
    if (HasLetters(stem, kShortestStem)) stems.push_back({std::string(stem), 1});
  }
  return stems;
}

// A vowel before the last consonant of many masculine words is in no other form: кубок, кубка; немец, немца.
std::vector<Stem> OfRussianName(std::string_view word, std::size_t shortest_stem) {
  std::vector<Stem> stems = ByEndings(word, RussianEndings(), shortest_stem);
  for (const std::string_view ending : {"ок", "ек", "ец"}) {
    if (!word.ends_with(ending)) continue;
    constexpr std::size_t kLetter = 2;  // bytes
    std::string stem(word.substr(0, word.size() - ending.size()));
    stem += ending.substr(kLetter);
    if (HasLetters(stem, shortest_stem)) stems.push_back({std::move(stem), 1});
  }
  return stems;
}

}  // namespace

std::vector<Stem> StemsOfName(std::string_view folded, std::string_view language_code, bool has_neighbours) {
  const std::string_view language = PrimaryLanguage(language_code);
  if (language == "ru") return OfRussianName(folded, has_neighbours ? kShortestWithNeighbours : kShortestRussian);
  if (language == "en") return ByEndings(folded, EnglishEndings(), 3);
  if (language == "sah" && HasLetters(folded, 4)) return {{std::string(folded), 1}};
  // Only the article belongs to a name: whether a first letter is a prefix or part of the word cannot be told.
  if (language == "ar" && HasLetters(folded, 3)) return WithoutPrefixes(folded, std::span(kArabicPrefixes).first(1));
  return {};
}

std::vector<Stem> StemsOfText(std::string_view folded, std::string_view language_code, bool has_neighbours) {
  const std::string_view language = PrimaryLanguage(language_code);
  if (language == "ar" && HasLetters(folded, 4)) return WithoutPrefixes(folded, kArabicPrefixes);
  if (language == "ru" && has_neighbours) return ByEndings(folded, RussianEndings(), kShortestWithNeighbours);
  if (!HasLetters(folded, kShortestInflected)) return {};
  if (language == "ru") return ByEndings(folded, RussianEndings(), kShortestRussian);
  if (language == "en") return ByEndings(folded, EnglishEndings(), 3);
  if (language == "sah") return OfSakhaText(folded);
  return {};
}

}  // namespace kimberlite::tagging
