#include "libs/i18n/slug.h"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "libs/i18n/icu.h"

namespace kimberlite::i18n {
namespace {

struct Letter {
  char32_t from;
  std::string_view to;
};

// Cyrillic, by code point. ICU's own table writes scholarly Latin ("h" for х, "c" for ц) and knows few letters beyond
// Russian.
constexpr std::array kCyrillic = std::to_array<Letter>({
    {U'а', "a"},  {U'б', "b"},    {U'в', "v"},  {U'г', "g"},  {U'д', "d"},  {U'е', "e"},  {U'ж', "zh"}, {U'з', "z"},
    {U'и', "i"},  {U'й', "y"},    {U'к', "k"},  {U'л', "l"},  {U'м', "m"},  {U'н', "n"},  {U'о', "o"},  {U'п', "p"},
    {U'р', "r"},  {U'с', "s"},    {U'т', "t"},  {U'у', "u"},  {U'ф', "f"},  {U'х', "kh"}, {U'ц', "ts"}, {U'ч', "ch"},
    {U'ш', "sh"}, {U'щ', "shch"}, {U'ъ', ""},   {U'ы', "y"},  {U'ь', ""},   {U'э', "e"},  {U'ю', "yu"}, {U'я', "ya"},
    {U'ё', "yo"}, {U'ђ', "dj"},   {U'ѓ', "gj"}, {U'є', "ye"}, {U'ѕ', "dz"}, {U'і', "i"},  {U'ї', "yi"}, {U'ј', "j"},
    {U'љ', "lj"}, {U'њ', "nj"},   {U'ћ', "c"},  {U'ќ', "kj"}, {U'ў', "u"},  {U'џ', "dz"}, {U'ґ', "g"},  {U'ғ', "gh"},
    {U'ҕ', "gh"}, {U'җ', "j"},    {U'ҙ', "z"},  {U'қ', "q"},  {U'ҡ', "q"},  {U'ң', "ng"}, {U'ҥ', "ng"}, {U'ҫ', "s"},
    {U'ү', "u"},  {U'ұ', "u"},    {U'ҳ', "h"},  {U'ҷ', "j"},  {U'һ', "h"},  {U'ӄ', "q"},  {U'ӈ', "ng"}, {U'ӊ', "ng"},
    {U'ӑ', "a"},  {U'ӓ', "a"},    {U'ӗ', "e"},  {U'ә', "a"},  {U'ӣ', "i"},  {U'ӧ', "o"},  {U'ө', "o"},  {U'ӯ', "u"},
    {U'ӱ', "u"},  {U'ӳ', "u"},    {U'ӷ', "g"},  {U'ԓ', "l"},
});
static_assert(std::is_sorted(kCyrillic.begin(), kCyrillic.end(),
                             [](const Letter& a, const Letter& b) { return a.from < b.from; }));

struct LanguageLetter {
  std::string_view language;
  char32_t from;
  std::string_view to;
};

// Where a language reads a letter otherwise.
constexpr std::array kTailored = std::to_array<LanguageLetter>({
    {"uk", U'г', "h"},  {"uk", U'и', "y"},  {"be", U'г', "h"}, {"bg", U'щ', "sht"}, {"bg", U'ъ', "a"},
    {"bg", U'х', "h"},  {"bg", U'ь', "y"},  {"sr", U'х', "h"}, {"sr", U'ц', "c"},   {"sr", U'ж', "z"},
    {"sr", U'ч', "c"},  {"sr", U'ш', "s"},  {"mk", U'х', "h"}, {"mk", U'ц', "c"},   {"de", U'ä', "ae"},
    {"de", U'ö', "oe"}, {"de", U'ü', "ue"}, {"ar", U'ة', "a"}, {"ar", U'ى', "a"},
});

const std::string_view* Find(std::string_view language, char32_t letter) {
  for (const LanguageLetter& entry : kTailored) {
    if (entry.from == letter && entry.language == language) return &entry.to;
  }
  const auto found = std::lower_bound(kCyrillic.begin(), kCyrillic.end(), letter,
                                      [](const Letter& entry, char32_t value) { return entry.from < value; });
  return found != kCyrillic.end() && found->from == letter ? &found->to : nullptr;
}

// Writes what our tables know in Latin and leaves the rest. `text` is lower case and composed.
icu::UnicodeString ApplyTables(const icu::UnicodeString& text, std::string_view language) {
  icu::UnicodeString result;
  char32_t previous = 0;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const char32_t letter = text.char32At(i);
    // Han is read syllable by syllable; what touches it is a word of its own: 新闻2026 → xin-wen-2026.
    if (previous != 0 &&
        u_hasBinaryProperty(previous, UCHAR_IDEOGRAPHIC) != u_hasBinaryProperty(letter, UCHAR_IDEOGRAPHIC)) {
      result.append(u' ');
    }
    const bool after_sign = previous == U'ь' || previous == U'ъ';
    if (letter == U'ь' && language == "sah" && (previous == U'д' || previous == U'н')) {
      result.append(u'y');  // дь and нь are letters of their own: Dyokuuskay, Nyurba
    } else if (const std::string_view* latin = Find(language, letter)) {
      if (after_sign && language != "sah" && (letter == U'е' || letter == U'и')) result.append(u'y');
      for (const char c : *latin) result.append(static_cast<char16_t>(c));
    } else {
      result.append(static_cast<UChar32>(letter));
    }
    previous = letter;
  }
  return result;
}

// ICU's rules for all other scripts: megabytes of them, so one for the process. They guard their state by locks inside,
// but not in every version and rule; slugs are made once per article, so one lock around costs nothing.
void TransliterateByIcu(icu::UnicodeString& text) {
  static std::mutex mutex;
  static const icu::Transliterator* const transliterator = [] {
    UErrorCode status = U_ZERO_ERROR;
    return icu::Transliterator::createInstance("Any-Latin; Latin-ASCII; Any-Lower", UTRANS_FORWARD, status);
  }();
  if (transliterator == nullptr) std::abort();  // ICU's data is not installed
  const std::lock_guard lock(mutex);
  transliterator->transliterate(text);
}

bool IsAscii(const icu::UnicodeString& text) {
  for (std::int32_t i = 0; i < text.length(); ++i) {
    if (text.charAt(i) >= 0x80) return false;
  }
  return true;
}

// Signs within words that leave no gap: apostrophes, and the marks that transliteration writes for hamza, ayn and
// softness.
bool IsSilent(char32_t c) {
  if (c == U'\'' || c == U'’' || c == U'`' || c == U'\u00AD' || c == U'\u200C' || c == U'\u200D') return true;
  const auto type = u_charType(static_cast<UChar32>(c));
  return type == U_NON_SPACING_MARK || type == U_MODIFIER_LETTER || type == U_ENCLOSING_MARK;
}

std::string JoinWords(const icu::UnicodeString& text) {
  std::string slug;
  bool gap = false;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const char32_t c = text.char32At(i);
    const std::int32_t digit = u_charDigitValue(static_cast<UChar32>(c));
    if ((c >= U'a' && c <= U'z') || digit >= 0) {
      if (gap && !slug.empty()) slug += '-';
      gap = false;
      slug += digit >= 0 ? static_cast<char>('0' + digit) : static_cast<char>(c);
    } else if (!IsSilent(c)) {
      gap = true;
    }
  }
  return slug;
}

}  // namespace

std::string Slugify(std::string_view text, std::string_view language, std::size_t max) {
  std::size_t end = std::min(text.size(), 16 * max);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  const std::string_view primary = language.substr(0, language.find('-'));

  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status)) std::abort();
  icu::UnicodeString letters = nfkc->normalize(FromUtf8(text.substr(0, end)), status);
  letters.toLower(icu::Locale::getRoot());
  letters = ApplyTables(letters, primary);
  if (!IsAscii(letters)) TransliterateByIcu(letters);

  std::string slug = JoinWords(letters);
  if (slug.size() > max) {
    const std::size_t cut = slug[max] == '-' ? max : slug.rfind('-', max);
    slug.resize(cut == std::string::npos ? max : cut);
  }
  return slug;
}

}  // namespace kimberlite::i18n
