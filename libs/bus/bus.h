#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"

// Facts between services. Two drivers behind one interface and one conformance suite: Kafka for real deployments, a
// log in PostgreSQL for a single machine. Delivery is at least once, in order per key; handlers are idempotent.
namespace kimberlite::bus {

// A fact on its way: protobuf in `payload`, the rest as CloudEvents attributes (v1.0, Kafka protocol binding, binary
// mode) and `traceparent` in headers.
struct Event {
  std::string topic;          // kimberlite.<owner>.<aggregate>.v<n>
  std::string key;            // the aggregate's id: order is kept per key; not empty
  std::string id;             // UUID, unique; ce_id
  std::string type;           // full name of the protobuf message; ce_type
  std::string source;         // the service that states it, e.g. "content"; ce_source
  Time time;                  // when it happened; ce_time
  std::int64_t sequence = 0;  // of the aggregate; ce_sequence
  std::string traceparent;    // W3C Trace Context; may be empty
  std::string payload;
  // Further headers. A dead letter carries kimberlite_error, kimberlite_topic, kimberlite_partition, kimberlite_offset
  // and kimberlite_group: why, from where, for whom it was set aside.
  std::map<std::string, std::string> headers;
};

// Of one event: key, attributes, headers and payload together. What is larger is refused (RESOURCE_EXHAUSTED).
inline constexpr std::size_t kMaxEventBytes = 8 << 20;

// What every driver and the outbox require of an event: topic, key, id and type not empty, all text UTF-8 without NUL,
// the size within the limit.
Result<void> CheckEvent(const Event& event);

// Where an event stands in its topic.
struct Position {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

// Hands events to the bus. Safe for any thread.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // Returns once all are durable, in the order given per key. On an error any part of them may have been sent: the
  // caller sends them again, from the first. NOT_FOUND when a topic does not exist; INVALID_ARGUMENT and
  // RESOURCE_EXHAUSTED as CheckEvent, before anything is sent.
  virtual Result<void> Publish(std::span<const Event> events) = 0;
};

// Takes events off the bus in threads of its own, one event of a partition at a time; destroying it stops it after
// the event in hand.
class Consumer {
 public:
  virtual ~Consumer() = default;
  // When the bus was last heard, an idle answer included: a consumer that is cut off sees it stand still. At most about
  // half a second old while all is well. It says that events arrive, not that the handler was done with them.
  virtual Time last_heard() const = 0;
};

// What a handler makes of an event. An error that is retryable() is tried again with back-off for as long as it
// lasts, holding its partition (no other) back; INTERNAL, ABORTED and RESOURCE_EXHAUSTED, which may be a defect or may
// pass, are tried 5 times within about a second; any other error, and the fifth of those, sets the event aside in
// "<topic>.dlq.<group>" with the reason in the header "kimberlite_error", and the next one follows.
using Handler = std::function<Result<void>(const Event& event, const Position& position)>;

// Each event goes to one consumer of the group; the group's place is kept by the bus. A new group begins with the
// oldest event.
struct GroupSubscription {
  std::string group;
  std::vector<std::string> topics;
  Handler handler;
  int threads = 1;  // partitions are spread over them
};

// Every event goes to this consumer, which keeps its own place.
struct BroadcastSubscription {
  std::vector<std::string> topics;
  // Next offset per topic and partition; what is missing begins at the end.
  std::vector<Position> start;
  // Told before the first event what the places are: `start` completed with the ends of the others. `gap` is
  // set when a place of `start` no longer exists (the log was truncated or made anew), so events were missed; such a
  // partition begins at its end. Called again, after a while, when it returns an error; and with `gap`, between two
  // events, when a place is lost later on. Nothing is told while a topic does not exist yet.
  std::function<Result<void>(std::span<const Position> places, bool gap)> on_start;
  Handler handler;  // errors are retried for ever: a broadcast consumer sets nothing aside
};

// One bus. Safe for any thread.
class Bus {
 public:
  virtual ~Bus() = default;
  // Creates topics that are missing, their dead-letter topics for `groups` included.
  virtual Result<void> EnsureTopics(std::span<const std::string> topics, std::span<const std::string> groups) = 0;
  virtual std::unique_ptr<Publisher> NewPublisher() = 0;
  virtual std::unique_ptr<Consumer> Subscribe(GroupSubscription subscription) = 0;
  virtual std::unique_ptr<Consumer> Subscribe(BroadcastSubscription subscription) = 0;
};

struct Options {
  std::string driver = "postgres";  // or "kafka"
  std::string postgres_url;         // for the postgres driver
  std::string kafka_brokers;        // host:port,… for the kafka driver
  std::string client_name;          // for logs and the broker's metrics, e.g. "content"
  std::int32_t partitions = 8;      // of topics that EnsureTopics creates
};

// The bus that the options name. INVALID_ARGUMENT for an unknown driver; connects when first used.
Result<std::unique_ptr<Bus>> Open(const Options& options);

// Applies the embedded bus's migrations (schema "bus"); nothing to do for Kafka.
Result<void> Migrate(const Options& options);

}  // namespace kimberlite::bus
