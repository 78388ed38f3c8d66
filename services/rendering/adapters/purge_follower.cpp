#include "services/rendering/adapters/purge_follower.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "libs/telemetry/telemetry.h"
#include "services/rendering/adapters/redis_page_store.h"

namespace kimberlite::rendering {

PurgeFollower::PurgeFollower(redis::Client& client, std::string prefix, MemoryCache& memory)
    : client_(client), stream_(std::move(prefix) + "purged"), memory_(memory) {}

PurgeFollower::~PurgeFollower() { Stop(); }

void PurgeFollower::Start() {
  thread_ = std::jthread([this](std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    bool failing = false;
    while (!stop.stop_requested()) {
      const auto step = Step();
      if (!step && !failing) telemetry::Warning("purges are not heard", {{"error", step.error().ToString()}});
      failing = !step;
      std::unique_lock lock(mutex);
      stopped.wait_for(lock, stop, std::chrono::milliseconds(500), [] { return false; });
    }
  });
}

void PurgeFollower::Stop() { thread_ = {}; }

Result<void> PurgeFollower::Step() {
  if (last_.empty()) {
    // The last entry itself, not the time: two purges of one millisecond are told apart. Ids are times of Redis, so
    // this also holds when the stream is lost and begins anew.
    KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply newest,
                                client_.Command({"XREVRANGE", stream_, "+", "-", "COUNT", "1"}));
    last_ =
        newest.elements.empty() || newest.elements[0].elements.empty() ? "0-0" : newest.elements[0].elements[0].text;
    // What memory holds from before cannot be checked against what was purged meanwhile.
    memory_.DropAll();
    return {};
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const redis::Reply entries, client_.Command({"XRANGE", stream_, "(" + last_, "+"}));
  // Some may have been cut off the beginning.
  const bool missed = entries.elements.size() >= kPurgesKept;
  if (missed) memory_.DropAll();
  for (const redis::Reply& entry : entries.elements) {
    if (entry.elements.size() != 2 || entry.elements[1].elements.size() != 2) continue;
    const std::string& key = entry.elements[1].elements[1].text;
    if (key == kPurgedAll) {
      memory_.DropAll();
    } else {
      memory_.Drop(key);
    }
    last_ = entry.elements[0].text;
  }
  return {};
}

}  // namespace kimberlite::rendering
