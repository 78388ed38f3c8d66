#include "libs/i18n/icu.h"

#include <set>

namespace kimberlite::i18n {
namespace {

const std::set<std::string, std::less<>>& KnownLanguages() {
  static const auto* const known = [] {
    auto* languages = new std::set<std::string, std::less<>>;
    std::int32_t count = 0;
    const icu::Locale* locales = icu::Locale::getAvailableLocales(count);
    for (std::int32_t i = 0; i < count; ++i) languages->insert(locales[i].getLanguage());
    return languages;
  }();
  return *known;
}

icu::Locale Parse(std::string_view language) {
  UErrorCode status = U_ZERO_ERROR;
  icu::Locale locale = icu::Locale::forLanguageTag(
      icu::StringPiece(language.data(), static_cast<std::int32_t>(language.size())), status);
  return U_SUCCESS(status) ? locale : icu::Locale::getRoot();
}

}  // namespace

bool HasLocaleData(std::string_view language) { return KnownLanguages().contains(Parse(language).getLanguage()); }

icu::Locale LocaleFor(std::string_view language) {
  icu::Locale locale = Parse(language);
  if (!KnownLanguages().contains(locale.getLanguage())) return icu::Locale::getRoot();
  // CLDR's digits of Arabic without a region changed between releases of ICU; pages must not change with them.
  if (std::string_view(locale.getLanguage()) == "ar" && *locale.getCountry() == '\0') {
    UErrorCode status = U_ZERO_ERROR;
    locale.setKeywordValue("numbers", "arab", status);
  }
  return locale;
}

}  // namespace kimberlite::i18n
