#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/rendering/core/page.h"

namespace kimberlite::rendering {

// The pages that this replica keeps in memory, above the store that all share. It hears every event itself.
//
// A page is kept only if nothing that it depends on was touched since before its inputs were read: Begin gives a ticket
// then, Keep compares. A page that an event touches is served no more; it stays behind, as the last version that
// readers may get while the sources are down, until a newer one takes its place, it must make room, or something that
// it shows is withdrawn.
//
// Safe for any thread. FindByPath takes a shared lock of one of many shards and no other.
class MemoryCache {
 public:
  // Counts what was touched; a ticket is its value at a moment.
  using Ticket = std::uint64_t;
  using Steady = std::chrono::steady_clock::time_point;

  // `max_bytes` holds bodies, heads and the index together; a page larger than a sixteenth of it is not kept.
  explicit MemoryCache(std::size_t max_bytes);

  // The page that lives at this path and may be served now; null: none.
  std::shared_ptr<const KeptPage> FindByPath(std::string_view path) const;

  struct Held {
    std::shared_ptr<const KeptPage> page;
    std::optional<Steady> touched_at;  // set: a last version, not to be served but in need
  };
  std::optional<Held> Find(const std::string& key) const;

  Ticket Begin() const { return clock_.load(); }
  // Keeps the page in place of what has its key. `path` is where it lives when it has no canonical path. Answers
  // whether it was kept.
  bool Keep(const std::string& key, std::string_view path, std::shared_ptr<const KeptPage> page, Ticket ticket);

  // Takes the pages that depend on these out of service. `withdrawn`: something was taken from readers for good, so the
  // last versions of these pages go as well.
  std::size_t Apply(std::span<const Touched> touched, bool withdrawn);
  // One page, last version included, and every fill that has begun.
  bool Drop(const std::string& key);
  // Everything, and every fill that has begun.
  void DropAll();

  struct Size {
    std::size_t pages = 0;  // that may be served
    std::size_t bytes = 0;  // last versions included
  };
  Size size() const;

 private:
  struct Slot {
    std::string key;
    std::string path;
    std::shared_ptr<const KeptPage> page;
    std::size_t bytes = 0;
    std::optional<Steady> touched_at;
    bool gone = false;
    mutable std::atomic<bool> used = false;  // since the hand passed last
    std::list<std::shared_ptr<Slot>>::iterator place;
  };
  struct Dependent {
    std::shared_ptr<Slot> slot;
    std::uint32_t dependency = 0;  // of the page's
  };
  // Those of one entity. Slots that are gone stay until they are half of it.
  struct Dependents {
    std::vector<Dependent> all;
    std::size_t gone = 0;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Shard {
    mutable std::shared_mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<const Slot>, TextHash, std::equal_to<>> by_path;
  };
  struct Fence {
    Ticket clock;
    std::vector<Touched> touched;
  };

  Shard& ShardOf(std::string_view path) const;
  bool IsFenced(const KeptPage& page, Ticket ticket) const;
  // These hold mutex_.
  void TakeOut(Slot& slot);
  void Remove(const std::shared_ptr<Slot>& slot);
  void MakeRoom();

  const std::size_t max_bytes_;
  std::atomic<Ticket> clock_ = 1;
  mutable std::array<Shard, 64> shards_;

  mutable std::mutex mutex_;  // of everything below; no reader of a kept page takes it
  std::unordered_map<std::string, std::shared_ptr<Slot>> by_key_;
  std::unordered_map<std::string, Dependents> dependents_;
  std::list<std::shared_ptr<Slot>> clock_hand_;  // the next to look at is in front
  std::deque<Fence> fences_;                     // the last of what was touched
  Ticket forgotten_ = 0;                         // tickets up to this one are refused
  std::size_t bytes_ = 0;
  std::size_t in_service_ = 0;
};

}  // namespace kimberlite::rendering
