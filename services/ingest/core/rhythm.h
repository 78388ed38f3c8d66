#pragma once

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/time.h"

namespace kimberlite::ingest {

// When a feed's items appear, learnt from what its polls found: how many an hour in each hour of the day (UTC), in
// which the last week counts most, and how many in the last hour, for news that comes in bursts. Plain data; 24 sums
// however long a feed is watched.
class Rhythm {
 public:
  // The feed was watched from `from` to `to` and these appeared. Times outside are taken to its nearer end. Watches may
  // overlap by mistake, and clocks step: nothing depends on their order but the precision.
  void Observe(Time from, Time to, std::span<const Time> appeared);

  // Items an hour to be expected at `time`; never zero: what has been silent for long may still speak.
  double RateAt(Time time) const;
  double ItemsPerDay() const;  // over the day's hours alike
  bool empty() const { return updated_ == Time(); }

  // One line of ASCII to keep it in; Decode of anything else than what Encode gave is the empty rhythm.
  std::string Encode() const;
  static Rhythm Decode(std::string_view text);

 private:
  void Decay(Time now);

  Time updated_{};
  std::array<double, 24> items_{};  // per hour of the day, fading with a half-life of a week
  std::array<double, 24> hours_{};  // how long that hour was watched, fading alike
  double burst_ = 0;                // items, fading with an hour
};

}  // namespace kimberlite::ingest
