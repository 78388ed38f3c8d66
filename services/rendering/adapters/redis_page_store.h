#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/redis/redis.h"
#include "services/rendering/core/edge.h"
#include "services/rendering/core/page.h"

namespace kimberlite::rendering {

// Where a topic's partition has been applied up to.
struct AppliedPlace {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t next_offset = 0;
};

// An event to apply.
struct Invalidation {
  std::vector<Touched> touched;            // when every event before it was applied
  std::vector<Touched> touched_after_gap;  // in place of `touched` when one before it was missed
  std::string aggregate;                   // "article:1001"; its sequence is remembered
  std::int64_t sequence = 0;
  AppliedPlace place;
  bool withdrawn = false;  // something was taken from readers for good
};

// A page that an event dropped, or would.
struct PurgedPage {
  std::string key;     // in the cache, without the theme's version
  std::string entity;  // what they have in common
  std::string sort_key;
  std::string low;
  std::string high;
};

// "key, entity, sort key, low, high" with the theme's version before the key, apart by tabs, as the scripts write it.
std::optional<PurgedPage> ReadPurgedPage(std::string_view line);
std::string WritePurgedPage(const PurgedPage& page);

// The last event of an aggregate that was applied, and the place after it.
struct AppliedSequence {
  std::int64_t sequence = 0;
  AppliedPlace place;
};

// What the store holds of one page.
struct PageInspection {
  int status = 0;
  std::string etag;
  Time rendered_time{};
  std::vector<std::string> entities;
};

// Of "<prefix>purged": how many entries it keeps, and what stands for every page.
inline constexpr std::size_t kPurgesKept = 1'000;
inline constexpr char kPurgedAll[] = "*";

// Pages in Redis. Names begin with "<prefix>":
//
//   epoch                 the cache's own name, random: a new one makes everything under the old one unreachable
//   applied:<aggregate>   hash: sequence of the last event applied, its place, the offset after it; kept for 30 days
//   purged                stream: keys of pages that were dropped by hand, for the memory of every replica
//   places                hash: "<topic>/<partition>" -> next offset
// and under "<prefix><epoch>:"
//   clock                 counts invalidations
//   touched:<entity>      clock at which the entity was last touched; kept for two minutes, a fill may take one
//   deps:<entity>         hash: page key -> "<low> <high>", the index from an entity to the pages that depend on it
//   page:<version>/<key>  hash: meta, nonce, deps, body, gzip, br; kept for 7 days at most, its index for 8
//
// Each step is one script, so atomic; a page and its index are written together. A fill is refused when any entity that
// it depends on was touched since it began, or another fill of its key was kept: whatever pauses happen in between, a
// page made from older inputs cannot replace one made from newer ones.
class RedisPageStore final : public PageStore {
 public:
  // `version` is part of every page's key: another theme, other pages; all are invalidated alike.
  RedisPageStore(redis::Client& client, std::string prefix, std::string version);

  // UNAVAILABLE while an event could not be applied: until then what is kept may be older than readers were promised.
  // The theme's version from here on. Pages of another one stay, for the case that it comes back.
  void UseVersion(std::string version);

  Result<std::unique_ptr<KeptPage>> Get(const std::string& key) override;
  Result<FillTicket> BeginFill(const std::string& key) override;
  Result<bool> CommitFill(const std::string& key, const FillTicket& ticket, const KeptPage& page,
                          std::chrono::seconds keep) override;

  // Drops the pages that the event touches and remembers it, unless it was applied before. Answers how many were
  // dropped. After an error it is to be called again with the same event, until it succeeds.
  // Where `purged` is given, it gets the first hundred of them.
  Result<std::int64_t> Apply(const Invalidation& invalidation, std::vector<PurgedPage>* purged = nullptr);
  // What was applied last of an aggregate; sequence 0 when not known.
  Result<AppliedSequence> AppliedTo(const std::string& aggregate);
  Result<std::vector<AppliedPlace>> Places();
  Result<void> SetPlaces(std::span<const AppliedPlace> places);
  // A new epoch: every page is gone at once.
  Result<void> DropAll();
  Result<std::int64_t> Drop(const std::string& key);
  Result<std::optional<PageInspection>> Inspect(const std::string& key);

  // Some of the pages: begin with cursor "0", until it comes back. One that is there all the time comes at least once.
  struct Listed {
    std::string key;
    std::string entities;  // one a line
  };
  struct Listing {
    std::string cursor;
    std::vector<Listed> pages;
  };
  Result<Listing> List(const std::string& cursor);

 private:
  Result<void> CheckNotBehind();
  Result<void> TellPurged(const std::string& key);
  Result<redis::Reply> Run(const redis::Script& script, const std::vector<std::string>& arguments);

  redis::Client& client_;
  const std::string prefix_;
  std::string Version() const;

  mutable std::mutex version_mutex_;
  std::string version_;
  std::mutex mutex_;
  std::set<std::string> behind_;  // places in the log whose next event could not be applied
  std::atomic<bool> is_behind_ = false;
};

}  // namespace kimberlite::rendering
