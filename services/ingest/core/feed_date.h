#pragma once

#include <optional>
#include <string_view>

#include "libs/base/time.h"

namespace kimberlite::ingest {

// A date as feeds write it: RFC 822 with all its mistakes, RFC 3339 and other forms of ISO 8601 (weeks and days of the
// year too), asctime, seconds or milliseconds since 1970, "24.11.2026 18:30", "11/24/2026 6:30 PM", "2026年11月24日",
// and month names of some twenty languages (date_words.h). A zone that is missing or unknown is `zone` (IANA; unknown:
// UTC), and so is the day of a date without a time, which begins at its midnight. Absent when no date can be made of it
// or its year is outside 1900 to 2200. Reads at most 100 bytes.
std::optional<Time> ParseFeedDate(std::string_view text, std::string_view zone);

}  // namespace kimberlite::ingest
