#include "services/content/adapters/change_follower.h"

#include <chrono>

#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/pg_change_log.h"
#include "services/content/adapters/pg_search_index.h"

namespace kimberlite::content {
namespace {

using std::chrono::steady_clock;

constexpr int kBatch = 1000;
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr std::chrono::seconds kAfterTrouble{1};
constexpr std::chrono::seconds kMeasureEvery{1};

telemetry::Gauge LagGauge() {
  return telemetry::Metrics::Gauge("kimberlite_content_search_lag_seconds",
                                   "Age of the oldest change that search does not know yet");
}

}  // namespace

ChangeFollower::ChangeFollower(pg::Pool& pool)
    : pool_(pool), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

ChangeFollower::~ChangeFollower() {
  thread_.request_stop();
  wake_.notify_all();
}

Result<void> ChangeFollower::CatchUp(pg::Pool& pool, const std::stop_token& stop) {
  const auto logged = telemetry::Metrics::Counter("kimberlite_content_changes_total", "Changes taken into the log");
  auto measured = steady_clock::now();
  while (!stop.stop_requested()) {
    KIMBERLITE_ASSIGN_OR_RETURN(const int taken, TakeIntoLog(pool, kBatch));
    logged.Add(taken);
    KIMBERLITE_ASSIGN_OR_RETURN(const int indexed, IndexStep(pool));
    if (taken == 0 && indexed == 0) return {};
    if (steady_clock::now() - measured < kMeasureEvery) continue;
    measured = steady_clock::now();
    KIMBERLITE_ASSIGN_OR_RETURN(const std::chrono::milliseconds lag, SearchLag(pool));
    LagGauge().Set(static_cast<double>(lag.count()) / 1000);
  }
  return {};
}

void ChangeFollower::Run(const std::stop_token& stop) {
  auto measured = steady_clock::time_point();
  while (!stop.stop_requested()) {
    auto done = CatchUp(pool_, stop);
    if (done && steady_clock::now() - measured >= kMeasureEvery) {
      measured = steady_clock::now();
      if (const auto lag = SearchLag(pool_); lag) LagGauge().Set(static_cast<double>(lag->count()) / 1000);
    }
    if (!done) {
      telemetry::Warning("changes not taken into log and search, will be tried again",
                         {{"error", done.error().ToString()}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, done ? kLookEvery : std::chrono::milliseconds(kAfterTrouble), [] { return false; });
  }
}

}  // namespace kimberlite::content
