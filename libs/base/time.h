#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "libs/base/error.h"

namespace kimberlite {

// An instant with the resolution that PostgreSQL keeps.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

// Where the time comes from; tests put their own in its place. Safe for any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  Time Now() const override;
};

// RFC 3339 in UTC: "2026-11-24T09:30:00Z", with a fraction only when there is one.
std::string FormatRfc3339(Time time);

// RFC 3339 with any offset.
Result<Time> ParseRfc3339(std::string_view text);

// IMF-fixdate of RFC 9110 section 5.6.7: "Tue, 24 Nov 2026 09:30:00 GMT". Seconds.
std::string FormatHttpDate(Time time);

}  // namespace kimberlite
