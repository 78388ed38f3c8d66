#pragma once

#include <string>

#include "libs/base/time.h"

namespace kimberlite::content {

// The schema of this service in PostgreSQL.
inline constexpr const char* kSchema = "content";

// Who changes something, how, when and why. Kept with the revision; the trace goes on in the event.
struct Act {
  std::string verb;  // "create", "update", "publish", "withdraw", "file", "tag", "site", "source"
  std::string actor;
  std::string traceparent;
  Time time;
  std::string note = {};
};

}  // namespace kimberlite::content
