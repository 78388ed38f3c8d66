#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "libs/base/time.h"
#include "services/ingest/core/rhythm.h"

// When to poll a feed again: rules without clock, network or store, so that a week of a thousand feeds can be played
// through in seconds (tests/bench).
namespace kimberlite::ingest {

// How often a source may and must be polled.
struct PollBounds {
  std::chrono::milliseconds floor{0};    // never sooner
  std::chrono::milliseconds ceiling{0};  // never later, unless the server or the feed asks for it
};

// What the feed document asks for; outlives answers that say "not modified".
struct FeedHints {
  std::chrono::minutes ttl{0};   // RSS <ttl>; 0: none
  std::uint32_t skip_hours = 0;  // RSS <skipHours>, UTC: bit 0 is midnight's hour
  std::uint32_t skip_days = 0;   // RSS <skipDays>, UTC: bit 0 is Sunday
  bool operator==(const FeedHints&) const = default;
};

// What a server may put off a poll by at most; longer requests are mistakes more often than wishes.
constexpr std::chrono::hours kLongestFreshness{24};
constexpr std::chrono::hours kLongestTtl{24};
constexpr std::chrono::hours kLongestRetryAfter{7 * 24};

struct PollDecision {
  std::chrono::milliseconds next_in{0};
  std::string why;  // a clause for operators: "the feed's own rhythm, about 12 items a day"
};

// After an answer that was a feed, or "not modified". Where floor and ceiling are one, that is the interval; else the
// feed's rhythm sets it: the product of the interval's square and the rate of items is kept alike for all feeds, which
// for a given number of requests makes the mean wait of an item least; and no feed is met after the hour in which it
// usually wakes. `fresh_for` (max-age, Expires) and the hints put it off further. `jitter`, 0 to 1, spreads adaptive
// intervals by a twentieth, so that feeds do not march in step.
PollDecision AfterSuccess(const PollBounds& bounds, const Rhythm& rhythm, const FeedHints& hints,
                          std::optional<std::chrono::seconds> fresh_for, Time now, double jitter);

// After `failures` failures in a row, 1 or more: the floor doubled with each, up to an hour or the ceiling, where that
// is longer: so a source of 1 s is tried again after 2, 4, 8 s, and none is ever given up. Not before the server's
// Retry-After. Spread by a tenth, so that sources that failed together do not come back together.
PollDecision AfterFailure(const PollBounds& bounds, int failures, std::optional<std::chrono::seconds> retry_after,
                          double jitter);

// A feed that its server redirects for good (301, 308). It is followed each time, and believed when it has been so for
// a day and for five polls in a row: mistakes of that kind are mended sooner.
struct Moved {
  std::string url;  // empty: it is not
  Time since{};
  int polls = 0;
};
constexpr std::chrono::hours kMovedFor{24};
constexpr int kMovedPolls = 5;

// After an answer that was a feed: `permanent_url` is where permanent redirects alone led, empty when they led nowhere.
Moved AfterRedirect(Moved before, const std::string& permanent_url, Time now);
bool IsBelieved(const Moved& moved, Time now);

}  // namespace kimberlite::ingest
