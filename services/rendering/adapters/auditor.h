#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/context.h"
#include "libs/bus/bus.h"
#include "libs/redis/redis.h"
#include "services/rendering/adapters/redis_page_store.h"
#include "services/rendering/core/memory_cache.h"
#include "services/rendering/core/route.h"

namespace kimberlite::rendering {

// Looks for pages that should not be as they are, and mends them; at most about one per cent of a core.
//
// - What events touched is remembered here too, apart from the index. Every few seconds each page's own list of what it
//   depends on is held against it: a page that depends on something touched and is older than that is made anew and
//   compared. So an index entry that was lost, or an event that was not applied, shows within `look_every` and the
//   `grace` that events are given.
// - Besides, page after page is made anew and compared, as the budget allows: what was never recorded as a dependency
//   shows in time.
//
// A page that differs twice, with `grace` between and not replaced meanwhile, is stale: it is dropped here and at the
// other edges, counted by cause, and told in the log with the event. One edge at a time looks through Redis; each looks
// after its own memory.
class Auditor {
 public:
  struct Parts {
    RedisPageStore& store;
    MemoryCache& memory;
    redis::Client& redis;
    std::function<Result<Page>(const Context&, const Route&, std::int64_t min_site_sequence)> make;
  };
  struct Options {
    std::string prefix;   // of names in Redis
    std::string edge;     // this one's name
    double share = 0.01;  // of a core
    std::chrono::milliseconds look_every = std::chrono::seconds(15);
    std::chrono::milliseconds grace = std::chrono::seconds(2);
  };
  Auditor(Parts parts, Options options);
  ~Auditor();

  void Start();
  void Stop();

  // Before an event is applied.
  void Note(const Invalidation& invalidation, const std::string& event_id);

  enum class Verdict : std::uint8_t { kFresh, kStale, kGone, kUnknown };
  // Makes the page anew and compares what is kept, in Redis and in this edge's memory. Repairs what is stale. kUnknown:
  // it could not be made.
  Verdict Check(const std::string& key, const std::string& cause, const std::string& event_id);

  struct Report {
    std::int64_t pages = 0;
    std::int64_t checked = 0;
    std::vector<std::string> stale;
  };
  // Every page, whatever it costs.
  Result<Report> CheckAll();
  // What events touched and is old enough to be judged.
  Result<Report> LookOnce();

  // Drops a page here and, within a second, from the memory of the other edges.
  Result<std::int64_t> Drop(const std::string& key);
  // Every page, likewise.
  Result<void> DropAll();

 private:
  struct Noted {
    std::vector<Touched> touched;
    std::string event_id;
    Time time;
    std::chrono::steady_clock::time_point due;
  };
  void Run(const std::stop_token& stop);
  bool Differs(const std::string& key, const Route& route, std::string& nonce, Verdict& verdict);
  Result<void> Tell(const std::string& key);
  Result<bool> Lead();
  Result<void> HearDrops();
  void SampleOne();

  const Parts parts_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Noted> noted_;
  std::string sample_cursor_ = "0";
  std::vector<std::string> sample_;
  double drops_heard_ = 0;
  std::jthread thread_;
};

}  // namespace kimberlite::rendering
