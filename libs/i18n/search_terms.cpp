#include "libs/i18n/search_terms.h"

#include <libstemmer.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <cstdlib>
#include <map>
#include <memory>

#include "libs/i18n/icu.h"
#include "libs/i18n/sakha_stem.h"

namespace kimberlite::i18n {
namespace {

struct DeleteStemmer {
  void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
};
using Stemmer = std::unique_ptr<sb_stemmer, DeleteStemmer>;

// Null where Snowball knows no such language. A stemmer has a buffer of its own, so each thread has its own.
sb_stemmer* StemmerFor(std::string_view language) {
  thread_local std::map<std::string, Stemmer, std::less<>> cache;
  const std::string_view primary = language.substr(0, language.find('-'));
  if (const auto found = cache.find(primary); found != cache.end()) return found->second.get();
  if (cache.size() > 64) cache.clear();
  const std::string name(primary);
  return cache.emplace(name, Stemmer(sb_stemmer_new(name.c_str(), "UTF_8"))).first->second.get();
}

bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// "économie" → "economie". Not for scripts where the mark makes another letter: й, ї.
std::string WithoutAccents(const std::string& text) {
  if (IsAscii(text)) return text;
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status)) std::abort();  // ICU's data is not installed
  const icu::UnicodeString apart = nfd->normalize(FromUtf8(text), status);
  icu::UnicodeString kept;
  bool accented_script = false;
  for (std::int32_t i = 0; i < apart.length(); i = apart.moveIndex32(i, 1)) {
    const UChar32 c = apart.char32At(i);
    if (u_charType(c) == U_NON_SPACING_MARK) {
      if (accented_script) continue;
    } else {
      const UScriptCode script = uscript_getScript(c, &status);
      accented_script = script == USCRIPT_LATIN || script == USCRIPT_GREEK;
    }
    kept.append(c);
  }
  const icu::UnicodeString whole = nfc->normalize(kept, status);
  if (U_FAILURE(status)) std::abort();
  return ToUtf8(whole);
}

}  // namespace

std::string StemOf(std::string_view folded, std::string_view language) {
  if (language == "sah") return StemSakha(folded);
  sb_stemmer* stemmer = StemmerFor(language);
  if (stemmer == nullptr) return WithoutAccents(std::string(folded));
  const sb_symbol* stem =
      sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol*>(folded.data()), static_cast<int>(folded.size()));
  if (stem == nullptr) std::abort();  // out of memory
  // The length tells the end: the buffer is the stemmer's own until it is asked again.
  std::string text(reinterpret_cast<const char*>(stem), static_cast<std::size_t>(sb_stemmer_length(stemmer)));
  return WithoutAccents(text);
}

std::vector<SearchTerm> SearchTerms(std::string_view text, std::string_view language) {
  std::vector<SearchTerm> terms;
  for (const Word& word : SegmentWords(text, language)) {
    const std::string folded = Fold(word.In(text));
    if (folded.empty() || folded.size() > kMaxSearchWord) continue;
    std::string stem = StemOf(folded, language);
    if (stem.empty()) continue;
    terms.push_back({.word = word, .form = WithoutAccents(folded), .stem = std::move(stem)});
  }
  return terms;
}

}  // namespace kimberlite::i18n
