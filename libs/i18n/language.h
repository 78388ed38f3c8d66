#pragma once

#include <string>
#include <string_view>

#include "libs/base/error.h"

namespace kimberlite::i18n {

// Checks that `code` names a language as BCP 47 does and in its canonical form, since it becomes part of URLs and keys:
// "en", "sah", "zh-Hant", "pt-BR". Language, script, region and variants only, at most 35 bytes. Well-formed is enough:
// "qya" passes. The rule of the error says what to write instead, where that can be told: "rus" → "ru", "ru_RU" →
// "ru-RU".
Result<void> CheckLanguageCode(std::string_view code, std::string field);

// The language alone that a tag means, however it is written: "ru-RU", "ru_RU", "RU" and "rus" are "ru". Empty when it
// names none ("Russian").
std::string PrimaryLanguage(std::string_view tag);

// Whether the language's usual script (or the one that the code names) runs from right to left.
bool IsRightToLeft(std::string_view code);

// The language's name in itself as a menu shows it, first letter large where the script has such: "Саха тыла",
// "Русский", "العربية". The code itself where no name is known.
std::string NativeName(std::string_view code);

}  // namespace kimberlite::i18n
