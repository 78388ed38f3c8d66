#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "kimberlite/content/v1/events.pb.h"
#include "kimberlite/tagging/v1/events.pb.h"
#include "libs/bus/bus.h"
#include "services/rendering/adapters/edge_ledger.h"
#include "services/rendering/adapters/redis_page_store.h"
#include "services/rendering/adapters/sources.h"
#include "services/rendering/core/memory_cache.h"

namespace kimberlite::rendering {

// Which entities an event touches: the article; of its parts those that differ ("article:7/sah": the words of a
// translation with what else is shown beside them, "article:7/links": which translations there are and their addresses,
// "article:7/tags"); the places in lists that it entered or left. After a gap, every part and every place of before and
// after.
Invalidation InvalidationOf(const content::v1::ArticleChanged& event);
Invalidation InvalidationOf(const content::v1::SiteChanged& event);
Invalidation InvalidationOf(const content::v1::AuthorChanged& event);
Invalidation InvalidationOf(const tagging::v1::ConceptChanged& event);

// What receipts tell of the article as the event left it.
std::string FactsOf(const content::v1::ArticleChanged& event);

// Hears every event of content and tagging and applies it to the page store, from where it was applied last, and then
// to this replica's memory. While the store cannot be reached, memory is kept right all the same.
class BusInvalidator {
 public:
  // Hears of each event before it is applied.
  using Watch = std::function<void(const Invalidation& invalidation, const bus::Event& event)>;

  BusInvalidator(bus::Bus& bus, RedisPageStore& store, MemoryCache& memory, Sources& sources, EdgeLedger& ledger,
                 Watch watch = nullptr);
  ~BusInvalidator();

  // Subscribes in the background, again and again until the bus can be reached.
  void Start();
  void Stop();
  // WaitApplied answers UNAVAILABLE from here on, those that wait included.
  void StopWaiting();
  // Whether the bus was heard within the last two seconds.
  bool IsCurrent();

  // Counts what this replica has applied.
  std::uint64_t applied_count();
  // Returns when the count has moved on from `count`, or at the time. UNAVAILABLE when this edge is stopping, CANCELLED
  // when the caller has gone.
  Result<void> WaitMore(const Context& context, std::uint64_t count, std::chrono::steady_clock::time_point until);

 private:
  Result<void> Subscribe();
  Result<void> OnStart(std::span<const bus::Position> places, bool gap);
  Result<void> Handle(const bus::Event& event, const bus::Position& position);
  Result<void> Apply(const Invalidation& invalidation, const std::string& facts, const bus::Event& event);
  Result<void> ForgetAll(const bus::Event& event, const bus::Position& position);
  bool HasGap(const Invalidation& invalidation);
  // This replica has handled one more.
  void CountOne();

  bus::Bus& bus_;
  RedisPageStore& store_;
  MemoryCache& memory_;
  Sources& sources_;
  EdgeLedger& ledger_;
  const Watch watch_;
  std::mutex mutex_;
  std::condition_variable_any applied_;
  std::uint64_t applied_count_ = 0;
  std::unordered_map<std::string, std::int64_t> heard_;  // the newest sequence by aggregate
  bool waiting_stopped_ = false;
  std::unique_ptr<bus::Consumer> consumer_;
  std::jthread subscriber_;
};

}  // namespace kimberlite::rendering
