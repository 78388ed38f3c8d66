#include "services/content/adapters/pg_change_log.h"

namespace kimberlite::content {

Result<void> QueueChange(pg::Transaction& transaction, const v1::ArticleChanged& event, Time time) {
  pg::Params params(event.article_id(), event.sequence(), time);
  params.AddBytes(event.SerializeAsString());
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO content.change_queue (article_id, sequence, changed_time, event) VALUES ($1, $2, $3, $4)", params));
  return {};
}

Result<int> TakeIntoLog(pg::Pool& pool, int limit) {
  return pool.Write([&](pg::Transaction& transaction) -> Result<int> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows lock,
        transaction.Query(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('kimberlite.content.changes', 0)) AS locked"));
    if (!lock[0].Bool("locked")) return 0;
    // The ids of one article grow with its sequence: its row is locked while they are drawn. nextval stands outside of
    // the sort, so that positions follow it.
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows taken,
        transaction.Query("WITH taken AS (DELETE FROM content.change_queue WHERE id IN"
                          " (SELECT id FROM content.change_queue ORDER BY id LIMIT $1)"
                          " RETURNING id, article_id, sequence, changed_time, event)"
                          " INSERT INTO content.changes (position, article_id, sequence, changed_time, event)"
                          " SELECT nextval('content.change_positions'), article_id, sequence, changed_time, event FROM"
                          " (SELECT article_id, sequence, changed_time, event FROM taken ORDER BY id) AS sorted",
                          pg::Params(limit)));
    return static_cast<int>(taken.affected());
  });
}

Result<std::vector<LoggedChange>> ReadLog(pg::Transaction& transaction, std::int64_t after_position, int limit) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "SELECT position, article_id FROM content.changes WHERE position > $1 ORDER BY position LIMIT $2",
          pg::Params(after_position, limit)));
  std::vector<LoggedChange> changes;
  for (const pg::Row& row : rows) changes.push_back({row.Int("position"), row.Int("article_id")});
  return changes;
}

const char* const kReadChangesSql =
    "SELECT position, event FROM content.changes WHERE position > $1 ORDER BY position LIMIT $2";

Result<std::vector<ReadChange>> ReadChanges(pg::Transaction& transaction, std::int64_t after_position, int limit) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query(kReadChangesSql, pg::Params(after_position, limit)));
  std::vector<ReadChange> changes;
  for (const pg::Row& row : rows) {
    ReadChange& change = changes.emplace_back();
    change.position = row.Int("position");
    if (!change.event.ParseFromString(row.Bytes("event"))) {
      return Fail(Code::kDataLoss, "change " + std::to_string(change.position) + " of the log cannot be read");
    }
  }
  return changes;
}

Result<LogBounds> ReadLogBounds(pg::Transaction& transaction) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT kept_after, encode(cursor_key, 'hex') AS cursor_key,"
                        " coalesce((SELECT max(position) FROM content.changes), kept_after) AS newest"
                        " FROM content.changes_state"));
  return LogBounds{rows[0].Int("kept_after"), rows[0].Int("newest"), rows[0].String("cursor_key")};
}

Result<std::int64_t> ForgetChanges(pg::Transaction& transaction, Time before, int limit) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows forgotten,
      transaction.Query("WITH old AS (DELETE FROM content.changes WHERE position IN"
                        " (SELECT position FROM content.changes WHERE changed_time < $1"
                        "  AND position <= (SELECT position FROM content.search_state) ORDER BY position LIMIT $2)"
                        " RETURNING position)"
                        " UPDATE content.changes_state SET kept_after = (SELECT max(position) FROM old)"
                        " WHERE EXISTS (SELECT 1 FROM old) RETURNING (SELECT count(*) FROM old) AS count",
                        pg::Params(before, limit)));
  return forgotten.empty() ? 0 : forgotten[0].Int("count");
}

}  // namespace kimberlite::content
