#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"

namespace kimberlite::ingest {

// When an item counts as removed at its source; as kimberlite.ingest.v1.RemovalRule.
enum class RemovalRule : std::uint8_t { kIgnore, kDeclared, kPageGone };

// A feed to poll, and what its items become; as kimberlite.ingest.v1.FeedSource.
struct Source {
  std::string source_id;
  std::string name;
  std::string feed_url;  // empty: its items are pushed
  std::string home_url;
  std::string default_language_code;
  std::string default_section_id;
  bool publish_at_once = false;
  std::chrono::milliseconds poll_interval = std::chrono::minutes(5);    // the floor
  std::chrono::milliseconds max_poll_interval = std::chrono::hours(3);  // the ceiling; not below the floor
  bool paused = false;
  std::string time_zone;
  RemovalRule removal_rule = RemovalRule::kDeclared;
  bool withdraw_removed = false;
  int keep_documents_days = 14;
  int max_pushed_per_minute = 600;
};

// A stretch of polls that ended alike.
struct PollRun {
  Time since_time;
  Time until_time;
  std::int64_t polls = 0;
  int http_status = 0;  // of the last
  std::string error;    // empty: they went well
  std::int64_t items_taken = 0;
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
  std::string next_poll_reason;
  std::optional<Time> last_success_time;
  std::string pause_reason;  // why the service itself paused it
  std::string moved_to;      // where its server redirects it for good, not yet believed
  std::optional<Time> moved_since_time;
  double items_per_day = 0;      // as its rhythm says
  std::vector<PollRun> history;  // newest first
};

// The rules of the proto's comments. INVALID_ARGUMENT names the field; RESOURCE_EXHAUSTED a text that is too long.
Result<void> CheckSource(const Source& source);

}  // namespace kimberlite::ingest
