#include "libs/http/conditions.h"

#include <array>
#include <charconv>

#include "libs/base/text.h"

namespace kimberlite::http {
namespace {

// All of the text as a number; nothing else.
std::optional<std::size_t> ReadNumber(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

bool TagListMatches(std::string_view list, std::string_view etag) {
  if (TrimAscii(list) == "*") return true;
  // A tag may hold a comma, so the list is read tag by tag and not split.
  while (true) {
    const std::size_t begin = list.find('"');
    if (begin == std::string_view::npos) return false;
    const std::size_t end = list.find('"', begin + 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(begin, end + 1 - begin) == etag) return true;
    list.remove_prefix(end + 1);
  }
}

std::optional<Time> ParseHttpDate(std::string_view text) {
  // "Tue, 24 Nov 2026 09:30:00 GMT"
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(25) != " GMT" || text.substr(3, 2) != ", " || text[7] != ' ' ||
      text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') {
    return std::nullopt;
  }
  unsigned month = 0;
  while (month < kMonths.size() && text.substr(8, 3) != kMonths[month]) ++month;
  const auto day = ReadNumber(text.substr(5, 2)), year = ReadNumber(text.substr(12, 4));
  const auto hour = ReadNumber(text.substr(17, 2)), minute = ReadNumber(text.substr(20, 2));
  const auto second = ReadNumber(text.substr(23, 2));
  if (month == kMonths.size() || !day || !year || !hour || !minute || !second || *hour > 23 || *minute > 59 ||
      *second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(month + 1),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

ByteRange ReadRange(std::string_view range, std::size_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit)) return {};
  range = TrimAscii(range.substr(kUnit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return {};
  const std::string_view from = range.substr(0, dash), to = range.substr(dash + 1);
  const auto first = ReadNumber(from), last = ReadNumber(to);
  if ((!from.empty() && !first) || (!to.empty() && !last) || (from.empty() && to.empty())) return {};
  if (from.empty()) {
    // The last so many bytes.
    if (*last == 0 || size == 0) return {ByteRange::Kind::kUnsatisfiable};
    return {ByteRange::Kind::kPart, *last >= size ? 0 : size - *last, size - 1};
  }
  if (last && *last < *first) return {};
  if (*first >= size) return {ByteRange::Kind::kUnsatisfiable};
  return {ByteRange::Kind::kPart, *first, last && *last < size ? *last : size - 1};
}

}  // namespace kimberlite::http
