#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "libs/bus/delivery.h"
#include "libs/bus/postgres_group.h"
#include "libs/bus/postgres_log.h"

namespace kimberlite::bus {

// One thread's work on its partitions of the log: fetch, hand over one event after another, keep the places.
class PartitionLoop {
 public:
  // How places are kept; as PostgresGroup::Commit. Empty for a broadcast.
  using Commit = std::function<Result<std::set<PartitionId>>(std::span<const PostgresGroup::Progress>)>;

  PartitionLoop(PostgresLog* log, const DeliveryPolicy* policy, Commit commit)
      : log_(log), policy_(policy), commit_(std::move(commit)) {}

  // Runs until stopped; then the places are kept and the partitions released. A broadcast also returns when a place is
  // gone from the log: it has no partitions then, and begins again from the places returned.
  std::map<PartitionId, std::int64_t> Run(std::stop_token stop);

  // The rest may be called from any thread.
  void Assign(const PostgresGroup::Claimed& claimed);
  // Gives a partition up after the event in hand; when it is already another's, without touching its place. Nothing
  // happens when it was assigned anew since that epoch.
  void Revoke(const PartitionId& partition, std::int64_t epoch, bool lost);
  // What it works on, and with which epoch, those about to be given up included.
  std::map<PartitionId, std::int64_t> held() const;
  // There may be new events in `topic`; empty: in any.
  void Wake(std::string_view topic);
  // When the answer to the last look at the log was asked for.
  Time last_heard() const;

 private:
  struct Partition {
    std::int64_t epoch = 0;
    std::int64_t next = 0;       // the event to handle next
    std::int64_t committed = 0;  // the place that is kept
    bool check = true;           // the log may hold more than what is buffered
    bool release = false;
    Delivery delivery;
    std::deque<PostgresLog::Record> buffer;
  };
  struct Command {
    enum Kind { kAssign, kRevoke, kLost } kind;
    PostgresGroup::Claimed claimed;
  };

  void TakeCommands();
  bool Fetch();
  bool HandleEach(const std::stop_token& stop);
  void KeepPlaces(bool release_all);
  void Forget(const PartitionId& partition, std::int64_t epoch);
  std::chrono::steady_clock::time_point NextDue() const;

  PostgresLog* const log_;
  const DeliveryPolicy* const policy_;
  const Commit commit_;

  // The loop's thread only.
  std::map<PartitionId, Partition> partitions_;
  std::chrono::steady_clock::time_point next_look_{};
  std::chrono::steady_clock::time_point last_commit_{};
  Backoff trouble_;  // with the database
  std::chrono::steady_clock::time_point not_before_{};

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Command> commands_;
  std::set<std::string, std::less<>> woken_;
  std::map<PartitionId, std::int64_t> held_;
  Time last_heard_{};
};

}  // namespace kimberlite::bus
