#include "libs/i18n/words.h"

#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/coll.h>
#include <unicode/normalizer2.h>
#include <unicode/tblcoll.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "libs/base/text.h"
#include "libs/i18n/icu.h"

namespace kimberlite::i18n {
namespace {

constexpr std::size_t kMaxCached = 64;

// A view of UTF-8 as ICU's iterators take it; their indexes are then bytes.
class Utf8Text {
 public:
  explicit Utf8Text(std::string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    utext_openUTF8(&text_, text.data() == nullptr ? "" : text.data(), static_cast<std::int64_t>(text.size()), &status);
    if (U_FAILURE(status)) std::abort();
  }
  ~Utf8Text() { utext_close(&text_); }
  Utf8Text(const Utf8Text&) = delete;
  Utf8Text& operator=(const Utf8Text&) = delete;

  UText* get() { return &text_; }

 private:
  UText text_ = UTEXT_INITIALIZER;
};

enum class Boundary : std::uint8_t { kCharacter, kWord, kSentence };

// Iterators hold the place they are at, so each thread has its own; making one costs far more than using it.
icu::BreakIterator& Iterator(std::string_view language, Boundary boundary) {
  using Key = std::pair<std::string, Boundary>;
  thread_local std::map<Key, std::unique_ptr<icu::BreakIterator>> cache;
  for (const auto& [known, iterator] : cache) {
    if (known.first == language && known.second == boundary) return *iterator;
  }
  if (cache.size() >= kMaxCached) cache.clear();
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale locale = LocaleFor(language);
  std::unique_ptr<icu::BreakIterator> made;
  switch (boundary) {
    case Boundary::kCharacter: made.reset(icu::BreakIterator::createCharacterInstance(locale, status)); break;
    case Boundary::kWord: made.reset(icu::BreakIterator::createWordInstance(locale, status)); break;
    case Boundary::kSentence: made.reset(icu::BreakIterator::createSentenceInstance(locale, status)); break;
  }
  if (U_FAILURE(status)) std::abort();  // ICU's data is not installed
  return *cache.emplace(Key(language, boundary), std::move(made)).first->second;
}

// The last boundary at or before byte `limit`.
std::size_t BoundaryBefore(icu::BreakIterator& iterator, std::size_t limit) {
  const auto at = static_cast<std::int32_t>(limit);
  if (iterator.isBoundary(at)) return limit;
  const std::int32_t before = iterator.preceding(at);
  return before == icu::BreakIterator::DONE ? 0 : static_cast<std::size_t>(before);
}

bool IsCyrillic(UChar32 c) { return c >= 0x400 && c <= 0x52F; }

// Spellings that newspapers mix. Returns whether anything changed.
bool TailorFold(std::string& text) {
  std::string result;
  result.reserve(text.size());
  const auto length = static_cast<std::int32_t>(text.size());
  UChar32 previous = 0;
  for (std::int32_t i = 0; i < length;) {
    const std::int32_t begin = i;
    UChar32 c;
    U8_NEXT(text.data(), i, length, c);
    const bool stress = (c == 0x300 || c == 0x301) && IsCyrillic(previous);
    const bool arabic_mark = (c >= 0x64B && c <= 0x65F) || c == 0x670 || c == 0x640;
    if (stress || arabic_mark) continue;
    previous = c;
    if (c == 0x451) {
      result += "\u0435";  // ё → е
    } else if (c == 0x622 || c == 0x623 || c == 0x625 || c == 0x671) {
      result += "\u0627";  // آ أ إ ٱ → ا
    } else {
      result.append(text, begin, i - begin);
    }
  }
  const bool changed = result != text;
  text = std::move(result);
  return changed;
}

// The Sakha alphabet: letters that CLDR does not place. дь and нь count as letters.
constexpr const char16_t* kSakhaOrder =
    u"[reorder Cyrl]"
    u"&г<ҕ<<<Ҕ &д<дь<<<Дь<<<ДЬ &н<ҥ<<<Ҥ<нь<<<Нь<<<НЬ &о<ө<<<Ө &с<һ<<<Һ &у<ү<<<Ү";

const icu::Collator& CachedCollator(std::string_view language) {
  thread_local std::map<std::string, std::unique_ptr<icu::Collator>, std::less<>> cache;
  if (const auto found = cache.find(language); found != cache.end()) return *found->second;
  if (cache.size() >= kMaxCached) cache.clear();
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::Collator> made;
  if (language == "sah") {
    made = std::make_unique<icu::RuleBasedCollator>(icu::UnicodeString(kSakhaOrder), status);
  } else {
    made.reset(icu::Collator::createInstance(LocaleFor(language), status));
  }
  if (U_FAILURE(status)) std::abort();  // ICU's data is not installed
  return *cache.emplace(std::string(language), std::move(made)).first->second;
}

// The byte after `count` code points.
std::size_t ByteOf(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && count-- == 0) break;
  }
  return at;
}

std::string_view TrimSpace(std::string_view text) {
  auto end = static_cast<std::int32_t>(text.size());
  std::int32_t begin = 0;
  for (std::int32_t i = 0; i < end;) {
    UChar32 c;
    U8_NEXT(text.data(), i, end, c);
    if (c < 0 || !u_isUWhiteSpace(c)) break;
    begin = i;
  }
  while (end > begin) {
    std::int32_t i = end;
    UChar32 c;
    U8_PREV(text.data(), begin, i, c);
    if (c < 0 || !u_isUWhiteSpace(c)) break;
    end = i;
  }
  return text.substr(begin, end - begin);
}

// Drops spaces and punctuation that would stand badly before "…": commas, dashes, opening quotes and brackets.
std::string_view TrimForEllipsis(std::string_view text) {
  auto end = static_cast<std::int32_t>(text.size());
  while (end > 0) {
    std::int32_t i = end;
    UChar32 c;
    U8_PREV(text.data(), 0, i, c);
    if (c >= 0 && !u_isUWhiteSpace(c) && !u_ispunct(c)) break;
    end = i;
  }
  return text.substr(0, end);
}

// Whether a sentence seems to end in an abbreviation or initial ("в г.", "A. S."), where ICU's rules see an end before
// a capital.
bool EndsInAbbreviation(std::string_view sentence) {
  sentence = TrimSpace(sentence);
  if (sentence.empty() || sentence.back() != '.') return false;
  sentence.remove_suffix(1);
  auto i = static_cast<std::int32_t>(sentence.size());
  int letters = 0;
  while (i > 0) {
    UChar32 c;
    U8_PREV(sentence.data(), 0, i, c);
    if (c < 0 || !u_isalpha(c)) break;
    ++letters;
  }
  return letters == 1 || letters == 2;
}

}  // namespace

std::vector<Word> SegmentWords(std::string_view text, std::string_view language) {
  std::vector<Word> words;
  UErrorCode status = U_ZERO_ERROR;
  Utf8Text source(text);
  icu::BreakIterator& iterator = Iterator(language, Boundary::kWord);
  iterator.setText(source.get(), status);
  if (U_FAILURE(status)) std::abort();
  std::int32_t begin = iterator.first();
  for (std::int32_t end = iterator.next(); end != icu::BreakIterator::DONE; begin = end, end = iterator.next()) {
    if (iterator.getRuleStatus() >= UBRK_WORD_NUMBER) {
      words.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    }
  }
  return words;
}

std::string Fold(std::string_view text) {
  std::string folded;
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    folded = text;
    for (char& c : folded) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return folded;
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(status);
  if (U_FAILURE(status)) std::abort();  // ICU's data is not installed
  folded = text;
  do {
    std::string next;
    icu::StringByteSink<std::string> sink(&next);
    normalizer->normalizeUTF8(0, icu::StringPiece(folded.data(), static_cast<std::int32_t>(folded.size())), sink,
                              nullptr, status);
    if (U_FAILURE(status)) std::abort();
    folded = std::move(next);
    // A dropped mark may let its neighbours compose: once more, until nothing changes.
  } while (TailorFold(folded));
  return folded;
}

int Compare(std::string_view a, std::string_view b, std::string_view language) {
  UErrorCode status = U_ZERO_ERROR;
  const UCollationResult order =
      CachedCollator(language).compareUTF8(icu::StringPiece(a.data(), static_cast<std::int32_t>(a.size())),
                                           icu::StringPiece(b.data(), static_cast<std::int32_t>(b.size())), status);
  if (U_FAILURE(status)) std::abort();
  if (order != UCOL_EQUAL) return order == UCOL_LESS ? -1 : 1;
  return a.compare(b);
}

std::string Excerpt(std::string_view text, std::string_view language, std::size_t max) {
  text = TrimSpace(text);
  const std::size_t room = ByteOf(text, max);
  if (room == text.size()) return std::string(text);
  if (max == 0) return {};
  // Boundaries depend on what follows, but not on what follows far behind.
  const std::string_view head = text.substr(0, ByteOf(text, max + 256));
  UErrorCode status = U_ZERO_ERROR;
  Utf8Text source(head);

  icu::BreakIterator& sentences = Iterator(language, Boundary::kSentence);
  sentences.setText(source.get(), status);
  const std::size_t half = ByteOf(text, max / 2);
  // The space after a sentence belongs to it and may lie beyond the room.
  std::size_t end = BoundaryBefore(sentences, ByteOf(text, max + 1));
  for (; end > half; end = static_cast<std::size_t>(std::max(0, sentences.preceding(static_cast<std::int32_t>(end))))) {
    const std::string_view sentence = TrimSpace(head.substr(0, end));
    if (sentence.size() <= room && !EndsInAbbreviation(sentence)) return std::string(sentence);
  }

  const std::size_t before_ellipsis = ByteOf(text, max - 1);
  icu::BreakIterator& words = Iterator(language, Boundary::kWord);
  words.setText(source.get(), status);
  std::string_view cut = TrimForEllipsis(head.substr(0, BoundaryBefore(words, before_ellipsis)));
  if (cut.empty()) {
    icu::BreakIterator& characters = Iterator(language, Boundary::kCharacter);
    characters.setText(source.get(), status);
    cut = TrimSpace(head.substr(0, BoundaryBefore(characters, before_ellipsis)));
  }
  if (U_FAILURE(status)) std::abort();
  return std::string(cut) + "…";
}

}  // namespace kimberlite::i18n
