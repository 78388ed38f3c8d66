#include "libs/bus/outbox.h"

#include "libs/bus/postgres_log.h"

namespace kimberlite {
namespace outbox {
std::span<const pg::Migration> Migrations();  // made from outbox_migrations/
}  // namespace outbox

namespace bus {

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
