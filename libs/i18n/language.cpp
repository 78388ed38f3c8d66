#include "libs/i18n/language.h"

#include <unicode/localpointer.h>
#include <unicode/locdspnm.h>
#include <unicode/ucasemap.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "libs/base/text.h"
#include "libs/i18n/icu.h"

namespace kimberlite::i18n {
namespace {

constexpr std::size_t kMaxCode = 35;  // RFC 5646 section 4.4.1

// Names that ICU lacks, or writes as they stand within a sentence where no capital can be derived.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOwnNames = {{
    {"sah", "Саха тыла"},
    {"evn", "Эвэды турэн"},
    {"eve", "Эвэды төрэн"},
}};

// The canonical form of a tag, absent when it is no well-formed tag.
std::optional<std::string> Canonical(std::string_view tag) {
  UErrorCode status = U_ZERO_ERROR;
  icu::Locale locale =
      icu::Locale::forLanguageTag(icu::StringPiece(tag.data(), static_cast<std::int32_t>(tag.size())), status);
  if (U_SUCCESS(status)) locale.canonicalize(status);
  std::string canonical;
  if (U_SUCCESS(status)) canonical = locale.toLanguageTag<std::string>(status);
  if (U_FAILURE(status) || locale.isBogus()) return std::nullopt;
  return canonical;
}

// Whether a tag is made of subtags of language, script, region and variants: no extensions, no private use.
bool NamesOnlyALanguage(std::string_view tag) {
  const auto subtags = Split(tag, '-');
  const std::size_t length = subtags.front().size();
  return (length == 2 || length == 3) && tag != "und" &&
         std::all_of(subtags.begin(), subtags.end(), [](std::string_view subtag) { return subtag.size() > 1; });
}

}  // namespace

Result<void> CheckLanguageCode(std::string_view code, std::string field) {
  const auto fail = [&](std::string rule) { return InvalidField(std::move(field), std::move(rule)); };
  const auto fail_generally = [&] {
    return fail("must be a language code of BCP 47 such as \"en\", \"sah\" or \"zh-Hant\"");
  };
  if (code.empty() || code.size() > kMaxCode) return fail_generally();
  // ICU takes underscores for hyphens; they are not the same in a URL.
  std::string tag(code);
  std::replace(tag.begin(), tag.end(), '_', '-');
  const auto canonical = Canonical(tag);
  if (!canonical) return fail_generally();
  if (!NamesOnlyALanguage(*canonical)) {
    return fail(
        "must name a language, with at most script, region and variant, such as \"en\", \"sah\" or \"zh-Hant\"");
  }
  if (*canonical != code) return fail("must be written \"" + *canonical + "\"");
  return {};
}

std::string PrimaryLanguage(std::string_view tag) {
  if (tag.empty() || tag.size() > kMaxCode) return {};
  const icu::Locale locale(std::string(tag).c_str());
  std::string language = locale.getLanguage();
  return CheckLanguageCode(language, "language") ? language : std::string();
}

bool IsRightToLeft(std::string_view code) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale locale =
      icu::Locale::forLanguageTag(icu::StringPiece(code.data(), static_cast<std::int32_t>(code.size())), status);
  return U_SUCCESS(status) && locale.isRightToLeft();
}

std::string NativeName(std::string_view code) {
  for (const auto& [own, name] : kOwnNames) {
    if (own == code) return std::string(name);
  }
  if (!HasLocaleData(code)) return std::string(code);
  const icu::Locale locale = LocaleFor(code);
  const icu::LocalPointer<icu::LocaleDisplayNames> names(
      icu::LocaleDisplayNames::createInstance(locale, ULDN_DIALECT_NAMES));
  icu::UnicodeString name;
  names->localeDisplayName(locale.getBaseName(), name);
  if (name.isEmpty()) return std::string(code);
  // Only the first letter: the rest of the name keeps its own capitals.
  icu::UnicodeString first(name, 0, name.moveIndex32(0, 1));
  first.toTitle(nullptr, locale, U_TITLECASE_NO_LOWERCASE);
  return ToUtf8(first + name.tempSubString(name.moveIndex32(0, 1)));
}

}  // namespace kimberlite::i18n
