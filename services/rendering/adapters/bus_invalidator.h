#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kimberlite/content/v1/events.pb.h"
#include "kimberlite/tagging/v1/events.pb.h"
#include "libs/bus/bus.h"
#include "services/rendering/adapters/redis_page_store.h"
#include "services/rendering/adapters/sources.h"
#include "services/rendering/core/memory_cache.h"

namespace kimberlite::rendering {

// Which entities an event touches. Pages that show an article depend on it, whatever list they found it in: so its own
// entity covers all that show it, and of the lists only the places that it entered or left matter. After a gap, every
// place of before and after. A bound that was set in a list ("pages:{list_key}") changes which of its pages are next to
// each other.
Invalidation InvalidationOf(const content::v1::ArticleChanged& event);
Invalidation InvalidationOf(const content::v1::SiteChanged& event);
Invalidation InvalidationOf(const content::v1::AuthorChanged& event);
Invalidation InvalidationOf(const tagging::v1::ConceptChanged& event);

// Hears every event of content and tagging and applies it to the page store, from where it was applied last, and then
// to this replica's memory. While the store cannot be reached, memory is kept right all the same.
class BusInvalidator {
 public:
  BusInvalidator(bus::Bus& bus, RedisPageStore& store, MemoryCache& memory, Sources& sources);
  ~BusInvalidator();

  // Subscribes in the background, again and again until the bus can be reached.
  void Start();
  void Stop();
  // WaitApplied answers UNAVAILABLE from here on, those that wait included.
  void StopWaiting();
  // Whether the bus was heard within the last two seconds.
  bool IsCurrent();

  // Waits until the aggregate's sequence, or a newer one, is applied to the store and by this replica. Answers the one
  // that is.
  Result<std::int64_t> WaitApplied(const Context& context, const std::string& aggregate, std::int64_t sequence);

 private:
  Result<void> Subscribe();
  Result<void> OnStart(std::span<const bus::Position> places, bool gap);
  Result<void> Handle(const bus::Event& event, const bus::Position& position);
  Result<void> Apply(const Invalidation& invalidation, const bus::Event& event);
  Result<void> ForgetAll(const bus::Event& event, const bus::Position& position);
  // Remembers that this replica has handled all before it.
  void Reach(const AppliedPlace& place);
  bool HasReached(const AppliedPlace& place);

  bus::Bus& bus_;
  RedisPageStore& store_;
  MemoryCache& memory_;
  Sources& sources_;
  std::mutex mutex_;
  std::condition_variable_any applied_;
  std::uint64_t applied_count_ = 0;
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> reached_;  // next offset by topic and partition
  bool waiting_stopped_ = false;
  std::unique_ptr<bus::Consumer> consumer_;
  std::jthread subscriber_;
};

}  // namespace kimberlite::rendering
