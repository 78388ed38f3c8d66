#include "services/ingest/core/poll_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace kimberlite::ingest {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr PollBounds Fixed(milliseconds interval) { return {interval, interval}; }
constexpr PollBounds kAdaptive{minutes(5), hours(6)};
// Monday, 2026-11-23.
const Time kMonday{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};

milliseconds After(const PollBounds& bounds, int failures, std::optional<seconds> retry_after = {},
                   double jitter = 0.5) {
  return AfterFailure(bounds, failures, retry_after, jitter).next_in;
}

TEST(AfterFailure, DoublesUpToAnHourOrTheCeiling) {
  EXPECT_EQ(After(Fixed(minutes(5)), 1), minutes(10));
  EXPECT_EQ(After(Fixed(minutes(5)), 2), minutes(20));
  EXPECT_EQ(After(Fixed(minutes(5)), 4), hours(1));
  EXPECT_EQ(After(Fixed(seconds(1)), 1), seconds(2));
  EXPECT_EQ(After(Fixed(seconds(1)), 3), seconds(8));
  EXPECT_EQ(After(Fixed(seconds(1)), 1'000'000), hours(1));
  EXPECT_EQ(After(Fixed(hours(24)), 1'000'000), hours(24));
  EXPECT_EQ(After(Fixed(hours(6)), 1), hours(6));
  EXPECT_EQ(After(kAdaptive, 1), minutes(10));
  EXPECT_EQ(After(kAdaptive, 1'000'000), hours(6));
}

TEST(AfterFailure, SpreadsByATenthButNeverBelowTheFloor) {
  EXPECT_EQ(After(Fixed(minutes(10)), 1, {}, 0.0), minutes(19));
  EXPECT_EQ(After(Fixed(minutes(10)), 1, {}, 1.0), minutes(21));
  EXPECT_EQ(After(Fixed(hours(2)), 3, {}, 0.0), hours(2));
}

TEST(AfterFailure, HonoursRetryAfterUpToAWeek) {
  EXPECT_EQ(After(Fixed(minutes(5)), 1, seconds(1)), minutes(10));
  EXPECT_EQ(After(Fixed(minutes(5)), 1, hours(48)), hours(48));
  EXPECT_EQ(After(Fixed(minutes(5)), 1, hours(1000)), hours(7 * 24));
  EXPECT_THAT(AfterFailure(Fixed(minutes(5)), 1, hours(5), 0.5).why, HasSubstr("18000 s"));
  EXPECT_THAT(AfterFailure(Fixed(minutes(5)), 3, {}, 0.5).why, HasSubstr("3 failures"));
}

PollDecision Success(const PollBounds& bounds, const Rhythm& rhythm = {}, Time now = kMonday,
                     const FeedHints& hints = {}, std::optional<seconds> fresh = {}, double jitter = 0.5) {
  return AfterSuccess(bounds, rhythm, hints, fresh, now, jitter);
}

TEST(AfterSuccess, KeepsAFixedInterval) {
  Rhythm busy;
  busy.Observe(kMonday - hours(1), kMonday, std::vector<Time>(1000, kMonday));
  for (double jitter : {0.0, 1.0})
    EXPECT_EQ(Success(Fixed(seconds(1)), busy, kMonday, {}, {}, jitter).next_in, seconds(1));
}

TEST(AfterSuccess, FollowsTheRhythmWithinTheBounds) {
  Rhythm fast, slow, dead;
  std::vector<Time> often, seldom;
  for (int i = 0; i < 7 * 24; ++i) {
    for (int k = 0; k < 4; ++k) often.push_back(kMonday - hours(i) - minutes(15 * k));
    if (i % 12 == 0) seldom.push_back(kMonday - hours(i + 3));
  }
  fast.Observe(kMonday - hours(7 * 24), kMonday, often);
  slow.Observe(kMonday - hours(7 * 24), kMonday, seldom);
  dead.Observe(kMonday - hours(7 * 24), kMonday, {});
  // Four items an hour: the product of interval squared and rate is 1.2.
  EXPECT_NEAR(static_cast<double>(Success(kAdaptive, fast).next_in.count()), 32.0 * 60'000, 180'000);
  EXPECT_NEAR(fast.ItemsPerDay(), 96, 1);
  const milliseconds slowly = Success(kAdaptive, slow).next_in;
  EXPECT_GT(slowly, hours(2));
  EXPECT_LT(slowly, hours(5));
  EXPECT_EQ(Success(kAdaptive, dead).next_in, hours(6));
  EXPECT_EQ(Success({hours(1), hours(2)}, fast).next_in, hours(1));
  EXPECT_EQ(Success({minutes(1), minutes(2)}, dead).next_in, minutes(2));
}

TEST(AfterSuccess, SpreadsWithinTheBounds) {
  const Rhythm unknown;
  EXPECT_LT(Success(kAdaptive, unknown, kMonday, {}, {}, 0.0).next_in,
            Success(kAdaptive, unknown, kMonday, {}, {}, 1.0).next_in);
  Rhythm dead;
  dead.Observe(kMonday - hours(7 * 24), kMonday, {});
  EXPECT_LE(Success(kAdaptive, dead, kMonday, {}, {}, 1.0).next_in, hours(6));
}

TEST(AfterSuccess, IsThereWhenTheNewsroomWakes) {
  // Items from 8 to 20 o'clock only, six an hour, for a week.
  Rhythm rhythm;
  for (int day = 7; day > 0; --day) {
    const Time midnight = kMonday - hours(24 * day);
    std::vector<Time> items;
    for (int minute = 8 * 60; minute < 20 * 60; minute += 10) items.push_back(midnight + minutes(minute));
    rhythm.Observe(midnight, midnight + hours(24), items);
  }
  // At half past four it is asked again before half past eight, though the ceiling is far.
  const Time night = kMonday + hours(4) + minutes(30);
  const Time planned = night + Success({minutes(1), hours(24)}, rhythm, night).next_in;
  EXPECT_LT(planned, kMonday + hours(8) + minutes(30));
  const milliseconds by_day = Success({minutes(1), hours(24)}, rhythm, kMonday + hours(13)).next_in;
  EXPECT_LT(by_day, minutes(30));
  EXPECT_GT(Success({minutes(1), hours(24)}, rhythm, kMonday + hours(1)).next_in, 2 * by_day);
}

TEST(AfterSuccess, HurriesWhileItemsComeInABurst) {
  Rhythm rhythm;
  rhythm.Observe(kMonday - hours(7 * 24), kMonday, {});
  std::vector<Time> burst(8, kMonday + minutes(50));
  rhythm.Observe(kMonday, kMonday + hours(1), burst);
  EXPECT_LT(Success(kAdaptive, rhythm, kMonday + hours(1)).next_in, minutes(30));
  rhythm.Observe(kMonday + hours(1), kMonday + hours(9), {});
  EXPECT_GT(Success(kAdaptive, rhythm, kMonday + hours(9)).next_in, hours(1));
}

TEST(AfterSuccess, AsksNotBeforeTheAnswerIsStale) {
  EXPECT_EQ(Success(Fixed(minutes(1)), {}, kMonday, {}, minutes(10)).next_in, minutes(10));
  EXPECT_EQ(Success(Fixed(minutes(30)), {}, kMonday, {}, minutes(10)).next_in, minutes(30));
  EXPECT_EQ(Success(Fixed(minutes(1)), {}, kMonday, {}, hours(24 * 365)).next_in, hours(24));
  EXPECT_EQ(Success(Fixed(minutes(1)), {}, kMonday, {.ttl = minutes(60)}).next_in, hours(1));
  EXPECT_EQ(Success(Fixed(minutes(1)), {}, kMonday, {.ttl = hours(24 * 365)}).next_in, hours(24));
  EXPECT_THAT(Success(Fixed(minutes(1)), {}, kMonday, {.ttl = minutes(60)}).why, HasSubstr("ttl of 60 min"));
}

TEST(AfterSuccess, LeavesOutTheHoursAndDaysThatTheFeedNames) {
  // Hours 0 and 1 are skipped: from half past midnight to two.
  const FeedHints night{.skip_hours = 0b11};
  EXPECT_EQ(Success(Fixed(minutes(5)), {}, kMonday + minutes(30), night).next_in, minutes(90));
  EXPECT_EQ(Success(Fixed(minutes(5)), {}, kMonday + hours(3), night).next_in, minutes(5));
  const FeedHints monday{.skip_days = 0b10};
  EXPECT_EQ(Success(Fixed(minutes(5)), {}, kMonday + hours(23), monday).next_in, hours(1));
  // All of them: a day, not for ever.
  const FeedHints always{.skip_hours = 0xFFFFFF, .skip_days = 0x7F};
  EXPECT_EQ(Success(Fixed(hours(1)), {}, kMonday, always).next_in, hours(25));
}

TEST(Rhythm, IsKeptInALine) {
  Rhythm rhythm;
  rhythm.Observe(kMonday, kMonday + hours(30), std::vector{kMonday + hours(2), kMonday + hours(29)});
  const Rhythm read = Rhythm::Decode(rhythm.Encode());
  for (int hour = 0; hour < 24; ++hour)
    EXPECT_NEAR(read.RateAt(kMonday + hours(31 + hour)), rhythm.RateAt(kMonday + hours(31 + hour)), 1e-3);
  EXPECT_EQ(read.Encode(), rhythm.Encode());
  EXPECT_TRUE(Rhythm::Decode("").empty());
  EXPECT_EQ(Rhythm().Encode(), "");
  for (const std::string& bad :
       {std::string("1 2 3"), "2" + rhythm.Encode().substr(1), rhythm.Encode() + " 1",
        rhythm.Encode().substr(0, rhythm.Encode().size() - 1) + "-", std::string("лёд"), rhythm.Encode() + "e999"})
    EXPECT_TRUE(Rhythm::Decode(bad).empty()) << bad;
}

TEST(Rhythm, BearsClocksThatStep) {
  Rhythm rhythm;
  rhythm.Observe(kMonday + hours(5), kMonday, std::vector{kMonday - hours(1000), kMonday + hours(1000)});
  rhythm.Observe(kMonday - hours(20), kMonday - hours(10), std::vector{kMonday});
  EXPECT_GT(rhythm.RateAt(kMonday), 0);
  EXPECT_GT(rhythm.RateAt(kMonday - hours(1000)), 0);
  EXPECT_LE(Success(kAdaptive, rhythm).next_in, hours(6));
}

}  // namespace
}  // namespace kimberlite::ingest
