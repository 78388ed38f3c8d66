#include "services/tagging/adapters/pg_suggestion_store.h"

namespace kimberlite::tagging {
namespace {

constexpr const char* kRead =
    "SELECT sequence, article_sequence, text_digest, suggestions FROM tagging.suggestions WHERE article_id = $1";

Result<std::optional<StoredSuggestions>> Read(pg::Transaction& transaction, const std::string& statement,
                                              std::int64_t article_id) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(statement, pg::Params(article_id)));
  if (rows.empty()) return std::nullopt;
  StoredSuggestions stored{.sequence = rows[0].Int("sequence"),
                           .article_sequence = rows[0].Int("article_sequence"),
                           .text_digest = rows[0].String("text_digest")};
  if (!stored.explained.ParseFromString(rows[0].Bytes("suggestions"))) {
    return Fail(Code::kDataLoss, "the suggestions of article " + std::to_string(article_id) + " cannot be read");
  }
  return stored;
}

}  // namespace

Result<StoredSuggestions> LockSuggestions(pg::Transaction& transaction, std::int64_t article_id) {
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO tagging.suggestions"
                        " (article_id, sequence, article_sequence, text_digest, suggestions)"
                        " VALUES ($1, 0, 0, '', '') ON CONFLICT DO NOTHING",
                        pg::Params(article_id)));
  KIMBERLITE_ASSIGN_OR_RETURN(auto stored, Read(transaction, std::string(kRead) + " FOR UPDATE", article_id));
  return std::move(*stored);
}

Result<void> SaveSuggestions(pg::Transaction& transaction, std::int64_t article_id,
                             const StoredSuggestions& suggestions) {
  pg::Params params(article_id, suggestions.sequence, suggestions.article_sequence, suggestions.text_digest);
  params.AddBytes(suggestions.explained.SerializeAsString());
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("UPDATE tagging.suggestions SET sequence = $2, article_sequence = $3,"
                        " text_digest = $4, suggestions = $5 WHERE article_id = $1",
                        params));
  return {};
}

Result<std::optional<StoredSuggestions>> ReadSuggestions(pg::Transaction& transaction, std::int64_t article_id) {
  return Read(transaction, kRead, article_id);
}

}  // namespace kimberlite::tagging
