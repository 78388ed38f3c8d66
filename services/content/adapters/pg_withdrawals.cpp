#include "services/content/adapters/pg_withdrawals.h"

namespace kimberlite::content {
namespace {

constexpr std::chrono::hours kKept{30 * 24};
// Above every sort key, which are hex digits.
constexpr const char* kHighest = "~";

}  // namespace

const char* const kWithdrawalsSql =
    "SELECT article_id, sort_key, withdrawn_time FROM content.list_withdrawals"
    " WHERE list_key = $1 AND sort_key BETWEEN $2 AND $3 AND withdrawn_time > $4"
    " ORDER BY withdrawn_time DESC, article_id DESC LIMIT $5";

Result<void> NoteWithdrawals(pg::Transaction& transaction, const Article& after, const ListDiff& lists, Time now) {
  std::vector<std::string> left, left_at, back;
  for (const ListPlace& place : lists.removed) {
    const Translation* translation = after.Find(place.language_code);
    if (translation && translation->state == TranslationState::kWithdrawn) {
      left.push_back(place.list_key);
      left_at.push_back(place.sort_key);
    }
  }
  for (const ListPlace& place : lists.added) back.push_back(place.list_key);
  if (!left.empty()) {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "INSERT INTO content.list_withdrawals (list_key, article_id, sort_key, withdrawn_time)"
        " SELECT list_key, $1, sort_key, $2 FROM unnest($3::text[], $4::text[]) AS t (list_key, sort_key)"
        " ON CONFLICT (list_key, article_id) DO UPDATE SET sort_key = excluded.sort_key,"
        " withdrawn_time = excluded.withdrawn_time",
        pg::Params(after.article_id, now, left, left_at)));
  }
  if (!back.empty()) {
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("DELETE FROM content.list_withdrawals WHERE list_key = ANY ($1) AND article_id = $2",
                          pg::Params(back, after.article_id)));
  }
  return {};
}

Result<std::vector<Withdrawal>> ReadWithdrawals(pg::Transaction& transaction, const std::string& list_key,
                                                const std::string& low, const std::string& high, int count, Time now) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(kWithdrawalsSql,
                        pg::Params(list_key, low, high.empty() ? std::string(kHighest) : high, now - kKept, count)));
  std::vector<Withdrawal> withdrawals;
  for (int i = 0; i < rows.size(); ++i) {
    const pg::Row row = rows[i];
    withdrawals.push_back({row.Int("article_id"), row.String("sort_key"), row.Instant("withdrawn_time")});
  }
  return withdrawals;
}

Result<std::int64_t> SweepWithdrawals(pg::Transaction& transaction, Time now, int count) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows swept,
      transaction.Query("DELETE FROM content.list_withdrawals WHERE (list_key, article_id) IN"
                        " (SELECT list_key, article_id FROM content.list_withdrawals WHERE withdrawn_time < $1"
                        " ORDER BY withdrawn_time LIMIT $2 FOR UPDATE SKIP LOCKED)",
                        pg::Params(now - kKept, count)));
  return swept.affected();
}

}  // namespace kimberlite::content
