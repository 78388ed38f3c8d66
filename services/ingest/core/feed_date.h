#pragma once

#include <optional>
#include <string_view>

#include "libs/base/time.h"

namespace kimberlite::ingest {

// A date as feeds write it: RFC 822 with all its mistakes, RFC 3339 and other forms of ISO 8601, asctime, "24.11.2026
// 18:30", English and Russian month names. A zone that is missing or unknown is `zone` (IANA; unknown: UTC), and so is
// the day of a date without a time, which begins at its midnight. Absent when no date can be made of it or its year is
// outside 1900 to 2200. Reads at most 100 bytes.
std::optional<Time> ParseFeedDate(std::string_view text, std::string_view zone);

}  // namespace kimberlite::ingest
