#include "libs/bus/postgres_loop.h"

#include <algorithm>

#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Also how old last_heard() gets while nothing happens.
constexpr milliseconds kLookEvery{500};
constexpr milliseconds kCommitEvery{100};
// Of a partition at once: events, and bytes of payload after which no further event is asked for.
constexpr int kFetch = 50;
constexpr std::int64_t kFetchBytes = 1 << 20;

}  // namespace

void PartitionLoop::Assign(const PostgresGroup::Claimed& claimed) {
  const std::lock_guard lock(mutex_);
  held_[claimed.partition] = claimed.epoch;
  commands_.push_back({Command::kAssign, claimed});
  changed_.notify_one();
}

void PartitionLoop::Revoke(const PartitionId& partition, std::int64_t epoch, bool lost) {
  const std::lock_guard lock(mutex_);
  commands_.push_back({lost ? Command::kLost : Command::kRevoke, {.partition = partition, .epoch = epoch}});
  changed_.notify_one();
}

std::map<PartitionId, std::int64_t> PartitionLoop::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

void PartitionLoop::Wake(std::string_view topic) {
  const std::lock_guard lock(mutex_);
  woken_.emplace(topic);
  changed_.notify_one();
}

Time PartitionLoop::last_heard() const {
  const std::lock_guard lock(mutex_);
  return last_heard_;
}

void PartitionLoop::Forget(const PartitionId& partition, std::int64_t epoch) {
  partitions_.erase(partition);
  const std::lock_guard lock(mutex_);
  if (const auto held = held_.find(partition); held != held_.end() && held->second == epoch) held_.erase(held);
}

void PartitionLoop::TakeCommands() {
  std::vector<Command> commands;
  std::set<std::string, std::less<>> woken;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
    woken.swap(woken_);
  }
  for (const auto& [kind, claimed] : commands) {
    const auto known = partitions_.find(claimed.partition);
    switch (kind) {
      case Command::kAssign:
        partitions_.insert_or_assign(claimed.partition, Partition{.epoch = claimed.epoch,
                                                                  .next = claimed.next_offset,
                                                                  .committed = claimed.next_offset,
                                                                  .delivery = Delivery(policy_)});
        break;
      case Command::kRevoke:
        if (known != partitions_.end() && known->second.epoch == claimed.epoch) known->second.release = true;
        break;
      case Command::kLost:
        if (known != partitions_.end() && known->second.epoch == claimed.epoch)
          Forget(claimed.partition, claimed.epoch);
        break;
    }
  }
  const auto now = steady_clock::now();
  const bool all = woken.contains("") || now >= next_look_;
  if (now >= next_look_) next_look_ = now + kLookEvery;
  for (auto& [id, partition] : partitions_) {
    if (all || woken.contains(id.first)) partition.check = true;
  }
}

// False when a broadcast's place is gone.
bool PartitionLoop::Fetch() {
  if (steady_clock::now() < not_before_) return true;
  std::vector<Position> from;
  for (auto& [id, partition] : partitions_) {
    if (partition.check && partition.buffer.empty() && !partition.release)
      from.push_back({id.first, id.second, partition.next});
  }
  if (from.empty()) return true;
  const Time asked = SystemClock().Now();
  auto records = log_->Fetch(from, kFetch, kFetchBytes);
  if (!records) {
    const auto wait = trouble_.Next();
    not_before_ = steady_clock::now() + wait;
    telemetry::Warning("bus not readable, will be tried again", {{"group", policy_->group},
                                                                 {"topic", from.front().topic},
                                                                 {"wait_ms", wait.count()},
                                                                 {"error", records.error().ToString()}});
    return true;
  }
  trouble_.Reset();
  {
    const std::lock_guard lock(mutex_);
    last_heard_ = asked;
  }
  for (PostgresLog::Record& record : *records) {
    Partition& partition = partitions_.at({record.position.topic, record.position.partition});
    const std::int64_t expected =
        partition.buffer.empty() ? partition.next : partition.buffer.back().position.offset + 1;
    if (record.position.offset != expected) {
      telemetry::LogError("events were deleted from the bus before this consumer took them",
                          {{"group", policy_->group},
                           {"topic", record.position.topic},
                           {"partition", record.position.partition},
                           {"expected_offset", expected},
                           {"offset", record.position.offset}});
      if (!commit_) return false;
    }
    partition.buffer.push_back(std::move(record));
  }
  for (const Position& place : from) {
    Partition& partition = partitions_.at({place.topic, place.partition});
    std::size_t bytes = 0;
    for (const PostgresLog::Record& record : partition.buffer) bytes += record.event.payload.size();
    partition.check = partition.buffer.size() >= static_cast<std::size_t>(kFetch) || bytes >= kFetchBytes;
  }
  return true;
}

// One event of each partition that is not waiting. Whether there was any.
bool PartitionLoop::HandleEach(const std::stop_token& stop) {
  bool any = false;
  for (auto& [id, partition] : partitions_) {
    if (stop.stop_requested()) return any;
    if (partition.buffer.empty() || partition.release || steady_clock::now() < partition.delivery.not_before())
      continue;
    any = true;
    const PostgresLog::Record& record = partition.buffer.front();
    if (!partition.delivery.Try(record.event, record.position)) continue;
    partition.next = record.position.offset + 1;
    partition.buffer.pop_front();
  }
  return any;
}

void PartitionLoop::KeepPlaces(bool release_all) {
  if (!commit_ || (!release_all && steady_clock::now() < not_before_)) return;
  std::vector<PostgresGroup::Progress> progress;
  for (const auto& [id, partition] : partitions_) {
    const bool release = release_all || partition.release;
    if (release || partition.next != partition.committed)
      progress.push_back({id, partition.epoch, partition.next, release});
  }
  if (progress.empty()) return;
  auto kept = commit_(progress);
  if (!kept) {
    const auto wait = trouble_.Next();
    not_before_ = steady_clock::now() + wait;
    telemetry::Warning("group's places not kept, will be tried again", {{"group", policy_->group},
                                                                        {"topic", progress.front().partition.first},
                                                                        {"offset", progress.front().next_offset},
                                                                        {"wait_ms", wait.count()},
                                                                        {"error", kept.error().ToString()}});
    return;
  }
  last_commit_ = steady_clock::now();
  for (const PostgresGroup::Progress& one : progress) {
    const bool lost = !kept->contains(one.partition);
    if (lost) {
      telemetry::Warning("partition lost to another member of the group", {{"group", policy_->group},
                                                                           {"topic", one.partition.first},
                                                                           {"partition", one.partition.second},
                                                                           {"epoch", one.epoch},
                                                                           {"offset", one.next_offset}});
    }
    if (lost || one.release) {
      Forget(one.partition, one.epoch);
    } else {
      partitions_.at(one.partition).committed = one.next_offset;
    }
  }
}

steady_clock::time_point PartitionLoop::NextDue() const {
  steady_clock::time_point due = next_look_;
  for (const auto& [id, partition] : partitions_) {
    if (!partition.buffer.empty()) due = std::min(due, partition.delivery.not_before());
  }
  return std::max(due, not_before_);
}

std::map<PartitionId, std::int64_t> PartitionLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    TakeCommands();
    if (!Fetch()) break;
    const bool any = HandleEach(stop);
    const bool release = std::ranges::any_of(partitions_, [](const auto& entry) { return entry.second.release; });
    const bool more = std::ranges::any_of(partitions_, [](const auto& entry) { return !entry.second.buffer.empty(); });
    if (release || !more || steady_clock::now() >= last_commit_ + kCommitEvery) KeepPlaces(false);
    if (any) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop, NextDue(), [&] { return !commands_.empty() || !woken_.empty(); });
  }
  KeepPlaces(true);
  std::map<PartitionId, std::int64_t> places;
  for (const auto& [id, partition] : partitions_) places[id] = partition.next;
  partitions_.clear();
  const std::lock_guard lock(mutex_);
  held_.clear();
  return places;
}

}  // namespace kimberlite::bus
