#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "libs/base/time.h"

// Instants between the protos and the code. What is finer than a microsecond is cut off.
namespace kimberlite {

inline Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return Time(std::chrono::seconds(timestamp.seconds())) + std::chrono::microseconds(timestamp.nanos() / 1000);
}

inline google::protobuf::Timestamp ToTimestamp(Time time) {
  // Rounded down, so that nanos is never negative.
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds.time_since_epoch().count());
  timestamp.set_nanos(static_cast<std::int32_t>((time - seconds).count()) * 1000);
  return timestamp;
}

}  // namespace kimberlite
