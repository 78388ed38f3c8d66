#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "libs/base/time.h"

namespace kimberlite::ingest {

inline google::protobuf::Timestamp ToTimestamp(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  google::protobuf::Timestamp proto;
  proto.set_seconds(seconds.time_since_epoch().count());
  proto.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(time - seconds).count()));
  return proto;
}

}  // namespace kimberlite::ingest
