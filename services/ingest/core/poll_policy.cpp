#include "services/ingest/core/poll_policy.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace kimberlite::ingest {
namespace {

using std::chrono::milliseconds;
using Hours = std::chrono::duration<double, std::ratio<3600>>;

// The interval's square times the rate, in hours: the one number that trades requests for freshness. At an item an hour
// a feed is polled every 66 minutes; at 16 an hour, every 16; at one in four hours, every 131. `./dev bench
// ingest-polling` shows what a change of it does.
constexpr double kTrade = 1.2;

milliseconds ToMilliseconds(Hours hours) {
  return milliseconds(static_cast<std::int64_t>(std::min(hours.count(), 24.0 * 366) * 3'600'000));
}

// The soonest of all the polls that each quarter of an hour ahead would ask for by its own rate.
milliseconds ByRhythm(const PollBounds& bounds, const Rhythm& rhythm, Time now) {
  constexpr std::chrono::minutes kStep(15);
  milliseconds soonest = bounds.ceiling;
  for (milliseconds ahead(0); ahead < soonest; ahead += kStep) {
    soonest = std::min(soonest, ahead + ToMilliseconds(Hours(std::sqrt(kTrade / rhythm.RateAt(now + ahead)))));
  }
  return std::clamp(soonest, bounds.floor, bounds.ceiling);
}

std::string Number(double number) {
  char text[32];
  std::snprintf(text, sizeof text, number < 10 ? "%.1f" : "%.0f", number);
  return text;
}

std::string Seconds(milliseconds time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
}

bool Skips(const FeedHints& hints, Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const auto hour = static_cast<unsigned>(std::chrono::floor<std::chrono::hours>(time - day).count());
  return (hints.skip_hours >> hour & 1U) != 0 || (hints.skip_days >> std::chrono::weekday(day).c_encoding() & 1U) != 0;
}

}  // namespace

PollDecision AfterSuccess(const PollBounds& bounds, const Rhythm& rhythm, const FeedHints& hints,
                          std::optional<std::chrono::seconds> fresh_for, Time now, double jitter) {
  PollDecision decision;
  if (bounds.floor >= bounds.ceiling) {
    decision = {bounds.floor, "the interval of the source"};
  } else {
    const milliseconds learnt = ByRhythm(bounds, rhythm, now);
    decision.next_in = std::clamp(
        milliseconds(static_cast<std::int64_t>(static_cast<double>(learnt.count()) * (0.975 + 0.05 * jitter))),
        bounds.floor, bounds.ceiling);
    decision.why = learnt == bounds.floor     ? "the shortest interval of the source; the feed brings about "
                   : learnt == bounds.ceiling ? "the longest interval of the source; the feed brings about "
                                              : "the feed's own rhythm, about ";
    decision.why += Number(rhythm.ItemsPerDay()) + " items a day";
  }
  const milliseconds fresh = std::min<milliseconds>(fresh_for.value_or(std::chrono::seconds(0)), kLongestFreshness);
  if (fresh > decision.next_in) decision = {fresh, "the server says that its answer stays fresh for " + Seconds(fresh)};
  const milliseconds ttl = std::min<milliseconds>(hints.ttl, kLongestTtl);
  if (ttl > decision.next_in)
    decision = {ttl, "the feed asks for a ttl of " + std::to_string(hints.ttl.count()) + " min"};
  // To the end of the hours that the feed names, a day at most: some name them all.
  if (const Time planned = now + decision.next_in; Skips(hints, planned)) {
    Time at = planned;
    while (Skips(hints, at) && at - planned < std::chrono::hours(24))
      at = std::chrono::floor<std::chrono::hours>(at) + std::chrono::hours(1);
    decision = {std::chrono::ceil<milliseconds>(at - now), "the feed asks not to be read at that hour or day"};
  }
  return decision;
}

PollDecision AfterFailure(const PollBounds& bounds, int failures, std::optional<std::chrono::seconds> retry_after,
                          double jitter) {
  const milliseconds ceiling = std::max<milliseconds>(std::chrono::hours(1), bounds.ceiling);
  const int doublings = std::clamp(failures, 0, 20);
  const auto delay = std::min(ceiling, milliseconds(bounds.floor.count() << doublings));
  const auto spread =
      milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * (0.95 + 0.1 * jitter)));
  PollDecision decision{std::max(std::min(spread, ceiling), bounds.floor),
                        failures <= 1 ? "after a failure" : "after " + std::to_string(failures) + " failures in a row"};
  const auto asked = std::min<milliseconds>(retry_after.value_or(std::chrono::seconds(0)), kLongestRetryAfter);
  if (asked > decision.next_in) decision = {asked, "the server asks to come back after " + Seconds(asked)};
  return decision;
}

Moved AfterRedirect(Moved before, const std::string& permanent_url, Time now) {
  if (permanent_url.empty()) return {};
  if (before.url != permanent_url) return {.url = permanent_url, .since = now, .polls = 1};
  ++before.polls;
  return before;
}

bool IsBelieved(const Moved& moved, Time now) {
  return !moved.url.empty() && moved.polls >= kMovedPolls && now - moved.since >= kMovedFor;
}

}  // namespace kimberlite::ingest
