#include "services/ingest/adapters/pg_source_store.h"

#include <algorithm>
#include <cstdint>

#include "kimberlite/ingest/v1/events.pb.h"
#include "libs/base/id.h"
#include "libs/bus/outbox.h"
#include "services/ingest/core/identity.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kSettings =
    "source_id, name, feed_url, home_url, default_language_code, default_section_id, publish_at_once, "
    "poll_interval_ms, paused, time_zone, max_poll_interval_ms, removal_rule, withdraw_removed, "
    "keep_documents_days, max_pushed_per_minute";
constexpr std::string_view kStatus =
    "last_poll_time, CASE WHEN paused OR feed_url = '' THEN NULL ELSE next_poll_time END AS next_poll_time, "
    "last_http_status, "
    "poll_error, document_report, "
    "consecutive_failures, items_seen, items_taken, next_poll_reason, last_success_time, pause_reason, moved_to, "
    "moved_since_time, rhythm";
// When a host may be asked: $gap is in milliseconds.
constexpr std::string_view kHostFree =
    "greatest(h.last_request_time + $2 * interval '1 millisecond', h.busy_until, h.spare_until)";
constexpr int kHistorySlots = 50;

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
  source.max_poll_interval = milliseconds(row.Int("max_poll_interval_ms"));
  source.removal_rule = static_cast<RemovalRule>(row.Int("removal_rule"));
  source.withdraw_removed = row.Bool("withdraw_removed");
  source.keep_documents_days = static_cast<int>(row.Int("keep_documents_days"));
  source.max_pushed_per_minute = static_cast<int>(row.Int("max_pushed_per_minute"));
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
  record.status.next_poll_reason = row.String("next_poll_reason");
  record.status.last_success_time = row.OptionalInstant("last_success_time");
  record.status.pause_reason = row.String("pause_reason");
  record.status.moved_to = row.String("moved_to");
  record.status.moved_since_time = row.OptionalInstant("moved_since_time");
  record.status.items_per_day = Rhythm::Decode(row.Text("rhythm")).ItemsPerDay();
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

Result<void> SayPaused(pg::Transaction& transaction, const pg::Row& row, const std::string& reason, int http_status,
                       bool by_service, Time now, const std::string& traceparent) {
  v1::SourcePaused paused;
  paused.set_source_id(row.String("source_id"));
  paused.set_sequence(row.Int("sequence"));
  paused.set_name(row.String("name"));
  paused.set_feed_url(row.String("feed_url"));
  paused.set_reason(reason);
  paused.set_http_status(http_status);
  paused.set_by_service(by_service);
  bus::Event event;
  event.topic = kSourceTopic;
  event.key = paused.source_id();
  event.id = NewUuid();
  event.type = paused.GetTypeName();
  event.source = "ingest";
  event.time = now;
  event.sequence = paused.sequence();
  event.traceparent = ChildTraceparent(traceparent);
  event.payload = paused.SerializeAsString();
  return bus::Append(transaction, kSchema, event);
}

// The last stretch grows, or a new one begins.
Result<void> WriteHistory(pg::Transaction& transaction, const std::string& source_id, int slot,
                          const PollResult& result) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows grown,
      transaction.Query("UPDATE ingest.source_history SET until_time = clock_timestamp(), polls = polls + 1,"
                        " http_status = $4, items_taken = items_taken + $5"
                        " WHERE source_id = $1 AND slot = $2 AND error = $3",
                        pg::Params(source_id, slot, result.error, result.http_status, result.taken)));
  if (grown.affected() == 1) return {};
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO ingest.source_history (source_id, slot, since_time, until_time, polls, http_status, error, "
      "items_taken) VALUES ($1, $2, clock_timestamp(), clock_timestamp(), 1, $4, $3, $5)"
      " ON CONFLICT (source_id, slot) DO UPDATE SET since_time = excluded.since_time, until_time = excluded.until_time,"
      " polls = 1, http_status = excluded.http_status, error = excluded.error, items_taken = excluded.items_taken",
      pg::Params(source_id, (slot + 1) % kHistorySlots, result.error, result.http_status, result.taken)));
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("UPDATE ingest.sources SET history_slot = $2 WHERE source_id = $1",
                                               pg::Params(source_id, (slot + 1) % kHistorySlots)));
  return {};
}

}  // namespace

PgSourceStore::PgSourceStore(pg::Pool& pool, Options options) : pool_(pool), options_(std::move(options)) {}

Result<void> PgSourceStore::Put(const Source& source) {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    pg::Params params(source.source_id, source.name, source.feed_url, source.home_url, source.default_language_code,
                      source.default_section_id, source.publish_at_once,
                      static_cast<std::int64_t>(source.poll_interval.count()), source.paused, source.time_zone,
                      static_cast<std::int64_t>(source.max_poll_interval.count()),
                      static_cast<int>(source.removal_rule), source.withdraw_removed, source.keep_documents_days,
                      source.max_pushed_per_minute, HostOf(source.feed_url));
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        Sql({"INSERT INTO ingest.sources AS known (", kSettings,
             ", host, next_poll_time, next_poll_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
             "$13, $14, $15, $16, clock_timestamp(), 'the source is new')"
             " ON CONFLICT (source_id) DO UPDATE SET name = excluded.name, feed_url = excluded.feed_url, home_url = "
             "excluded.home_url,"
             " default_language_code = excluded.default_language_code, default_section_id = "
             "excluded.default_section_id,"
             " publish_at_once = excluded.publish_at_once, poll_interval_ms = excluded.poll_interval_ms, paused = "
             "excluded.paused,"
             " time_zone = excluded.time_zone, max_poll_interval_ms = excluded.max_poll_interval_ms, host = "
             "excluded.host, removal_rule = excluded.removal_rule, withdraw_removed = excluded.withdraw_removed,"
             " keep_documents_days = excluded.keep_documents_days,"
             " max_pushed_per_minute = excluded.max_pushed_per_minute,"
             " next_poll_time = excluded.next_poll_time, next_poll_reason = 'the settings of the source were written',"
             " poll_now = true, consecutive_failures = 0, pause_reason = '',"
             " etag = '', last_modified = '', moved_to = '', moved_since_time = NULL, moved_polls = 0,"
             // What was learnt is of the old feed.
             " rhythm = CASE WHEN known.feed_url = excluded.feed_url THEN known.rhythm ELSE '' END,"
             " last_success_time = CASE WHEN known.feed_url = excluded.feed_url THEN known.last_success_time END,"
             " lease_token = CASE WHEN known.feed_url = excluded.feed_url THEN known.lease_token END,"
             " lease_until = CASE WHEN known.feed_url = excluded.feed_url THEN known.lease_until END"}),
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
    SourceRecord record = RecordOf(rows[0]);
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows runs,
        transaction.Query("SELECT since_time, until_time, polls, http_status, error, items_taken"
                          " FROM ingest.source_history WHERE source_id = $1 ORDER BY since_time DESC",
                          pg::Params(source_id)));
    for (const pg::Row run : runs) {
      record.status.history.push_back({run.Instant("since_time"), run.Instant("until_time"), run.Int("polls"),
                                       static_cast<int>(run.Int("http_status")), run.String("error"),
                                       run.Int("items_taken")});
    }
    return record;
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
                          " next_poll_reason = 'somebody asked for it', poll_now = true WHERE source_id = $1 RETURNING "
                          "paused, feed_url = '' AS pushed, pg_notify($2, source_id)",
                          pg::Params(source_id, kDueChannel)));
    if (rows.empty()) return NoSource(source_id);
    if (rows[0].Bool("paused")) return Fail(Code::kFailedPrecondition, "source " + source_id + " is paused");
    if (rows[0].Bool("pushed"))
      return Fail(Code::kFailedPrecondition, "source " + source_id + " has no feed_url: its items are pushed");
    return {};
  });
}

Result<void> PgSourceStore::Pause(const std::string& source_id, const std::string& reason, Time now,
                                  const std::string& traceparent) {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("SELECT paused FROM ingest.sources WHERE source_id = $1 FOR UPDATE", pg::Params(source_id)));
    if (rows.empty()) return NoSource(source_id);
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows paused,
        transaction.Query("UPDATE ingest.sources SET pause_reason = $2, paused = true, lease_token = NULL, lease_until "
                          "= NULL, sequence = sequence + CASE WHEN paused THEN 0 ELSE 1 END WHERE source_id = $1"
                          " RETURNING source_id, name, feed_url, sequence",
                          pg::Params(source_id, reason)));
    if (rows[0].Bool("paused")) return {};
    return SayPaused(transaction, paused[0], reason, 0, false, now, traceparent);
  });
}

Result<void> PgSourceStore::Resume(const std::string& source_id) {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("SELECT paused FROM ingest.sources WHERE source_id = $1 FOR UPDATE", pg::Params(source_id)));
    if (rows.empty()) return NoSource(source_id);
    if (!rows[0].Bool("paused")) return {};
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("UPDATE ingest.sources SET paused = false, pause_reason = '', consecutive_failures = 0,"
                          " next_poll_time = clock_timestamp(), next_poll_reason = 'the source was resumed'"
                          " WHERE source_id = $1 RETURNING pg_notify($2, source_id)",
                          pg::Params(source_id, kDueChannel)));
    return {};
  });
}

struct PgSourceStore::Attempt {
  std::optional<Lease> lease;
  std::string refused_host;  // it may not be asked now, as another replica has just asked it
};

Result<void> PgSourceStore::TryClaim(pg::Transaction& transaction, const std::vector<std::string>& refused,
                                     Attempt& attempt) {
  attempt = {};
  const auto gap = static_cast<std::int64_t>(options_.host_gap.count());
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows due,
      transaction.Query(Sql({"SELECT s.source_id, s.host FROM ingest.sources s LEFT JOIN ingest.hosts h USING (host)"
                             " WHERE NOT s.paused AND s.feed_url <> '' AND s.next_poll_time <= clock_timestamp()"
                             " AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())"
                             " AND (h.host IS NULL OR ",
                             kHostFree,
                             " <= clock_timestamp() OR s.host = ANY ($1)) AND s.host <> ALL ($3)"
                             " ORDER BY s.next_poll_time LIMIT 1 FOR UPDATE OF s SKIP LOCKED"}),
                        pg::Params(options_.free_hosts, gap, refused)));
  if (due.empty()) return {};
  const std::string source_id = due[0].String("source_id");
  const std::string host = due[0].String("host");
  const auto lease_ms = static_cast<std::int64_t>(options_.lease.count());
  if (std::ranges::find(options_.free_hosts, host) == options_.free_hosts.end()) {
    // Whoever comes second waits here, and then sees that the host has just been asked.
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows asked,
        transaction.Query(Sql({"INSERT INTO ingest.hosts AS h (host, last_request_time, busy_until, spare_until)"
                               " VALUES ($1, clock_timestamp(), clock_timestamp(), clock_timestamp())"
                               " ON CONFLICT (host) DO UPDATE SET last_request_time = clock_timestamp() WHERE ",
                               kHostFree, " <= clock_timestamp() RETURNING h.host"}),
                          pg::Params(host, gap)));
    if (asked.empty()) {
      attempt.refused_host = host;
      return {};
    }
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows busy,
        transaction.Query(
            "UPDATE ingest.hosts AS h SET busy_until = CASE WHEN n.polls + 1 >= $2"
            " THEN clock_timestamp() + $3 * interval '1 millisecond' ELSE busy_until END"
            " FROM (SELECT count(*) AS polls FROM ingest.sources WHERE host = $1 AND lease_until > clock_timestamp()) n"
            " WHERE h.host = $1 RETURNING n.polls >= $2 AS full",
            pg::Params(host, options_.host_polls, lease_ms)));
    if (busy[0].Bool("full")) {
      attempt.refused_host = host;
      return {};
    }
  }
  const std::string token = NewUuid();
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          Sql({"UPDATE ingest.sources SET lease_token = $1, lease_until = clock_timestamp() + $2 * interval '1 "
               "millisecond', poll_now = false WHERE source_id = $3 RETURNING ",
               kSettings,
               ", etag, last_modified, consecutive_failures, last_success_time, rhythm, ttl_seconds, skip_hours,"
               " skip_days, moved_to, moved_since_time, moved_polls, renamed_items"}),
          pg::Params(token, lease_ms, source_id)));
  const pg::Row row = rows[0];
  Lease& lease = attempt.lease.emplace();
  lease.token = token;
  lease.source = SourceOf(row);
  lease.validators = {row.String("etag"), row.String("last_modified")};
  lease.consecutive_failures = static_cast<int>(row.Int("consecutive_failures"));
  lease.last_success_time = row.OptionalInstant("last_success_time");
  lease.rhythm = Rhythm::Decode(row.Text("rhythm"));
  lease.hints.ttl = std::chrono::floor<std::chrono::minutes>(std::chrono::seconds(row.Int("ttl_seconds")));
  lease.hints.skip_hours = static_cast<std::uint32_t>(row.Int("skip_hours"));
  lease.hints.skip_days = static_cast<std::uint32_t>(row.Int("skip_days"));
  lease.ids_churn = row.Int("renamed_items") >= kChurningRenames;
  lease.moved = {row.String("moved_to"), row.OptionalInstant("moved_since_time").value_or(Time()),
                 static_cast<int>(row.Int("moved_polls"))};
  return {};
}

Result<std::optional<Lease>> PgSourceStore::Claim() {
  // Each attempt is a transaction of its own: one that held the rows of two hosts could meet another the other way
  // round.
  std::vector<std::string> refused;
  constexpr int kAttempts = 8;
  for (int i = 0; i < kAttempts; ++i) {
    Attempt attempt;
    KIMBERLITE_RETURN_IF_ERROR(
        pool_.Write([&](pg::Transaction& transaction) { return TryClaim(transaction, refused, attempt); }));
    if (attempt.lease || attempt.refused_host.empty()) return std::move(attempt.lease);
    refused.push_back(attempt.refused_host);
  }
  return std::nullopt;
}

Result<void> PgSourceStore::Renew(const Lease& lease) {
  return pool_.Write([&](pg::Transaction& transaction) { return Hold(transaction, lease); });
}

Result<void> PgSourceStore::Finish(const Lease& lease, const PollResult& result) {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    const auto& validators = result.validators;
    const bool pause = !result.pause_reason.empty();
    pg::Params params(lease.source.source_id, lease.token, result.http_status, result.error, result.report, result.seen,
                      static_cast<std::int64_t>(result.next_in.count()));
    params.Add(validators ? std::optional(validators->etag) : std::nullopt);
    params.Add(validators ? std::optional(validators->last_modified) : std::nullopt);
    params.Add(result.why).Add(result.rhythm ? std::optional(result.rhythm->Encode()) : std::nullopt);
    const auto seconds = [](std::chrono::minutes ttl) { return std::chrono::seconds(ttl).count(); };
    params.Add(result.hints ? std::optional<std::int64_t>(seconds(result.hints->ttl)) : std::nullopt);
    params.Add(result.hints ? std::optional<std::int64_t>(result.hints->skip_hours) : std::nullopt);
    params.Add(result.hints ? std::optional<std::int64_t>(result.hints->skip_days) : std::nullopt);
    const bool moved = result.moved && !result.moved->url.empty();
    params.Add(result.moved.has_value()).Add(moved ? result.moved->url : "");
    params.Add(moved ? std::optional(result.moved->since) : std::nullopt).Add(moved ? result.moved->polls : 0);
    params.Add(result.new_feed_url).Add(result.new_feed_url.empty() ? "" : HostOf(result.new_feed_url));
    params.Add(pause).Add(result.pause_reason);
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(
            "UPDATE ingest.sources SET last_poll_time = clock_timestamp(), last_http_status = $3, poll_error = $4,"
            " document_report = coalesce($5, document_report),"
            " consecutive_failures = CASE WHEN $4 = '' THEN 0 ELSE consecutive_failures + 1 END,"
            " last_success_time = CASE WHEN $4 = '' THEN clock_timestamp() ELSE last_success_time END,"
            " items_seen = items_seen + $6,"
            // What was asked for while the poll ran is done next, with the settings that hold then.
            " next_poll_time = CASE WHEN poll_now THEN clock_timestamp()"
            " ELSE clock_timestamp() + $7 * interval '1 millisecond' END,"
            " next_poll_reason = CASE WHEN poll_now THEN next_poll_reason ELSE $10 END,"
            " etag = CASE WHEN poll_now THEN etag ELSE coalesce($8, etag) END,"
            " last_modified = CASE WHEN poll_now THEN last_modified ELSE coalesce($9, last_modified) END,"
            " rhythm = coalesce($11, rhythm), ttl_seconds = coalesce($12, ttl_seconds),"
            " skip_hours = coalesce($13, skip_hours), skip_days = coalesce($14, skip_days),"
            " moved_to = CASE WHEN $15 THEN $16 ELSE moved_to END,"
            " moved_since_time = CASE WHEN $15 THEN $17 ELSE moved_since_time END,"
            " moved_polls = CASE WHEN $15 THEN $18 ELSE moved_polls END,"
            " feed_url = CASE WHEN $19 = '' THEN feed_url ELSE $19 END, host = CASE WHEN $19 = '' THEN host ELSE $20 "
            "END,"
            // Settings that were written while the poll ran may have mended what it met.
            " paused = paused OR ($21 AND NOT poll_now),"
            " pause_reason = CASE WHEN $21 AND NOT poll_now THEN $22 ELSE pause_reason END,"
            " sequence = sequence + CASE WHEN $21 AND NOT poll_now AND NOT paused THEN 1 ELSE 0 END,"
            " lease_token = NULL, lease_until = NULL"
            " WHERE source_id = $1 AND lease_token = $2 RETURNING source_id, name, feed_url, sequence, history_slot,"
            " $21 AND NOT poll_now AS paused_now",
            params));
    if (rows.empty()) return LeaseLost(lease);
    KIMBERLITE_RETURN_IF_ERROR(
        WriteHistory(transaction, lease.source.source_id, static_cast<int>(rows[0].Int("history_slot")), result));
    if (rows[0].Bool("paused_now")) {
      KIMBERLITE_RETURN_IF_ERROR(SayPaused(transaction, rows[0], result.pause_reason, result.http_status, true,
                                           result.finished_time, ChildTraceparent("")));
    }
    return FreeHost(transaction, lease, result.spare_host, result.next_in);
  });
}

Result<void> PgSourceStore::FreeHost(pg::Transaction& transaction, const Lease& lease, bool spare, milliseconds time) {
  // A host full of feeds is not silenced by one of them for longer than this.
  constexpr milliseconds kLongest = std::chrono::hours(1);
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "UPDATE ingest.hosts SET busy_until = clock_timestamp(), spare_until = CASE WHEN $2 THEN greatest(spare_until,"
      " clock_timestamp() + $3 * interval '1 millisecond') ELSE spare_until END WHERE host = $1",
      pg::Params(HostOf(lease.source.feed_url), spare, static_cast<std::int64_t>(std::min(time, kLongest).count()))));
  return {};
}

Result<void> PgSourceStore::Release(const Lease& lease) {
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "UPDATE ingest.sources SET lease_token = NULL, lease_until = NULL WHERE source_id = $1 AND lease_token = $2"
        " RETURNING pg_notify($3, source_id)",
        pg::Params(lease.source.source_id, lease.token, kDueChannel)));
    return FreeHost(transaction, lease, false, {});
  });
}

Result<std::optional<milliseconds>> PgSourceStore::UntilNextDue() {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<std::optional<milliseconds>> {
    // Those that are due already are being polled, or wait for their host. They stand first, and are few.
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(Sql({"SELECT ceil(extract(epoch FROM min(greatest(next_poll_time, lease_until,"
                               " CASE WHEN soonest.host <> ALL ($1) THEN ",
                               kHostFree,
                               " END)) - clock_timestamp()) * 1000)::bigint AS ms"
                               " FROM (SELECT next_poll_time, lease_until, host FROM ingest.sources WHERE NOT paused"
                               " ORDER BY next_poll_time LIMIT 100) soonest LEFT JOIN ingest.hosts h USING (host)"}),
                          pg::Params(options_.free_hosts, static_cast<std::int64_t>(options_.host_gap.count()))));
    if (rows.empty() || rows[0].IsNull("ms")) return std::nullopt;
    return milliseconds(std::max<std::int64_t>(rows[0].Int("ms"), 0));
  });
}

Result<std::optional<Source>> PgSourceStore::Lock(pg::Transaction& transaction, const std::string& source_id) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(Sql({"SELECT ", kSettings, " FROM ingest.sources WHERE source_id = $1 FOR UPDATE"}),
                        pg::Params(source_id)));
  if (rows.empty()) return std::nullopt;
  return SourceOf(rows[0]);
}

Result<void> PgSourceStore::Hold(pg::Transaction& transaction, const Lease& lease) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "UPDATE ingest.sources SET lease_until = clock_timestamp() + $3 * interval '1 millisecond'"
          " WHERE source_id = $1 AND lease_token = $2 RETURNING source_id",
          pg::Params(lease.source.source_id, lease.token, static_cast<std::int64_t>(options_.lease.count()))));
  if (rows.empty()) return LeaseLost(lease);
  return {};
}

}  // namespace kimberlite::ingest
