#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"

namespace kimberlite::ingest {

// A feed to poll, and what its items become; as kimberlite.ingest.v1.FeedSource.
struct Source {
  std::string source_id;
  std::string name;
  std::string feed_url;
  std::string home_url;
  std::string default_language_code;
  std::string default_section_id;
  bool publish_at_once = false;
  std::chrono::milliseconds poll_interval = std::chrono::minutes(5);
  bool paused = false;
  std::string time_zone;
};

// How a source fares.
struct SourceStatus {
  std::optional<Time> last_poll_time;
  std::optional<Time> next_poll_time;
  int last_http_status = 0;
  std::string last_error;
  int consecutive_failures = 0;
  std::int64_t items_seen = 0;
  std::int64_t items_taken = 0;
};

// The rules of the proto's comments. INVALID_ARGUMENT names the field; RESOURCE_EXHAUSTED a text that is too long.
Result<void> CheckSource(const Source& source);

}  // namespace kimberlite::ingest
