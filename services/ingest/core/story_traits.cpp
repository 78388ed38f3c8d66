#include "services/ingest/core/story_traits.h"

#include <algorithm>
#include <optional>

#include "libs/base/text.h"
#include "libs/i18n/slug.h"
#include "libs/i18n/words.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

constexpr std::size_t kMaxTraits = 96;
constexpr std::size_t kMaxText = 6 * 1024;

std::uint32_t Hash(char kind, std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL ^ static_cast<unsigned char>(kind);  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

// One code point of well-formed UTF-8; `size` gets its bytes.
char32_t CodePoint(std::string_view text, std::size_t at, std::size_t& size) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at + i < text.size() ? text[at + i] : 0); };
  const unsigned char first = byte(0);
  size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size == 1) return first;
  char32_t code = first & (0xFF >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code = code << 6 | (byte(i) & 0x3F);
  return code;
}

std::optional<char> Digit(char32_t code) {
  for (const char32_t zero : {U'0', U'\u0660', U'\u06F0', U'\uFF10'}) {
    if (code >= zero && code <= zero + 9) return static_cast<char>('0' + (code - zero));
  }
  return std::nullopt;
}

bool IsCapital(char32_t code) {
  return (code >= 'A' && code <= 'Z') || (code >= 0xC0 && code <= 0xDE && code != 0xD7) ||
         (code >= 0x400 && code <= 0x42F) ||
         (code >= 0x460 && code <= 0x52F && (code & 1) == (code >= 0x4C1 && code <= 0x4CE ? 1 : 0));
}

// Scripts that know no capitals: Arabic, Hebrew, Han, kana, Hangul and their neighbours.
bool IsCaseless(char32_t code) { return code >= 0x590 && code < 0x1E00; }
bool IsHan(char32_t code) { return code >= 0x2E80 && code < 0xFB00; }

// Digits and their point alone: "1,500" and "1.500" are 1500, "3,5" is 3.5, "24.11.2026" a date. Empty: it is none.
std::string NumberOf(std::string_view word) {
  std::vector<std::string> groups(1);
  for (std::size_t at = 0, size = 0; at < word.size(); at += size) {
    const char32_t code = CodePoint(word, at, size);
    if (const auto digit = Digit(code)) {
      groups.back() += *digit;
    } else if (code == '.' || code == ',' || code == U'\u066B' || code == U'\u066C') {
      groups.emplace_back();
    } else {
      return {};
    }
  }
  if (groups.size() == 3 && groups[0].size() <= 2 && groups[1].size() <= 2 && groups[2].size() == 4)
    return groups[2] + (groups[1].size() < 2 ? "0" : "") + groups[1] + (groups[0].size() < 2 ? "0" : "") + groups[0];
  std::string number = groups[0];
  for (std::size_t i = 1; i < groups.size(); ++i) {
    const bool thousands = groups[i].size() == 3 && groups[0] != "0";
    if (!thousands) number += '.';
    number += groups[i];
  }
  return number;
}

// Whether the text before `begin` ends a sentence, or there is none.
bool BeginsSentence(std::string_view text, std::size_t begin) {
  while (begin > 0) {
    const char c = text[begin - 1];
    if (c == '.' || c == '!' || c == '?' || c == '\n' || c == ':') return true;
    if (c != ' ' && c != '"' && c != '(' && (c & 0x80) == 0) return false;
    if ((c & 0x80) != 0) {
      // Quotation marks and dashes of several bytes are passed over, letters are not.
      const std::string_view before = text.substr(0, begin);
      bool passed = false;
      for (const std::string_view mark : {"«", "“", "„", "—", "–", "\u00A0", "»", "”"}) {
        if (!before.ends_with(mark)) continue;
        begin -= mark.size();
        passed = true;
        break;
      }
      if (!passed) return false;
      continue;
    }
    --begin;
  }
  return true;
}

class Gatherer {
 public:
  void Add(char space, std::string_view text, TraitKind kind, float weight) {
    if (traits_.size() >= kMaxTraits) return;
    const Trait trait{Hash(space, text), kind, weight};
    const auto same = [&](const Trait& other) { return other.hash == trait.hash; };
    if (std::ranges::none_of(traits_, same)) traits_.push_back(trait);
  }
  std::vector<Trait> Take() { return std::move(traits_); }

 private:
  std::vector<Trait> traits_;
};

void AddName(std::string_view word, std::string_view language, bool caseless, Gatherer& gatherer) {
  const std::string skeleton = Skeleton(word, language);
  if (skeleton.size() < 3) return;
  // Endings differ from language to language; the beginning is what stays.
  gatherer.Add('p', skeleton.substr(0, 3), TraitKind::kName, caseless ? 0.25F : 0.4F);
  if (skeleton.size() >= 4) gatherer.Add('q', skeleton.substr(0, 4), TraitKind::kName, caseless ? 0.5F : 0.8F);
}

}  // namespace

std::string Skeleton(std::string_view word, std::string_view language) {
  const std::string latin = i18n::Slugify(word, language, 60);
  std::string skeleton;
  const auto add = [&](char c) {
    if (skeleton.empty() || skeleton.back() != c) skeleton += c;
  };
  for (std::size_t i = 0; i < latin.size() && skeleton.size() < 8; ++i) {
    const char c = latin[i];
    const char next = i + 1 < latin.size() ? latin[i + 1] : '\0';
    switch (c) {
      case 'b': add('P'); break;
      case 'p': add(next == 'h' ? 'F' : 'P'); break;
      case 'd':
      case 't': add(next == 's' || next == 'c' ? 'S' : 'T'); break;
      case 'g':
      case 'k':
      case 'q': add('K'); break;
      case 'c': add(next == 'e' || next == 'i' || next == 'y' || next == 'h' ? 'S' : 'K'); break;
      case 'f':
      case 'v': add('F'); break;
      case 'j':
      case 's':
      case 'z': add('S'); break;
      case 'x':
        add('K');
        add('S');
        break;
      case 'l': add('L'); break;
      case 'r': add('R'); break;
      case 'm': add('M'); break;
      case 'n': add('N'); break;
      default: break;
    }
  }
  return skeleton;
}

std::vector<Trait> TraitsOf(std::string_view text, std::string_view language,
                            const std::vector<std::string>& addresses) {
  Gatherer gatherer;
  for (const std::string& address : addresses) gatherer.Add('l', address, TraitKind::kLink, 2);
  std::size_t end = std::min(text.size(), kMaxText);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text = text.substr(0, end);
  const std::vector<i18n::Word> words = i18n::SegmentWords(text, language);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i].In(text);
    std::size_t size = 0;
    const char32_t first = CodePoint(word, 0, size);
    if (Digit(first)) {
      std::string number = NumberOf(word);
      // Groups of three parted by a space.
      while (!number.empty() && number.size() <= 3 && i + 1 < words.size()) {
        const std::string_view between = text.substr(words[i].end_byte, words[i + 1].begin_byte - words[i].end_byte);
        const std::string group = NumberOf(words[i + 1].In(text));
        if ((between != " " && between != "\u00A0" && between != "\u202F") || group.size() != 3 || group.contains('.'))
          break;
        number += group;
        ++i;
      }
      if (number.size() >= 2) gatherer.Add('n', number, TraitKind::kNumber, number.size() >= 3 ? 1.0F : 0.4F);
    } else if (IsHan(first)) {
      if (word.size() >= 6) AddName(word, language, true, gatherer);
    } else if (IsCaseless(first)) {
      if (word.size() >= 8) AddName(word, language, true, gatherer);
    } else if (IsCapital(first) && !BeginsSentence(text, words[i].begin_byte)) {
      AddName(word, language, false, gatherer);
    }
  }
  return gatherer.Take();
}

std::vector<std::string> AddressesIn(std::string_view clean_html) {
  std::vector<std::string> found;
  for (const std::string_view name : {" href=\"", " src=\""}) {
    std::size_t at = 0;
    while (found.size() < 40 && (at = clean_html.find(name, at)) != std::string_view::npos) {
      at += name.size();
      const std::string_view value = clean_html.substr(at, clean_html.find('"', at) - at);
      if (value.starts_with("http")) found.push_back(CanonicalUrl(value));
    }
  }
  return found;
}

}  // namespace kimberlite::ingest
