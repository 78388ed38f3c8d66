#include "libs/bus/outbox.h"

#include <cstdint>
#include <vector>

#include "libs/base/text.h"
#include "libs/base/time.h"
#include "libs/bus/postgres_log.h"

namespace kimberlite {
namespace outbox {
std::span<const pg::Migration> Migrations();  // made from outbox_migrations/
}  // namespace outbox

namespace bus {

namespace {

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    hex[2 * i] = kDigits[byte >> 4];
    hex[2 * i + 1] = kDigits[byte & 15];
  }
  return hex;
}

}  // namespace

Result<int> MigrateOutbox(const std::string& postgres_url, std::string_view schema) {
  return pg::Migrate(postgres_url, schema, outbox::Migrations());
}

std::string OutboxChannel(std::string_view schema) { return "kimberlite_outbox_" + std::string(schema); }

Result<void> Append(pg::Transaction& transaction, std::string_view schema, const Event& event) {
  KIMBERLITE_RETURN_IF_ERROR(CheckEvent(event));
  pg::Params params(event.topic, event.key, event.id, event.type, event.source, event.time, event.sequence,
                    event.traceparent, FlattenHeaders(event.headers));
  params.AddBytes(event.payload).Add(OutboxChannel(schema));
  // The notification is part of the transaction: nobody is woken before the commit, or by a rollback.
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO " + std::string(schema) +
          ".outbox (topic, key, event_id, type, source, event_time, sequence, traceparent, headers, payload)"
          " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING pg_notify($11, '')",
      params));
  return {};
}

Result<void> AppendAll(pg::Transaction& transaction, std::string_view schema, std::span<const Event> events) {
  if (events.empty()) return {};
  constexpr char kUnit = '\x1f';  // between the parts of a row's headers, which hold no control characters
  std::vector<std::string> topics, keys, ids, types, sources, times, traceparents, headers, payloads;
  std::vector<std::int64_t> sequences;
  for (const Event& event : events) {
    KIMBERLITE_RETURN_IF_ERROR(CheckEvent(event));
    topics.push_back(event.topic);
    keys.push_back(event.key);
    ids.push_back(event.id);
    types.push_back(event.type);
    sources.push_back(event.source);
    times.push_back(FormatRfc3339(event.time));
    sequences.push_back(event.sequence);
    traceparents.push_back(event.traceparent);
    const std::vector<std::string> flat = FlattenHeaders(event.headers);
    for (const std::string& part : flat) {
      if (part.find(kUnit) != std::string::npos)
        return Fail(Code::kInvalidArgument, "event " + event.id + ": a header holds a control character");
    }
    headers.push_back(Join(flat, std::string_view(&kUnit, 1)));
    payloads.push_back(Hex(event.payload));
  }
  pg::Params params(topics, keys, ids, types, sources, times, sequences, traceparents, headers, payloads);
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO " + std::string(schema) +
          ".outbox (topic, key, event_id, type, source, event_time, sequence, traceparent, headers, payload)"
          " SELECT e.topic, e.key, e.event_id, e.type, e.source, e.event_time::timestamptz, e.sequence, e.traceparent,"
          " string_to_array(e.headers, E'\\x1f'), decode(e.payload, 'hex')"
          " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],"
          " $8::text[], $9::text[], $10::text[]) WITH ORDINALITY AS e (topic, key, event_id, type, source, event_time,"
          " sequence, traceparent, headers, payload, place) ORDER BY e.place",
      params));
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("SELECT pg_notify($1, '')", pg::Params(OutboxChannel(schema))));
  return {};
}

Result<std::optional<std::int64_t>> FirstUnsent(pg::Transaction& transaction, std::string_view schema,
                                                std::string_view topic, std::string_view key) {
  // By the index of what is unsent, which is little.
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query("SELECT min(sequence) AS sequence FROM " + std::string(schema) +
                                                    ".outbox WHERE sent_time IS NULL AND topic = $1 AND key = $2",
                                                pg::Params(topic, key)));
  if (rows[0].IsNull("sequence")) return std::nullopt;
  return rows[0].Int("sequence");
}

Result<bool> FirstTime(pg::Transaction& transaction, std::string_view schema, std::string_view consumer,
                       const Event& event) {
  // A second transaction with the same event waits here until the first has ended.
  auto inserted = transaction.Query(
      "INSERT INTO " + std::string(schema) + ".inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
      pg::Params(consumer, event.id));
  if (!inserted) return std::unexpected(std::move(inserted).error());
  return inserted->affected() == 1;
}

}  // namespace bus
}  // namespace kimberlite
