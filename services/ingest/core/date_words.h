#pragma once

#include <chrono>
#include <optional>
#include <string_view>

// The words of dates, folded (i18n::Fold).
namespace kimberlite::ingest {

// The month that a word means in the languages that feeds are written in, by its beginning, so that "Sept",
// "September", "сентября" and "сен" are one; 0 for none.
unsigned MonthOf(std::string_view word);

// How far a zone of that name is ahead of UTC: RFC 822 section 5.1 with its military letters, and what the press of the
// world writes. Where a name means two zones, the one of RFC 822 or the more common one.
std::optional<std::chrono::minutes> OffsetOfZone(std::string_view word);

}  // namespace kimberlite::ingest
