#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "libs/bus/bus.h"
#include "libs/pg/pg.h"

namespace kimberlite::bus {

// Statements on bus.partitions and bus.log. Safe for any thread.
class PostgresLog {
 public:
  explicit PostgresLog(pg::Pool* pool) : pool_(pool) {}

  // Creates a topic unless it exists, with however many partitions.
  Result<void> EnsureTopic(const std::string& topic, std::int32_t partitions);

  // Appends all in one transaction, in the order given per partition.
  Result<void> Append(std::span<const Event> events);

  struct Record {
    Position position;
    Event event;
  };
  // Up to `limit` events of each partition from the offsets given; fewer once their payloads make up `bytes`.
  Result<std::vector<Record>> Fetch(std::span<const Position> from, int limit, std::int64_t bytes);

  struct Extent {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t first = 0;  // the oldest event that is kept; `end` when none is
    std::int64_t end = 0;    // where the next event will stand
  };
  // All partitions of those topics that exist.
  Result<std::vector<Extent>> Extents(const std::vector<std::string>& topics);

  // Deletes, in small transactions, events that were appended before `time`, until stopped. Returns how many.
  Result<std::int64_t> DeleteBefore(Time time, const std::stop_token& stop = {});

 private:
  Result<std::int32_t> Partitions(pg::Transaction& transaction, const std::string& topic);

  pg::Pool* pool_;
  std::mutex mutex_;
  std::map<std::string, std::int32_t> partitions_;  // of topics seen; the number never changes
};

// The channel on which an append notifies, with the topic as payload: a hint to look, nothing else.
inline constexpr const char* kBusChannel = "kimberlite_bus";

// Headers as name, value, name, value, …
std::vector<std::string> FlattenHeaders(const std::map<std::string, std::string>& headers);
std::map<std::string, std::string> ReadHeaders(const std::vector<std::string>& flat);

// A stable hash: FNV-1a, 64 bits.
std::uint64_t StableHash(std::string_view bytes);

}  // namespace kimberlite::bus
