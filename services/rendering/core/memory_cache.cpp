#include "services/rendering/core/memory_cache.h"

#include <algorithm>

namespace kimberlite::rendering {
namespace {

// A fill that was overtaken by more than this is refused unseen.
constexpr std::size_t kFences = 1'024;

// What a slot takes besides its page: nodes of maps, the list, control blocks.
constexpr std::size_t kSlotBytes = 600;
constexpr std::size_t kDependencyBytes = sizeof(Dependency) + 24;

std::size_t HeapBytes(const std::string& text) { return text.capacity() > 15 ? text.capacity() + 16 : 0; }

std::size_t BytesOf(const KeptPage& page) {
  std::size_t bytes = kSlotBytes + sizeof(KeptPage);
  for (const KeptPage::Variant& variant : page.variants) {
    bytes += variant.head.size() + variant.head_not_modified.size() + variant.etag.size();
    if (variant.body) bytes += variant.body->size() + 64;
  }
  for (const Dependency& one : page.dependencies) {
    bytes += kDependencyBytes + HeapBytes(one.entity) + HeapBytes(one.low) + HeapBytes(one.high);
  }
  return bytes;
}

bool Touches(const Touched& touched, const Dependency& dependency) {
  if (touched.sort_key.empty()) return true;
  return (dependency.low.empty() || dependency.low <= touched.sort_key) &&
         (dependency.high.empty() || touched.sort_key <= dependency.high);
}

}  // namespace

MemoryCache::MemoryCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

MemoryCache::Shard& MemoryCache::ShardOf(std::string_view path) const {
  // The map of the shard uses the low bits.
  return shards_[(TextHash()(path) >> 48) % shards_.size()];
}

std::shared_ptr<const KeptPage> MemoryCache::FindByPath(std::string_view path) const {
  const Shard& shard = ShardOf(path);
  const std::shared_lock lock(shard.mutex);
  const auto found = shard.by_path.find(path);
  if (found == shard.by_path.end()) return nullptr;
  const Slot& slot = *found->second;
  // Written only when it changes: readers on other cores share the line.
  if (!slot.used.load(std::memory_order_relaxed)) slot.used.store(true, std::memory_order_relaxed);
  return slot.page;
}

std::optional<MemoryCache::Held> MemoryCache::Find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  found->second->used = true;
  return Held{found->second->page, found->second->touched_at};
}

bool MemoryCache::IsFenced(const KeptPage& page, Ticket ticket) const {
  if (ticket <= forgotten_) return true;
  for (auto fence = fences_.rbegin(); fence != fences_.rend() && fence->clock > ticket; ++fence) {
    for (const Touched& touched : fence->touched) {
      for (const Dependency& dependency : page.dependencies) {
        if (dependency.entity == touched.entity && Touches(touched, dependency)) return true;
      }
    }
  }
  return false;
}

bool MemoryCache::Keep(const std::string& key, std::string_view path, std::shared_ptr<const KeptPage> page,
                       Ticket ticket) {
  auto slot = std::make_shared<Slot>();
  slot->key = key;
  slot->path = page->canonical_path.empty() ? path : page->canonical_path;
  slot->bytes = BytesOf(*page);
  slot->page = std::move(page);

  const std::lock_guard lock(mutex_);
  if (slot->page->ages || slot->bytes > max_bytes_ / 16 || IsFenced(*slot->page, ticket)) return false;
  if (const auto old = by_key_.find(key); old != by_key_.end()) Remove(std::shared_ptr<Slot>(old->second));
  by_key_.emplace(key, slot);
  clock_hand_.push_back(slot);
  slot->place = std::prev(clock_hand_.end());
  const auto& dependencies = slot->page->dependencies;
  for (std::uint32_t i = 0; i < dependencies.size(); ++i) dependents_[dependencies[i].entity].all.push_back({slot, i});
  bytes_ += slot->bytes;
  ++in_service_;
  {
    Shard& shard = ShardOf(slot->path);
    const std::lock_guard shard_lock(shard.mutex);
    shard.by_path[slot->path] = slot;
  }
  MakeRoom();
  return true;
}

// No longer found by its path.
void MemoryCache::TakeOut(Slot& slot) {
  if (slot.touched_at || slot.gone) return;
  --in_service_;
  Shard& shard = ShardOf(slot.path);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_path.find(slot.path);
  if (found != shard.by_path.end() && found->second.get() == &slot) shard.by_path.erase(found);
}

void MemoryCache::Remove(const std::shared_ptr<Slot>& slot) {
  TakeOut(*slot);
  slot->gone = true;
  by_key_.erase(slot->key);
  clock_hand_.erase(slot->place);
  bytes_ -= slot->bytes;
  for (const Dependency& dependency : slot->page->dependencies) {
    const auto entity = dependents_.find(dependency.entity);
    if (entity == dependents_.end()) continue;
    Dependents& dependents = entity->second;
    if (++dependents.gone * 2 <= dependents.all.size()) continue;
    std::erase_if(dependents.all, [](const Dependent& one) { return one.slot->gone; });
    dependents.gone = 0;
    if (dependents.all.empty()) dependents_.erase(entity);
  }
}

void MemoryCache::MakeRoom() {
  while (bytes_ > max_bytes_ && !clock_hand_.empty()) {
    const std::shared_ptr<Slot> slot = clock_hand_.front();
    if (slot->used.exchange(false) && !slot->touched_at) {
      clock_hand_.splice(clock_hand_.end(), clock_hand_, clock_hand_.begin());
    } else {
      Remove(slot);
    }
  }
}

std::size_t MemoryCache::Apply(std::span<const Touched> touched, bool withdrawn) {
  const auto now = std::chrono::steady_clock::now();
  std::size_t taken_out = 0;
  std::vector<std::shared_ptr<Slot>> removed;
  const std::lock_guard lock(mutex_);
  // Fills that have read their inputs before this moment are refused; those who begin from now on see what the event
  // says in what they read.
  fences_.push_back({clock_ + 1, {touched.begin(), touched.end()}});
  ++clock_;
  if (fences_.size() > kFences) {
    forgotten_ = fences_.front().clock - 1;
    fences_.pop_front();
  }
  for (const Touched& one : touched) {
    const auto entity = dependents_.find(one.entity);
    if (entity == dependents_.end()) continue;
    for (const Dependent& dependent : entity->second.all) {
      Slot& slot = *dependent.slot;
      if (slot.gone || !Touches(one, slot.page->dependencies[dependent.dependency])) continue;
      if (!slot.touched_at) {
        TakeOut(slot);
        slot.touched_at = now;
        ++taken_out;
      }
      if (withdrawn) removed.push_back(dependent.slot);
    }
  }
  for (const auto& slot : removed) {
    if (!slot->gone) Remove(slot);
  }
  return taken_out;
}

bool MemoryCache::Drop(const std::string& key) {
  const std::lock_guard lock(mutex_);
  // What is being filled now may be this page; that others are not kept either is rare enough.
  forgotten_ = clock_++;
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return false;
  Remove(std::shared_ptr<Slot>(found->second));
  return true;
}

void MemoryCache::DropAll() {
  const std::lock_guard lock(mutex_);
  forgotten_ = clock_++;
  fences_.clear();
  while (!clock_hand_.empty()) Remove(std::shared_ptr<Slot>(clock_hand_.front()));
}

MemoryCache::Size MemoryCache::size() const {
  const std::lock_guard lock(mutex_);
  return {in_service_, bytes_};
}

}  // namespace kimberlite::rendering
