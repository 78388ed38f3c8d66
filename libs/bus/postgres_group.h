#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "libs/bus/bus.h"
#include "libs/pg/pg.h"

namespace kimberlite::bus {

// A partition of the log, in maps.
using PartitionId = std::pair<std::string, std::int32_t>;  // topic, partition

// One member's view of a consumer group: statements on bus.members and bus.places. A partition's owner is worked out
// by every member alike from the list of living members, so nobody has to lead. Safe for any thread.
class PostgresGroup {
 public:
  // A member that has not been heard for this long is dead, and its partitions are up for taking.
  static constexpr int kExpiryMs = 2000;

  PostgresGroup(pg::Pool* pool, std::string group, std::string member, std::vector<std::string> topics)
      : pool_(pool), group_(std::move(group)), member_(std::move(member)), topics_(std::move(topics)) {}

  struct Share {
    PartitionId partition;
    bool wanted = false;     // it is this member's by the fair share
    bool mine = false;       // this member is its owner now
    bool free = false;       // nobody else alive is its owner
    std::int64_t epoch = 0;  // of its owner
    std::int64_t lag = 0;    // events that the group has still to handle
  };
  // Says that this member is alive and returns how all partitions of its topics stand.
  Result<std::vector<Share>> Heartbeat();

  struct Claimed {
    PartitionId partition;
    std::int64_t next_offset = 0;
    std::int64_t epoch = 0;
  };
  // Takes those of the partitions that are still free.
  Result<std::vector<Claimed>> Claim(const std::vector<PartitionId>& partitions);

  struct Progress {
    PartitionId partition;
    std::int64_t epoch = 0;
    std::int64_t next_offset = 0;
    bool release = false;  // give the partition up as well
  };
  // Moves the group's places. Returns the partitions that were this member's at that epoch; the others were lost, and
  // their places not moved.
  Result<std::set<PartitionId>> Commit(std::span<const Progress> progress);

  // Leaves the group: the others share at once, not after the expiry.
  Result<void> Leave();

 private:
  pg::Pool* pool_;
  std::string group_;
  std::string member_;
  std::vector<std::string> topics_;
};

}  // namespace kimberlite::bus
