#include "services/ingest/core/rhythm.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <optional>
#include <vector>

#include "libs/base/text.h"

namespace kimberlite::ingest {
namespace {

using Hours = std::chrono::duration<double, std::ratio<3600>>;

constexpr double kHalfLifeHours = 7 * 24;
constexpr double kBurstHours = 1;
// What is believed of a feed before it was ever watched: an item in two hours, a belief worth two hours' watching.
constexpr double kPriorItems = 1;
constexpr double kPriorHours = 2;
// How many hours' watching the day's mean weighs beside what is known of one hour.
constexpr double kMeanHours = 1;

double HoursBetween(Time from, Time to) { return std::chrono::duration_cast<Hours>(to - from).count(); }

int HourOf(Time time) {
  const auto hours = std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
  return static_cast<int>(((hours % 24) + 24) % 24);
}

std::optional<double> ParseNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number) || number < 0)
    return std::nullopt;
  return number;
}

}  // namespace

void Rhythm::Decay(Time now) {
  if (updated_ == Time()) updated_ = now;
  const double passed = HoursBetween(updated_, now);
  if (passed <= 0) return;
  const double fade = std::exp2(-passed / kHalfLifeHours);
  for (double& items : items_) items *= fade;
  for (double& hours : hours_) hours *= fade;
  burst_ *= std::exp(-passed / kBurstHours);
  updated_ = now;
}

void Rhythm::Observe(Time from, Time to, std::span<const Time> appeared) {
  Decay(to);
  // A week tells all that there is to learn; more would only cost time.
  from = std::clamp(from, to - std::chrono::hours(7 * 24), to);
  for (Time at = from; at < to;) {
    const Time next = std::min<Time>(std::chrono::floor<std::chrono::hours>(at) + std::chrono::hours(1), to);
    hours_[static_cast<std::size_t>(HourOf(at))] += HoursBetween(at, next);
    at = next;
  }
  for (const Time time : appeared) {
    const Time at = std::clamp(time, from, to);
    items_[static_cast<std::size_t>(HourOf(at))] += 1;
    burst_ += std::exp(-HoursBetween(at, to) / kBurstHours);
  }
}

double Rhythm::RateAt(Time time) const {
  const double all_items = std::accumulate(items_.begin(), items_.end(), kPriorItems);
  const double all_hours = std::accumulate(hours_.begin(), hours_.end(), kPriorHours);
  const double mean = all_items / all_hours;
  // The neighbouring hours count half: a newsroom's day does not begin on the stroke.
  const auto hour = static_cast<std::size_t>(HourOf(time));
  const std::size_t before = (hour + 23) % 24, after = (hour + 1) % 24;
  const double items = items_[hour] + (items_[before] + items_[after]) / 2;
  const double hours = hours_[hour] + (hours_[before] + hours_[after]) / 2;
  const double usual = (items + mean * kMeanHours) / (hours + kMeanHours);
  const double since = std::max(0.0, HoursBetween(updated_, time));
  return std::max(usual, burst_ / kBurstHours * std::exp(-since / kBurstHours));
}

double Rhythm::ItemsPerDay() const {
  return 24 * std::accumulate(items_.begin(), items_.end(), 0.0) /
         std::max(1.0, std::accumulate(hours_.begin(), hours_.end(), 0.0));
}

std::string Rhythm::Encode() const {
  if (empty()) return {};
  std::string text = "1 " + std::to_string(updated_.time_since_epoch().count());
  const auto add = [&](double number) {
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number, std::chars_format::general, 5);
    ((text += ' ')).append(digits, error == std::errc() ? end : digits);
  };
  add(burst_);
  for (const double items : items_) add(items);
  for (const double hours : hours_) add(hours);
  return text;
}

Rhythm Rhythm::Decode(std::string_view text) {
  Rhythm rhythm;
  const std::vector<std::string_view> words = Split(text, ' ');
  if (words.size() != 3 + 48 || words[0] != "1") return rhythm;
  std::int64_t micros = 0;
  const auto [end, error] = std::from_chars(words[1].data(), words[1].data() + words[1].size(), micros);
  if (error != std::errc() || end != words[1].data() + words[1].size()) return Rhythm();
  rhythm.updated_ = Time(std::chrono::microseconds(micros));
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto number = ParseNumber(words[i]);
    if (!number) return Rhythm();
    (i == 2 ? rhythm.burst_ : i < 27 ? rhythm.items_[i - 3] : rhythm.hours_[i - 27]) = *number;
  }
  return rhythm;
}

}  // namespace kimberlite::ingest
