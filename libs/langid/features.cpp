#include "libs/langid/features.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace kimberlite::langid {
namespace {

constexpr std::size_t kMaxWord = 40;  // letters; what is longer is cut into such pieces
constexpr std::size_t kMaxGram = 5;
constexpr char32_t kBegin = 1;
constexpr char32_t kEnd = 2;
constexpr char32_t kNone = 0;
constexpr char32_t kMacron = 0x304;

// Reads one code point and moves on; kNone for a byte that begins none.
char32_t Decode(const unsigned char*& at, const unsigned char* end) {
  const unsigned char lead = *at++;
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 && lead < 0xF5   ? 3
                   : lead >= 0xE0 && lead < 0xF0 ? 2
                   : lead >= 0xC2 && lead < 0xE0 ? 1
                                                 : 0;
  if (more == 0 || end - at < more) return kNone;
  char32_t code = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if ((at[i] & 0xC0) != 0x80) return kNone;
    code = code << 6 | (at[i] & 0x3F);
  }
  at += more;
  return code;
}

char32_t Lower(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c < 0x100) return c >= 0xC0 && c <= 0xDE && c != 0xD7 ? c + 32 : c;
  if (c < 0x180) {
    if (c == 0x130) return 'i';
    if (c == 0x178) return 0xFF;
    const bool odd_is_large = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
    return (c & 1) == (odd_is_large ? 1U : 0U) && c != 0x138 ? c + 1 : c;
  }
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c == 0x4C0) return 0x4CF;
  if (c >= 0x4C1 && c <= 0x4CE) return (c & 1) == 1 ? c + 1 : c;
  if ((c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x52F)) return (c & 1) == 0 ? c + 1 : c;
  if (c >= 0x1E00 && c <= 0x1EFF) return (c & 1) == 0 ? c + 1 : c;
  return c;
}

bool IsLetter(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
  if (c < 0x2B0) return c != 0xD7 && c != 0xF7;
  if (c < 0x370) return false;
  if (c < 0x590) return !(c >= 0x482 && c <= 0x489) && c != 0x37E && c != 0x387;
  if (c < 0x900)
    return (c >= 0x5D0 && c <= 0x5F2) || (c >= 0x620 && c <= 0x64A && c != 0x640) || (c >= 0x66E && c <= 0x6D3) ||
           c >= 0x700;
  if (c < 0x2000) return true;
  if (c < 0x2C00) return false;
  if (c < 0x2E00) return true;
  if (c < 0x3040) return c >= 0x3005 && c <= 0x3007;
  if (c < 0xA000) return c != 0x30FB && !(c >= 0x3200 && c < 0x3400);
  return (c >= 0xA000 && c < 0xD7B0) || (c >= 0xF900 && c < 0xFB00) || (c >= 0xFB1D && c < 0xFE00) ||
         (c >= 0xFE70 && c < 0xFF00) || (c >= 0x10000 && c < 0x1F000) || (c >= 0x20000 && c < 0x32000);
}

Script ScriptOf(char32_t c) {
  if (c < 0x2B0 || (c >= 0x1E00 && c < 0x1F00)) return Script::kLatin;
  if ((c >= 0x400 && c < 0x530) || (c >= 0x1C80 && c < 0x1C90)) return Script::kCyrillic;
  if ((c >= 0x590 && c < 0x600) || (c >= 0xFB1D && c < 0xFB50)) return Script::kHebrew;
  if ((c >= 0x600 && c < 0x700) || (c >= 0x750 && c < 0x780) || (c >= 0xFB50 && c < 0xFF00)) return Script::kArabic;
  if (c >= 0x3040 && c < 0x3100) return Script::kKana;
  if ((c >= 0x3005 && c < 0x3008) || (c >= 0x3400 && c < 0xA000) || (c >= 0xF900 && c < 0xFB00) || c >= 0x20000) {
    return Script::kHan;
  }
  if ((c >= 0xAC00 && c < 0xD7B0) || (c >= 0x1100 && c < 0x1200) || (c >= 0x3130 && c < 0x3190)) return Script::kHangul;
  return Script::kOther;
}

// Latin letters that stand for Cyrillic ones where keyboards lack them.
char32_t AsCyrillic(char32_t c) {
  switch (c) {
    case 'a': return U'а';
    case 'c': return U'с';
    case 'e': return U'е';
    case 'h': return U'һ';
    case 'i': return U'і';
    case 'o': return U'о';
    case 'p': return U'р';
    case 'x': return U'х';
    case 'y': return U'у';
    case 0xE4: return U'ӓ';
    case 0xF6: return U'ӧ';
    case 0xFF: return U'ӱ';
    default: return c;
  }
}

// FNV-1a over code points, then mixed, since only low bits are kept.
constexpr std::uint32_t kSeed = 2166136261U;
constexpr std::uint32_t Step(std::uint32_t hash, char32_t c) {
  return (hash ^ static_cast<std::uint32_t>(c)) * 16777619U;
}
constexpr std::uint32_t Row(std::uint32_t hash) {
  hash ^= hash >> 15;
  hash *= 0x2c1b3c6dU;
  hash ^= hash >> 13;
  return hash & (kBuckets - 1);
}

class Extractor {
 public:
  explicit Extractor(Features& features) : features_(features) {}

  void Read(std::string_view text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = at + text.size();
    while (at < end) {
      const char32_t c = Lower(Decode(at, end));
      if (IsLetter(c)) {
        if (size_ == kMaxWord) Flush();
        word_[size_++] = c;
      } else if (c >= 0x300 && c < 0x370) {
        Combine(c);
      } else if (c == 0x2BC || c == 0x2019 || c == '\'') {
        // Part of a word between two letters: п'ять, l'eau.
        const auto* ahead = at;
        if (size_ > 0 && size_ < kMaxWord && ahead < end && IsLetter(Lower(Decode(ahead, end)))) {
          word_[size_++] = '\'';
        } else {
          Flush();
        }
      } else if (c == 0xAD || c == 0x640 || (c >= 0x64B && c <= 0x652) || (c >= 0x591 && c <= 0x5C7)) {
        continue;  // soft hyphen, tatweel, vowel marks
      } else if ((c == ':' || c == '@' || c == '/' || c == '_') && size_ > 0) {
        at = SkipAddress(at, end, c);
      } else {
        Flush();
      }
    }
    Flush();
  }

 private:
  // Marks that belong to the letter before: и + breve is й, е + diaeresis ё; a macron is kept, stress marks are not.
  void Combine(char32_t mark) {
    if (size_ == 0) return;
    char32_t& last = word_[size_ - 1];
    if (mark == 0x306 && last == U'и') {
      last = U'й';
    } else if (mark == 0x306 && last == U'у') {
      last = U'ў';
    } else if (mark == 0x308 && last == U'е') {
      last = U'ё';
    } else if (mark == kMacron && size_ < kMaxWord) {
      word_[size_++] = mark;
    }
  }

  // "https://…", "name@…": the word begun and all up to white space is no language.
  const unsigned char* SkipAddress(const unsigned char* at, const unsigned char* end, char32_t separator) {
    const bool link = separator == ':' && end - at >= 2 && at[0] == '/' && at[1] == '/';
    const bool mail = separator == '@';
    const bool name = separator == '_';
    if (!link && !mail && !name) {
      Flush();
      return at;
    }
    size_ = 0;
    while (at < end && *at > ' ') ++at;
    return at;
  }

  void Flush() {
    if (size_ == 0) return;
    bool cyrillic = false;
    bool latin = false;
    for (std::size_t i = 0; i < size_; ++i) {
      cyrillic |= word_[i] >= 0x400 && word_[i] < 0x530;
      latin |= word_[i] < 0x250;
    }
    // A word is of its last letter's script.
    std::size_t group = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (word_[i] == '\'' || word_[i] == kMacron) continue;
      group = GroupOf(ScriptOf(cyrillic && latin ? AsCyrillic(word_[i]) : word_[i]));
    }
    std::vector<std::uint32_t>& rows = features_.rows_of[group];
    for (std::size_t i = 0; i < size_; ++i) {
      if (cyrillic && latin) word_[i] = AsCyrillic(word_[i]);
      if (word_[i] == '\'' || word_[i] == kMacron) continue;
      const auto script = static_cast<std::size_t>(ScriptOf(word_[i]));
      // For every fourth letter: in scripts of thousands of characters many were never seen.
      if (++features_.letters[script] % 4 == 1) rows.push_back(kScriptRows[script]);
    }
    std::array<char32_t, kMaxWord + 2> framed;
    framed[0] = kBegin;
    std::copy_n(word_.begin(), size_, framed.begin() + 1);
    framed[size_ + 1] = kEnd;
    const std::size_t length = size_ + 2;
    // Room for all, then what was not used goes.
    std::size_t used = rows.size();
    rows.resize(used + length * kMaxGram + 1);
    std::uint32_t whole = kSeed + 1;
    for (std::size_t from = 0; from < length; ++from) {
      whole = Step(whole, framed[from]);
      std::uint32_t hash = Step(kSeed, framed[from]);
      // An edge alone tells nothing.
      if (from > 0 && from + 1 < length) rows[used++] = Row(hash);
      const std::size_t to = std::min(length, from + kMaxGram);
      for (std::size_t i = from + 1; i < to; ++i) {
        hash = Step(hash, framed[i]);
        rows[used++] = Row(hash);
      }
    }
    if (length > kMaxGram) rows[used++] = Row(whole);
    rows.resize(used);
    size_ = 0;
  }

  static constexpr std::array<std::uint32_t, kScripts> kScriptRows = [] {
    std::array<std::uint32_t, kScripts> rows{};
    for (std::size_t i = 0; i < kScripts; ++i) rows[i] = Row(Step(kSeed, 0x110000 + static_cast<char32_t>(i)));
    return rows;
  }();

  Features& features_;
  std::array<char32_t, kMaxWord> word_{};
  std::size_t size_ = 0;
};

}  // namespace

std::size_t GroupOf(Script script) {
  switch (script) {
    case Script::kLatin: return 0;
    case Script::kCyrillic: return 1;
    case Script::kArabic: return 2;
    case Script::kHebrew: return 3;
    case Script::kHan:
    case Script::kKana:
    case Script::kHangul: return 4;
    case Script::kOther: return 5;
  }
  return 5;
}

std::uint32_t Features::all_letters() const { return std::accumulate(letters.begin(), letters.end(), 0U); }

const std::vector<std::uint32_t>& Features::rows() const {
  std::array<std::uint32_t, kGroups> sums{};
  for (std::size_t i = 0; i < kScripts; ++i) sums[GroupOf(static_cast<Script>(i))] += letters[i];
  const std::uint32_t all = all_letters();
  auto most = std::ranges::max_element(sums);
  if (most == sums.begin()) {
    const auto next = std::max_element(sums.begin() + 1, sums.end());
    if (*next * 10 >= all * 3) most = next;
  }
  return rows_of[static_cast<std::size_t>(most - sums.begin())];
}

void Extract(std::string_view text, Features& features) { Extractor(features).Read(text); }

}  // namespace kimberlite::langid
