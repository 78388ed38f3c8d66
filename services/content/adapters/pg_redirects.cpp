#include "services/content/adapters/pg_redirects.h"

namespace kimberlite::content {
namespace {

template <typename T>
std::optional<T> NullIf(const T& value, const T& none) {
  return value == none ? std::nullopt : std::optional<T>(value);
}

Redirect RedirectOf(const pg::Row& row) {
  return {.path = row.String("path"),
          .article_id = row.IsNull("article_id") ? 0 : row.Int("article_id"),
          .section_id = row.String("section_id"),
          .concept_id = row.IsNull("concept_id") ? 0 : row.Int("concept_id"),
          .target_path = row.String("target_path"),
          .gone = row.Bool("gone"),
          .language_code = row.String("language_code")};
}

}  // namespace

Result<void> PutRedirect(pg::Transaction& transaction, const Redirect& redirect, Time now) {
  if (redirect.article_id != 0) {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("SELECT 1 FROM content.articles WHERE article_id = $1", pg::Params(redirect.article_id)));
    if (rows.empty()) {
      return Fail(Error::Field(Code::kNotFound, "redirect.article_id",
                               "article " + std::to_string(redirect.article_id) + " does not exist"));
    }
  }
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO content.redirects (path, article_id, section_id, concept_id, target_path, gone, language_code,"
      " created_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (path) DO UPDATE SET"
      " article_id = excluded.article_id, section_id = excluded.section_id, concept_id = excluded.concept_id,"
      " target_path = excluded.target_path, gone = excluded.gone, language_code = excluded.language_code",
      pg::Params(redirect.path, NullIf<std::int64_t>(redirect.article_id, 0),
                 NullIf(redirect.section_id, std::string()), NullIf<std::int64_t>(redirect.concept_id, 0),
                 NullIf(redirect.target_path, std::string()), redirect.gone, redirect.language_code, now)));
  return {};
}

Result<void> DeleteRedirect(pg::Transaction& transaction, const std::string& path) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query("DELETE FROM content.redirects WHERE path = $1", pg::Params(path)));
  if (rows.affected() == 0) return Fail(Error::Field(Code::kNotFound, "path", "no redirect of that address exists"));
  return {};
}

Result<std::optional<Redirect>> FindRedirect(pg::Transaction& transaction, const std::vector<std::string>& candidates) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT path, article_id, section_id, concept_id, target_path, gone, language_code"
                        " FROM content.redirects WHERE path = ANY ($1::text[])"
                        " ORDER BY array_position($1::text[], path) LIMIT 1",
                        pg::Params(candidates)));
  if (rows.empty()) return std::optional<Redirect>();
  return std::optional<Redirect>(RedirectOf(rows[0]));
}

Result<std::vector<Redirect>> ListRedirects(pg::Transaction& transaction, const std::string& after_path, int limit) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT path, article_id, section_id, concept_id, target_path, gone, language_code"
                        " FROM content.redirects WHERE path > $1 ORDER BY path LIMIT $2",
                        pg::Params(after_path, limit)));
  std::vector<Redirect> redirects;
  for (const pg::Row& row : rows) redirects.push_back(RedirectOf(row));
  return redirects;
}

}  // namespace kimberlite::content
