#pragma once

// What the sources of this library share about ICU. Not for other libraries.

#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <string>
#include <string_view>

namespace kimberlite::i18n {

// Bytes that are not UTF-8 become U+FFFD.
inline icu::UnicodeString FromUtf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

inline std::string ToUtf8(const icu::UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

// ICU's locale for a language code; the root locale where ICU has no data for the language. (Left alone, ICU would take
// the locale of the process's environment for those: another machine, another page.)
icu::Locale LocaleFor(std::string_view language);

// Whether ICU has data for the language of the code.
bool HasLocaleData(std::string_view language);

}  // namespace kimberlite::i18n
