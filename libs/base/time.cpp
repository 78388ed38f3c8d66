#include "libs/base/time.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace kimberlite {
namespace {

using std::chrono::microseconds;

bool ReadDigits(std::string_view& text, int count, int& value) {
  if (text.size() < static_cast<std::size_t>(count)) return false;
  value = 0;
  for (int i = 0; i < count; ++i) {
    const char c = text[i];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool ReadChar(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Time SystemClock::Now() const { return std::chrono::floor<microseconds>(std::chrono::system_clock::now()); }

std::string FormatRfc3339(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text;
  int length = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                             static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                             static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                             static_cast<int>(clock.seconds().count()));
  std::string result(text.data(), length);
  if (const auto fraction = clock.subseconds().count(); fraction != 0) {
    length = std::snprintf(text.data(), text.size(), ".%06d", static_cast<int>(fraction));
    result.append(text.data(), length);
  }
  return result + "Z";
}

Result<Time> ParseRfc3339(std::string_view text) {
  const std::string_view whole = text;
  const auto fail = [&] {
    return Fail(Code::kInvalidArgument,
                "\"" + std::string(whole) + "\" is not a time of RFC 3339 such as 2026-11-24T09:30:00Z");
  };
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!ReadDigits(text, 4, year) || !ReadChar(text, "-") || !ReadDigits(text, 2, month) || !ReadChar(text, "-") ||
      !ReadDigits(text, 2, day) || !ReadChar(text, "Tt ") || !ReadDigits(text, 2, hour) || !ReadChar(text, ":") ||
      !ReadDigits(text, 2, minute) || !ReadChar(text, ":") || !ReadDigits(text, 2, second)) {
    return fail();
  }
  std::int64_t micros = 0;
  if (ReadChar(text, ".")) {
    std::int64_t scale = 100000;
    bool any = false;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      micros += (text.front() - '0') * scale;
      scale /= 10;
      text.remove_prefix(1);
      any = true;
    }
    if (!any) return fail();
  }
  std::chrono::minutes offset{0};
  if (!ReadChar(text, "Zz")) {
    const bool west = !text.empty() && text.front() == '-';
    int hours = 0, minutes = 0;
    if (!ReadChar(text, "+-") || !ReadDigits(text, 2, hours) || !ReadChar(text, ":") || !ReadDigits(text, 2, minutes) ||
        hours > 23 || minutes > 59) {
      return fail();
    }
    offset = std::chrono::minutes(hours * 60 + minutes) * (west ? -1 : 1);
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return fail();
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + microseconds(micros) - offset;
}

std::string FormatHttpDate(Time time) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text;
  const int length = std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                                   kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                                   kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                                   static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()));
  return std::string(text.data(), length);
}

}  // namespace kimberlite
