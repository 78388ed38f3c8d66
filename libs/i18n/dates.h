#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/error.h"
#include "libs/base/time.h"

namespace kimberlite::i18n {

enum class DateStyle : std::uint8_t {
  kDate,      // 24 November 2026
  kDateTime,  // 24 November 2026 at 18:30
  kTime,      // 18:30
  kMonth,     // November 2026: the title of a month in an archive
};

// The time as readers of the language write it, in the IANA zone. Order, month names, calendar, 12 or 24 hours and
// digits are CLDR's defaults for the code: "ar" has Arabic-Indic digits and 12 hours, "ar-AE" Western ones. Two
// tailorings: "en" without a region is written as in the world, not as in the United States; "sah" follows Sakha usage,
// which CLDR lacks ("2026 сыл сэтинньи 24 күнэ"). A language unknown to ICU gets 2026-11-24 18:30. An unknown zone
// counts as UTC: check it where it is set. Formatters are kept per thread.
std::string FormatDate(Time time, std::string_view language, std::string_view zone, DateStyle style);

// What readers of the language call the zone: its city ("Yakutsk", "Дьокуускай"), or "UTC". The IANA zone's own city
// where the language has no name for it.
std::string ZoneName(std::string_view language, std::string_view zone);

// For <time datetime> and feeds: 2026-11-24T18:30:00+09:00, whole seconds.
std::string FormatIsoWithOffset(Time time, std::string_view zone);

// The instant at which a clock on the wall of the IANA zone shows "2026-11-25T06:00" (seconds may follow). A time that
// the clock skips when it is put forward is the first moment after the gap; one that it shows twice when it is put back
// is the first of both. INVALID_ARGUMENT naming `field` when it is no such time, and an unknown zone counts as UTC.
Result<Time> ParseLocalTime(std::string_view local, std::string_view zone, std::string field);

// Checks for a zone of the IANA database: "Asia/Yakutsk", "UTC"; not "GMT+9", "MSK" or "EST".
Result<void> CheckTimeZone(std::string_view zone, std::string field);

}  // namespace kimberlite::i18n
