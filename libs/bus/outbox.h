#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/base/error.h"
#include "libs/bus/bus.h"
#include "libs/pg/pg.h"

// The way of a fact from a service's transaction to the bus and into another's transaction.
namespace kimberlite::bus {

// Tables <schema>.outbox and <schema>.inbox; call beside the service's own migrations.
Result<int> MigrateOutbox(const std::string& postgres_url, std::string_view schema);

// Writes an event into <schema>.outbox inside the caller's transaction: it is sent if and only if that commits. The
// caller holds the aggregate's row lock, so that rows of one key are written in the order of their sequence.
Result<void> Append(pg::Transaction& transaction, std::string_view schema, const Event& event);

// The same for many, in their order and in one statement. No two of one key.
Result<void> AppendAll(pg::Transaction& transaction, std::string_view schema, std::span<const Event> events);

// The least sequence of the key that is not sent yet: everything before it is on the bus. None: all is.
Result<std::optional<std::int64_t>> FirstUnsent(pg::Transaction& transaction, std::string_view schema,
                                                std::string_view topic, std::string_view key);

// Whether this consumer handles the event for the first time; remembers it in <schema>.inbox inside the caller's
// transaction. Records are kept 7 days.
Result<bool> FirstTime(pg::Transaction& transaction, std::string_view schema, std::string_view consumer,
                       const Event& event);

// Sends what is unsent in <schema>.outbox and marks it, by key in the order of sequence, in a thread of its own. One
// relay of a schema is at work at a time (an advisory lock); others stand by and take over. Wakes by NOTIFY at each
// commit that appended, and looks every second in any case. Sent rows are deleted after a day.
class Relay {
 public:
  struct Options {
    std::string postgres_url;
    std::string schema;
    int batch = 200;  // events at most; also no more than 4 MiB of payload, or one event
  };
  Relay(Options options, std::unique_ptr<Publisher> publisher);
  // Sends what is already committed for up to 3 s, then stops. Longer only when an attempt that is under way then does
  // not end: by the time-outs of the bus or the database.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kimberlite::bus
