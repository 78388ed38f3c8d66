#pragma once

#include <string>
#include <thread>

#include "libs/redis/redis.h"
#include "services/rendering/core/memory_cache.h"

namespace kimberlite::rendering {

// Drops from this replica's memory what any replica dropped from the store by hand: pages that an operator or the
// auditor purged, or all of them. Events need no such thing, each replica hears them itself. RedisPageStore writes what
// was dropped to the stream "<prefix>purged"; it is read twice a second.
class PurgeFollower {
 public:
  PurgeFollower(redis::Client& client, std::string prefix, MemoryCache& memory);
  ~PurgeFollower();  // Stop()

  void Start();
  void Stop();
  // One look at what is new. The first only finds out where the stream ends.
  Result<void> Step();

 private:
  redis::Client& client_;
  const std::string stream_;
  MemoryCache& memory_;
  std::string last_;  // id of the entry that was read last
  std::jthread thread_;
};

}  // namespace kimberlite::rendering
