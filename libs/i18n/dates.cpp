#include "libs/i18n/dates.h"

#include <unicode/dtfmtsym.h>
#include <unicode/dtptngen.h>
#include <unicode/gregocal.h>
#include <unicode/smpdtfmt.h>
#include <unicode/timezone.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <tuple>

#include "libs/i18n/icu.h"

namespace kimberlite::i18n {
namespace {

// Languages and zones come from a site's settings, so a cache stays small; a caller with odd codes must not grow it for
// ever.
constexpr std::size_t kMaxCached = 256;

UDate ToIcu(Time time) {
  return static_cast<double>(std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
}

// Null for an unknown zone.
std::unique_ptr<icu::TimeZone> MakeZone(std::string_view zone) {
  std::unique_ptr<icu::TimeZone> made(icu::TimeZone::createTimeZone(FromUtf8(zone)));
  if (made == nullptr || *made == icu::TimeZone::getUnknown()) return nullptr;
  return made;
}

std::unique_ptr<icu::DateFormat> FromPattern(const icu::UnicodeString& pattern, const icu::Locale& locale) {
  UErrorCode status = U_ZERO_ERROR;
  auto format = std::make_unique<icu::SimpleDateFormat>(pattern, locale, status);
  if (U_FAILURE(status)) std::abort();
  return format;
}

// Sakha: year first, the word for year after it and the word for day after the number; months small within the line.
// CLDR has only the month names, with a capital.
std::unique_ptr<icu::DateFormat> MakeSakha(DateStyle style) {
  static constexpr std::array<const char16_t*, 12> kMonths = {
      u"тохсунньу", u"олунньу",       u"кулун тутар",  u"муус устар", u"ыам ыйын", u"бэс ыйын",
      u"от ыйын",   u"атырдьах ыйын", u"балаҕан ыйын", u"алтынньы",   u"сэтинньи", u"ахсынньы"};
  const char16_t* pattern = u"y 'сыл' MMMM d 'күнэ'";
  if (style == DateStyle::kDateTime) pattern = u"y 'сыл' MMMM d 'күнэ', HH:mm";
  if (style == DateStyle::kTime) pattern = u"HH:mm";
  if (style == DateStyle::kMonth) pattern = u"y 'сыл' MMMM";
  UErrorCode status = U_ZERO_ERROR;
  auto format = std::make_unique<icu::SimpleDateFormat>(pattern, icu::Locale("sah"), status);
  if (U_FAILURE(status)) std::abort();
  std::array<icu::UnicodeString, 12> months;
  for (std::size_t i = 0; i < months.size(); ++i) months[i] = kMonths[i];
  icu::DateFormatSymbols symbols(icu::Locale("sah"), status);
  symbols.setMonths(months.data(), static_cast<std::int32_t>(months.size()));
  format->setDateFormatSymbols(symbols);
  return format;
}

std::unique_ptr<icu::DateFormat> MakeNumeric(DateStyle style) {
  const char16_t* pattern = u"y-MM-dd";
  if (style == DateStyle::kDateTime) pattern = u"y-MM-dd HH:mm";
  if (style == DateStyle::kTime) pattern = u"HH:mm";
  if (style == DateStyle::kMonth) pattern = u"y-MM";
  return FromPattern(pattern, icu::Locale::getRoot());
}

std::unique_ptr<icu::DateFormat> MakeFormat(std::string_view language, DateStyle style) {
  if (language == "sah") return MakeSakha(style);
  if (!HasLocaleData(language)) return MakeNumeric(style);
  const icu::Locale locale = language == "en" ? icu::Locale::getUK() : LocaleFor(language);
  std::unique_ptr<icu::DateFormat> format;
  switch (style) {
    case DateStyle::kDate: format.reset(icu::DateFormat::createDateInstance(icu::DateFormat::kLong, locale)); break;
    case DateStyle::kDateTime:
      format.reset(icu::DateFormat::createDateTimeInstance(icu::DateFormat::kLong, icu::DateFormat::kShort, locale));
      break;
    case DateStyle::kTime: format.reset(icu::DateFormat::createTimeInstance(icu::DateFormat::kShort, locale)); break;
    case DateStyle::kMonth: {
      UErrorCode status = U_ZERO_ERROR;
      const std::unique_ptr<icu::DateTimePatternGenerator> patterns(
          icu::DateTimePatternGenerator::createInstance(locale, status));
      if (U_FAILURE(status)) std::abort();
      format = FromPattern(patterns->getBestPattern(u"yMMMM", status), locale);
      break;
    }
  }
  if (format == nullptr) std::abort();  // ICU's data is not installed
  return format;
}

// Formatters cost a thousand times what formatting costs and are not safe to share between threads.
const icu::DateFormat& CachedFormat(std::string_view language, std::string_view zone, DateStyle style) {
  using Key = std::tuple<std::string, std::string, DateStyle>;
  thread_local std::map<Key, std::unique_ptr<icu::DateFormat>, std::less<>> cache;
  const auto key = std::tuple(language, zone, style);
  if (const auto found = cache.find(key); found != cache.end()) return *found->second;
  if (cache.size() >= kMaxCached) cache.clear();
  auto format = MakeFormat(language, style);
  auto time_zone = MakeZone(zone);
  if (time_zone == nullptr) time_zone.reset(icu::TimeZone::getGMT()->clone());
  format->adoptTimeZone(time_zone.release());
  return *cache.emplace(Key(language, zone, style), std::move(format)).first->second;
}

const icu::TimeZone& CachedZone(std::string_view zone) {
  thread_local std::map<std::string, std::unique_ptr<icu::TimeZone>, std::less<>> cache;
  if (const auto found = cache.find(zone); found != cache.end()) return *found->second;
  if (cache.size() >= kMaxCached) cache.clear();
  auto made = MakeZone(zone);
  if (made == nullptr) made.reset(icu::TimeZone::getGMT()->clone());
  return *cache.emplace(std::string(zone), std::move(made)).first->second;
}

}  // namespace

std::string FormatDate(Time time, std::string_view language, std::string_view zone, DateStyle style) {
  icu::UnicodeString text;
  CachedFormat(language, zone, style).format(ToIcu(time), text);
  return ToUtf8(text);
}

std::string ZoneName(std::string_view language, std::string_view zone) {
  thread_local std::map<std::tuple<std::string, std::string>, std::string, std::less<>> cache;
  const auto key = std::tuple(language, zone);
  if (const auto found = cache.find(key); found != cache.end()) return found->second;
  if (cache.size() >= kMaxCached) cache.clear();
  std::string name = "UTC";
  if (auto made = MakeZone(zone); made && zone.find('/') != std::string_view::npos) {
    // "VVV": the exemplar city of CLDR.
    const auto format = FromPattern(u"VVV", HasLocaleData(language) ? LocaleFor(language) : icu::Locale::getRoot());
    format->adoptTimeZone(made.release());
    icu::UnicodeString text;
    format->format(UDate{0}, text);
    name = ToUtf8(text);
  }
  return cache.emplace(std::tuple(std::string(language), std::string(zone)), std::move(name)).first->second;
}

std::string FormatIsoWithOffset(Time time, std::string_view zone) {
  std::int32_t raw = 0, saving = 0;
  UErrorCode status = U_ZERO_ERROR;
  CachedZone(zone).getOffset(ToIcu(time), false, raw, saving, status);
  if (U_FAILURE(status)) std::abort();
  // Offsets of past centuries have seconds, which RFC 3339 cannot write: the clock keeps to the minutes of the offset.
  const auto offset = std::chrono::floor<std::chrono::minutes>(std::chrono::milliseconds(raw + saving));
  const std::string local = FormatRfc3339(std::chrono::floor<std::chrono::seconds>(time) + offset);
  const auto minutes = std::chrono::abs(offset).count();
  std::array<char, 32> suffix;
  std::snprintf(suffix.data(), suffix.size(), "%c%02d:%02d", offset.count() < 0 ? '-' : '+',
                static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  return local.substr(0, local.size() - 1) + suffix.data();
}

Result<Time> ParseLocalTime(std::string_view local, std::string_view zone, std::string field) {
  const std::string rule = "must be a local time such as 2026-11-25T06:00, with seconds or without, and no zone";
  const std::string whole = std::string(local) + (local.size() == 16 ? ":00Z" : "Z");
  // The same fields in UTC, which also checks them.
  const auto utc = ParseRfc3339(whole);
  if ((local.size() != 16 && local.size() != 19) || local[10] != 'T' || !utc)
    return InvalidField(std::move(field), rule);
  const auto day = std::chrono::floor<std::chrono::days>(*utc);
  const std::chrono::year_month_day date(day);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*utc - day).count();

  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<icu::TimeZone> made = MakeZone(zone);
  if (made == nullptr) made = std::unique_ptr<icu::TimeZone>(icu::TimeZone::getGMT()->clone());
  icu::GregorianCalendar calendar(made.release(), icu::Locale::getRoot(), status);
  calendar.setGregorianChange(-8.64e15, status);  // no Julian calendar in the past
  calendar.setRepeatedWallTimeOption(UCAL_WALLTIME_FIRST);
  calendar.setSkippedWallTimeOption(UCAL_WALLTIME_NEXT_VALID);
  calendar.clear();
  calendar.set(static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())) - 1,
               static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(seconds / 3600),
               static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  const UDate instant = calendar.getTime(status);
  if (U_FAILURE(status)) return InvalidField(std::move(field), rule);
  return Time(std::chrono::milliseconds(static_cast<std::int64_t>(instant)));
}

Result<void> CheckTimeZone(std::string_view zone, std::string field) {
  const icu::UnicodeString name = FromUtf8(zone);
  icu::UnicodeString canonical;
  UBool is_system = false;
  UErrorCode status = U_ZERO_ERROR;
  icu::TimeZone::getCanonicalID(name, canonical, is_system, status);
  const bool shape = zone == "UTC" || zone.find('/') != std::string_view::npos;
  if (U_SUCCESS(status) && is_system && shape && MakeZone(zone) != nullptr) return {};
  return InvalidField(std::move(field), "must be a time zone of the IANA database such as \"Asia/Yakutsk\" or \"UTC\"");
}

}  // namespace kimberlite::i18n
