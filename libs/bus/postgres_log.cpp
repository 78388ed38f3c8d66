#include "libs/bus/postgres_log.h"

#include <utility>

#include "libs/bus/metrics.h"

namespace kimberlite::bus {
namespace {

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// text[] as the text of one value: arrays of arrays of different lengths do not unnest.
std::string ArrayLiteral(const std::vector<std::string>& values) { return *pg::Params(values).values().front(); }

// The columns of an INSERT of many rows.
struct Columns {
  std::vector<std::string> topics, keys, ids, types, sources, times, traceparents, headers, payloads;
  std::vector<std::int64_t> partitions, offsets, sequences;

  void Add(const Event& event, std::int32_t partition, std::int64_t offset) {
    topics.push_back(event.topic);
    partitions.push_back(partition);
    offsets.push_back(offset);
    keys.push_back(event.key);
    ids.push_back(event.id);
    types.push_back(event.type);
    sources.push_back(event.source);
    times.push_back(FormatRfc3339(event.time));
    sequences.push_back(event.sequence);
    traceparents.push_back(event.traceparent);
    headers.push_back(ArrayLiteral(FlattenHeaders(event.headers)));
    payloads.push_back(Hex(event.payload));
  }
};

Event ReadEvent(const pg::Row& row) {
  Event event;
  event.topic = row.String("topic");
  event.key = row.String("key");
  event.id = row.String("event_id");
  event.type = row.String("type");
  event.source = row.String("source");
  event.time = row.Instant("event_time");
  event.sequence = row.Int("sequence");
  event.traceparent = row.String("traceparent");
  event.headers = ReadHeaders(row.Strings("headers"));
  event.payload = row.Bytes("payload");
  return event;
}

}  // namespace

std::uint64_t StableHash(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::vector<std::string> FlattenHeaders(const std::map<std::string, std::string>& headers) {
  std::vector<std::string> flat;
  for (const auto& [name, value] : headers) {
    flat.push_back(name);
    flat.push_back(value);
  }
  return flat;
}

std::map<std::string, std::string> ReadHeaders(const std::vector<std::string>& flat) {
  std::map<std::string, std::string> headers;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) headers.emplace(flat[i], flat[i + 1]);
  return headers;
}

Result<void> PostgresLog::EnsureTopic(const std::string& topic, std::int32_t partitions) {
  return pool_->Write([&](pg::Transaction& transaction) -> Result<void> {
    // Two at once with different numbers must not both create some.
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "SELECT pg_advisory_xact_lock(hashtextextended('kimberlite.bus.topic.' || $1, 0))", pg::Params(topic)));
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("INSERT INTO bus.partitions (topic, partition) SELECT $1, generate_series(0, $2::int - 1)"
                          " WHERE NOT EXISTS (SELECT 1 FROM bus.partitions WHERE topic = $1)",
                          pg::Params(topic, partitions)));
    return {};
  });
}

Result<std::int32_t> PostgresLog::Partitions(pg::Transaction& transaction, const std::string& topic) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = partitions_.find(topic); known != partitions_.end()) return known->second;
  }
  auto rows = transaction.Query("SELECT count(*) AS n FROM bus.partitions WHERE topic = $1", pg::Params(topic));
  if (!rows) return std::unexpected(std::move(rows).error());
  const auto count = static_cast<std::int32_t>((*rows)[0].Int("n"));
  if (count == 0) return Fail(Code::kNotFound, "the bus has no topic " + topic);
  const std::lock_guard lock(mutex_);
  partitions_[topic] = count;
  return count;
}

Result<void> PostgresLog::Append(std::span<const Event> events) {
  if (events.empty()) return {};
  auto done = pool_->Write([&](pg::Transaction& transaction) -> Result<void> {
    // In the order of topic and partition, so that two batches cannot wait for each other in a circle.
    std::map<std::pair<std::string, std::int32_t>, std::vector<const Event*>> by_partition;
    for (const Event& event : events) {
      KIMBERLITE_ASSIGN_OR_RETURN(const std::int32_t count, Partitions(transaction, event.topic));
      const auto partition = static_cast<std::int32_t>(StableHash(event.key) % static_cast<std::uint64_t>(count));
      by_partition[{event.topic, partition}].push_back(&event);
    }
    Columns columns;
    for (const auto& [where, batch] : by_partition) {
      const auto& [topic, partition] = where;
      auto counter = transaction.Query(
          "UPDATE bus.partitions SET next_offset = next_offset + $3 WHERE topic = $1 AND partition = $2"
          " RETURNING next_offset, pg_notify($4, $1)",
          pg::Params(topic, partition, static_cast<std::int64_t>(batch.size()), kBusChannel));
      if (!counter) return std::unexpected(std::move(counter).error());
      if (counter->empty()) {
        const std::lock_guard lock(mutex_);
        partitions_.erase(topic);
        return Fail(Code::kNotFound, "the bus no longer has topic " + topic);
      }
      std::int64_t offset = (*counter)[0].Int("next_offset") - static_cast<std::int64_t>(batch.size());
      for (const Event* event : batch) columns.Add(*event, partition, offset++);
    }
    pg::Params params(columns.topics, columns.partitions, columns.offsets, columns.keys, columns.ids, columns.types,
                      columns.sources, columns.times, columns.sequences, columns.traceparents, columns.headers,
                      columns.payloads);
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "INSERT INTO bus.log (topic, partition, log_offset, key, event_id, type, source, event_time, sequence,"
        " traceparent, headers, payload, appended_time)"
        " SELECT topic, partition, log_offset, key, event_id, type, source, event_time::timestamptz, sequence,"
        " traceparent, headers::text[], decode(payload, 'hex'), clock_timestamp()"
        " FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], "
        "$8::text[],"
        " $9::bigint[], $10::text[], $11::text[], $12::text[])"
        " AS e (topic, partition, log_offset, key, event_id, type, source, event_time, sequence, traceparent, headers,"
        " payload)",
        params));
    return {};
  });
  if (!done) return done;
  std::map<std::string_view, std::int64_t> by_topic;
  for (const Event& event : events) ++by_topic[event.topic];
  for (const auto& [topic, count] : by_topic) metrics::Published(topic, count);
  return {};
}

Result<std::vector<PostgresLog::Record>> PostgresLog::Fetch(std::span<const Position> from, int limit,
                                                            std::int64_t bytes) {
  std::vector<std::string> topics;
  std::vector<std::int64_t> partitions, offsets;
  for (const Position& place : from) {
    topics.push_back(place.topic);
    partitions.push_back(place.partition);
    offsets.push_back(place.offset);
  }
  return pool_->Read([&](pg::Transaction& transaction) -> Result<std::vector<Record>> {
    auto rows = transaction.Query(
        "SELECT e.topic, e.partition, e.log_offset, e.key, e.event_id, e.type, e.source, e.event_time, e.sequence,"
        " e.traceparent, e.headers, e.payload"
        " FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS f (topic, partition, log_offset),"
        " LATERAL (SELECT l.*, sum(octet_length(l.payload)) OVER (ORDER BY l.log_offset) AS bytes"
        " FROM (SELECT * FROM bus.log WHERE topic = f.topic AND partition = f.partition::int"
        " AND log_offset >= f.log_offset ORDER BY log_offset LIMIT $4) AS l) AS e"
        // The length of a payload is known without reading it.
        " WHERE e.bytes - octet_length(e.payload) < $5 ORDER BY f.topic, f.partition, e.log_offset",
        pg::Params(topics, partitions, offsets, limit, bytes));
    if (!rows) return std::unexpected(std::move(rows).error());
    std::vector<Record> records;
    records.reserve(static_cast<std::size_t>(rows->size()));
    for (const pg::Row row : *rows) {
      Event event = ReadEvent(row);
      Position position{event.topic, static_cast<std::int32_t>(row.Int("partition")), row.Int("log_offset")};
      records.push_back({std::move(position), std::move(event)});
    }
    return records;
  });
}

Result<std::vector<PostgresLog::Extent>> PostgresLog::Extents(const std::vector<std::string>& topics) {
  return pool_->Read([&](pg::Transaction& transaction) -> Result<std::vector<Extent>> {
    auto rows = transaction.Query(
        "SELECT p.topic, p.partition, p.next_offset, coalesce((SELECT l.log_offset FROM bus.log l WHERE l.topic = "
        "p.topic"
        " AND l.partition = p.partition ORDER BY l.log_offset LIMIT 1), p.next_offset) AS first_offset"
        " FROM bus.partitions p WHERE p.topic = ANY ($1) ORDER BY p.topic, p.partition",
        pg::Params(topics));
    if (!rows) return std::unexpected(std::move(rows).error());
    std::vector<Extent> extents;
    for (const pg::Row row : *rows) {
      extents.push_back({row.String("topic"), static_cast<std::int32_t>(row.Int("partition")), row.Int("first_offset"),
                         row.Int("next_offset")});
    }
    return extents;
  });
}

Result<std::int64_t> PostgresLog::DeleteBefore(Time time, const std::stop_token& stop) {
  constexpr int kBatch = 500;
  auto partitions = pool_->Read([&](pg::Transaction& transaction) {
    return transaction.Query("SELECT topic, partition FROM bus.partitions ORDER BY topic, partition");
  });
  if (!partitions) return std::unexpected(std::move(partitions).error());
  std::int64_t total = 0;
  for (const pg::Row partition : *partitions) {
    while (!stop.stop_requested()) {
      auto deleted = pool_->Write([&](pg::Transaction& transaction) {
        // Rows of a partition are in the order of time: the oldest are at the head of the primary key.
        return transaction.Query(
            "DELETE FROM bus.log l USING (SELECT topic, partition, log_offset, appended_time FROM bus.log WHERE topic "
            "= $1"
            " AND partition = $2 ORDER BY log_offset LIMIT $3) AS head"
            " WHERE l.topic = head.topic AND l.partition = head.partition AND l.log_offset = head.log_offset"
            " AND head.appended_time < $4",
            pg::Params(partition.Text("topic"), partition.Int("partition"), kBatch, time));
      });
      if (!deleted) return std::unexpected(std::move(deleted).error());
      total += deleted->affected();
      if (deleted->affected() < kBatch) break;
    }
  }
  return total;
}

}  // namespace kimberlite::bus
