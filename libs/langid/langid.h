#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Which language a text is in. Knows English, German, French, Spanish, Russian, Ukrainian, Belarusian, Bulgarian,
// Serbian (Cyrillic), Sakha, Tatar, Bashkir, Chuvash, Kazakh, Kyrgyz, Tajik, Mongolian (Cyrillic), Tuvan, Khakas,
// Altai, Evenki, Even, Yukaghir, Chinese, Japanese, Korean, Arabic and Hebrew. What is in none of them, in no language
// or too short to tell is "und" (BCP 47's undetermined). All functions are safe for any thread and keep nothing.
namespace kimberlite::langid {

inline constexpr std::string_view kUndetermined = "und";

// What the caller knows beforehand. Hints weigh where a text is short or ambiguous, and give way to a clear text. Codes
// are BCP 47; their primary subtag counts, and what is not known here is ignored.
struct Hints {
  std::vector<std::string> configured;  // languages of the site: each about four times as likely as others
  std::string declared;                 // what the source or the item itself says: about eight times
};

struct Guess {
  std::string language = std::string(kUndetermined);  // "ru", "sah", …, "und"
  double score = 0;  // 0 to 1: how likely it is this language; for "und" how likely it is none
};

// The language of a sentence, a headline or a whole article. Of texts over 48 KiB three parts are read.
Guess Identify(std::string_view text, const Hints& hints = {});

// The most likely ones, best first, "und" among them, whatever Identify decides.
std::vector<Guess> Rank(std::string_view text, const Hints& hints = {}, std::size_t most = 3);

// A half-open span of bytes in one language.
struct Passage {
  std::uint32_t begin_byte = 0;
  std::uint32_t end_byte = 0;
  Guess guess;
};

// A text cut at line breaks into passages of one language each. Paragraphs of fewer than 25 letters that are not
// clearly something else go with the passage before. At most kMaxPassages; what follows belongs to the last. Text up to
// 4 GiB.
std::vector<Passage> IdentifyPassages(std::string_view text, const Hints& hints = {});
inline constexpr std::size_t kMaxPassages = 1000;

// Every language that can be the answer, "und" excepted.
const std::vector<std::string>& KnownLanguages();

}  // namespace kimberlite::langid
