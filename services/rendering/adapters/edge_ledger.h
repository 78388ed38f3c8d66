#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/redis/redis.h"
#include "services/rendering/adapters/redis_page_store.h"
#include "services/rendering/core/receipt.h"

namespace kimberlite::rendering {

// What is known of an edge that shares this Redis.
struct EdgeState {
  std::string name;
  bool alive = false;  // heard of within the last three seconds
  Time seen_time;
  // Next offset by "<topic>/<partition>": everything before is applied to Redis and to the edge's own memory.
  std::map<std::string, std::int64_t> reached;
};

// How far each edge has applied the log, and what it has shown since when. In Redis under "<prefix>":
//
//   edges                  set of names
//   edge:<name>            hash: "seen" (ms), and "<topic>/<partition>" -> next offset; kept for a day
//   receipt:<aggregate>    hash, per sequence s: "s" -> facts, "s!" -> pages dropped and why, "s@<edge>" -> time (µs)
//   receipts               sorted set of aggregates by the time of their last change; the newest 20,000 are kept, and
//   of
//                          each the newest 10 sequences
//
// Times are Redis's own, so that one clock tells them all. A time is taken after the event was applied everywhere at
// that edge: every GET that begins later shows its sequence or a newer one. Safe for any thread.
class EdgeLedger {
 public:
  // `name` tells this edge from the others, also after it was started anew.
  EdgeLedger(redis::Client& client, std::string prefix, std::string name);
  ~EdgeLedger();

  // Forgets what an earlier process of this name had reached, and says so every half second that this one is alive.
  void Start();
  // Says that it is gone.
  void Stop();

  struct Entry {
    std::string aggregate;
    std::int64_t sequence = 0;
    std::string facts;  // of an article: WriteFacts; empty: none
    std::vector<PurgedPage> purged;
    AppliedPlace place;
  };
  // The event is applied here.
  Result<void> Record(const Entry& entry);
  // So are all before these places.
  void Reach(const std::vector<AppliedPlace>& places);

  const std::string& name() const { return name_; }
  Result<std::vector<EdgeState>> Edges();
  // Newest sequence first.
  Result<std::vector<AppliedRecord>> Records(const std::string& aggregate);
  Result<std::vector<PurgedPage>> Purged(const std::string& aggregate, std::int64_t sequence);
  // The cache's pages that these would drop now, a thousand at most.
  Result<std::vector<PurgedPage>> WouldPurge(const std::vector<Touched>& touched);

 private:
  Result<void> Beat(bool start);

  redis::Client& client_;
  const std::string prefix_;
  const std::string name_;
  std::mutex mutex_;
  std::condition_variable_any stopping_;
  std::map<std::string, std::int64_t> reached_;
  std::jthread heart_;
};

}  // namespace kimberlite::rendering
