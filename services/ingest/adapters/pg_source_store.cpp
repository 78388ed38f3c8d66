#include "services/ingest/adapters/pg_source_store.h"

#include "libs/base/id.h"

namespace kimberlite::ingest {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kSettings =
    "source_id, name, feed_url, home_url, default_language_code, default_section_id, publish_at_once, "
    "poll_interval_ms, paused, time_zone";
constexpr std::string_view kStatus =
    "last_poll_time, CASE WHEN paused THEN NULL ELSE next_poll_time END AS next_poll_time, last_http_status, "
    "poll_error, document_report, "
    "consecutive_failures, items_seen, items_taken";

Source SourceOf(const pg::Row& row) {
  Source source;
  source.source_id = row.String("source_id");
  source.name = row.String("name");
  source.feed_url = row.String("feed_url");
  source.home_url = row.String("home_url");
  source.default_language_code = row.String("default_language_code");
  source.default_section_id = row.String("default_section_id");
  source.publish_at_once = row.Bool("publish_at_once");
  source.poll_interval = milliseconds(row.Int("poll_interval_ms"));
  source.paused = row.Bool("paused");
  source.time_zone = row.String("time_zone");
  return source;
}

SourceRecord RecordOf(const pg::Row& row) {
  SourceRecord record{SourceOf(row), {}};
  record.status.last_poll_time = row.OptionalInstant("last_poll_time");
  record.status.next_poll_time = row.OptionalInstant("next_poll_time");
  record.status.last_http_status = static_cast<int>(row.Int("last_http_status"));
  record.status.last_error = row.Text("poll_error").empty() ? row.String("document_report") : row.String("poll_error");
  record.status.consecutive_failures = static_cast<int>(row.Int("consecutive_failures"));
  record.status.items_seen = row.Int("items_seen");
  record.status.items_taken = row.Int("items_taken");
  return record;
}

std::string Sql(std::initializer_list<std::string_view> parts) {
  std::string sql;
  for (const std::string_view part : parts) sql += part;
  return sql;
}

std::unexpected<Error> LeaseLost(const Lease& lease) {
  return Fail(Code::kAborted,
              "the lease of source " + lease.source.source_id + " was lost: another poll has taken it over");
}

std::unexpected<Error> NoSource(const std::string& source_id) {
  return Fail(Code::kNotFound, "source " + source_id + " does not exist");
}

}  // namespace

Result<void> PgSourceStore::Put(const Source& source) {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    pg::Params params(source.source_id, source.name, source.feed_url, source.home_url, source.default_language_code,
                      source.default_section_id, source.publish_at_once,
                      static_cast<std::int64_t>(source.poll_interval.count()), source.paused, source.time_zone);
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        Sql({"INSERT INTO ingest.sources (", kSettings,
             ", next_poll_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())"
             " ON CONFLICT (source_id) DO UPDATE SET name = excluded.name, feed_url = excluded.feed_url, home_url = "
             "excluded.home_url,"
             " default_language_code = excluded.default_language_code, default_section_id = "
             "excluded.default_section_id,"
             " publish_at_once = excluded.publish_at_once, poll_interval_ms = excluded.poll_interval_ms, paused = "
             "excluded.paused,"
             " time_zone = excluded.time_zone, next_poll_time = excluded.next_poll_time, poll_now = true, "
             "consecutive_failures = 0,"
             " etag = '', last_modified = '',"
             " lease_token = CASE WHEN sources.feed_url = excluded.feed_url THEN sources.lease_token END,"
             " lease_until = CASE WHEN sources.feed_url = excluded.feed_url THEN sources.lease_until END"}),
        params));
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("SELECT pg_notify($1, $2)", pg::Params(kDueChannel, source.source_id)));
    return {};
  });
}

Result<SourceRecord> PgSourceStore::Get(const std::string& source_id) {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<SourceRecord> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(Sql({"SELECT ", kSettings, ", ", kStatus, " FROM ingest.sources WHERE source_id = $1"}),
                          pg::Params(source_id)));
    if (rows.empty()) return NoSource(source_id);
    return RecordOf(rows[0]);
  });
}

Result<std::vector<SourceRecord>> PgSourceStore::List(const std::string& after, int limit) {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<std::vector<SourceRecord>> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(Sql({"SELECT ", kSettings, ", ", kStatus,
                               " FROM ingest.sources WHERE source_id > $1 ORDER BY source_id LIMIT $2"}),
                          pg::Params(after, limit)));
    std::vector<SourceRecord> records;
    for (const pg::Row row : rows) records.push_back(RecordOf(row));
    return records;
  });
}

Result<void> PgSourceStore::MakeDue(const std::string& source_id) {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("UPDATE ingest.sources SET next_poll_time = least(next_poll_time, clock_timestamp()),"
                          " poll_now = true WHERE source_id = $1 RETURNING paused, pg_notify($2, source_id)",
                          pg::Params(source_id, kDueChannel)));
    if (rows.empty()) return NoSource(source_id);
    if (rows[0].Bool("paused")) return Fail(Code::kFailedPrecondition, "source " + source_id + " is paused");
    return {};
  });
}

Result<std::optional<Lease>> PgSourceStore::Claim() {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<std::optional<Lease>> {
    const std::string token = NewUuid();
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(
            Sql({"UPDATE ingest.sources SET lease_token = $1, lease_until = clock_timestamp() + $2 * interval '1 "
                 "millisecond',"
                 " poll_now = false WHERE source_id = (SELECT source_id FROM ingest.sources WHERE NOT paused"
                 " AND next_poll_time <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())"
                 " ORDER BY next_poll_time LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING ",
                 kSettings, ", etag, last_modified, consecutive_failures"}),
            pg::Params(token, static_cast<std::int64_t>(lease_.count()))));
    if (rows.empty()) return std::nullopt;
    return Lease{token,
                 SourceOf(rows[0]),
                 {rows[0].String("etag"), rows[0].String("last_modified")},
                 static_cast<int>(rows[0].Int("consecutive_failures"))};
  });
}

Result<void> PgSourceStore::Renew(const Lease& lease) {
  return pool_.Write([&](pg::Transaction& transaction) { return Hold(transaction, lease); });
}

Result<void> PgSourceStore::Finish(const Lease& lease, const PollResult& result) {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    const auto& validators = result.validators;
    pg::Params params(lease.source.source_id, lease.token, result.http_status, result.error, result.report, result.seen,
                      static_cast<std::int64_t>(result.next_in.count()));
    params.Add(validators ? std::optional(validators->etag) : std::nullopt);
    params.Add(validators ? std::optional(validators->last_modified) : std::nullopt);
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(
            "UPDATE ingest.sources SET last_poll_time = clock_timestamp(), last_http_status = $3, poll_error = $4,"
            " document_report = coalesce($5, document_report),"
            " consecutive_failures = CASE WHEN $4 = '' THEN 0 ELSE consecutive_failures + 1 END,"
            " items_seen = items_seen + $6,"
            // What was asked for while the poll ran is done next, with the settings that hold then.
            " next_poll_time = CASE WHEN poll_now THEN clock_timestamp()"
            " ELSE clock_timestamp() + $7 * interval '1 millisecond' END,"
            " etag = CASE WHEN poll_now THEN etag ELSE coalesce($8, etag) END,"
            " last_modified = CASE WHEN poll_now THEN last_modified ELSE coalesce($9, last_modified) END,"
            " lease_token = NULL, lease_until = NULL"
            " WHERE source_id = $1 AND lease_token = $2 RETURNING source_id",
            params));
    if (rows.empty()) return LeaseLost(lease);
    return {};
  });
}

Result<void> PgSourceStore::Release(const Lease& lease) {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "UPDATE ingest.sources SET lease_token = NULL, lease_until = NULL WHERE source_id = $1 AND lease_token = $2"
        " RETURNING pg_notify($3, source_id)",
        pg::Params(lease.source.source_id, lease.token, kDueChannel)));
    return {};
  });
}

Result<std::optional<milliseconds>> PgSourceStore::UntilNextDue() {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<std::optional<milliseconds>> {
    // Those that are due already are being polled: their leases count. They stand first, and are few.
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                                transaction.Query("SELECT ceil(extract(epoch FROM min(greatest(next_poll_time, "
                                                  "lease_until)) - clock_timestamp()) * 1000)::bigint AS ms"
                                                  " FROM (SELECT next_poll_time, lease_until FROM ingest.sources WHERE "
                                                  "NOT paused ORDER BY next_poll_time LIMIT 100) soonest"));
    if (rows.empty() || rows[0].IsNull("ms")) return std::nullopt;
    return milliseconds(std::max<std::int64_t>(rows[0].Int("ms"), 0));
  });
}

Result<void> PgSourceStore::Hold(pg::Transaction& transaction, const Lease& lease) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("UPDATE ingest.sources SET lease_until = clock_timestamp() + $3 * interval '1 millisecond'"
                        " WHERE source_id = $1 AND lease_token = $2 RETURNING source_id",
                        pg::Params(lease.source.source_id, lease.token, static_cast<std::int64_t>(lease_.count()))));
  if (rows.empty()) return LeaseLost(lease);
  return {};
}

}  // namespace kimberlite::ingest
