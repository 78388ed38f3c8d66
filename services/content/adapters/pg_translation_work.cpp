#include "services/content/adapters/pg_translation_work.h"

#include <charconv>
#include <vector>

#include "libs/base/text.h"
#include "services/content/adapters/content_messages.h"

namespace kimberlite::content {
namespace {

bool ReadNumber(std::string_view text, std::int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

// Fills in what the languages lack.
Result<void> ReadLanguages(pg::Transaction& transaction, const Site& site, v1::ListTranslationWorkResponse& response) {
  std::vector<std::int64_t> ids;
  for (v1::ArticleWork& work : *response.mutable_articles()) {
    ids.push_back(work.article_id());
    for (const SiteLanguage& language : site.languages) {
      if (language.language_code == work.original_language_code()) continue;
      work.add_languages()->set_language_code(language.language_code);
    }
  }
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "SELECT t.article_id, t.language_code, t.state, t.version, t.headline, t.behind, t.behind_since,"
          " coalesce(cardinality(t.paragraphs), 0) / 2 AS paragraphs"
          " FROM content.translations AS t WHERE t.article_id = ANY ($1::bigint[])",
          pg::Params(ids)));
  for (const pg::Row& row : rows) {
    for (v1::ArticleWork& work : *response.mutable_articles()) {
      if (work.article_id() != row.Int("article_id")) continue;
      const bool original = work.original_language_code() == row.Text("language_code");
      if (original) work.set_headline(row.String("headline"));
      for (v1::TranslationWork& language : *work.mutable_languages()) {
        if (original && language.state() != v1::TRANSLATION_STATE_UNSPECIFIED) {
          language.mutable_drift()->set_paragraphs_total(static_cast<std::int32_t>(row.Int("paragraphs")));
        }
        if (language.language_code() != row.Text("language_code")) continue;
        language.set_state(static_cast<v1::TranslationState>(row.Int("state")));
        language.set_version(static_cast<std::int32_t>(row.Int("version")));
        language.mutable_drift()->set_paragraphs_behind(static_cast<std::int32_t>(row.Int("behind")));
        if (const auto since = row.OptionalInstant("behind_since")) {
          *language.mutable_drift()->mutable_since_time() = ToTimestamp(*since);
        }
      }
    }
  }
  return {};
}

}  // namespace

const char* const kWorkSql =
    "SELECT article_id, original_language_code, behind, behind_since FROM content.articles WHERE behind > 0"
    " AND (behind, behind_since, article_id) < ($1, $2, $3)"
    " ORDER BY behind DESC, behind_since DESC, article_id DESC LIMIT $4";

const char* const kLanguageWorkSql =
    "SELECT t.article_id, a.original_language_code, t.behind, t.behind_since"
    " FROM (SELECT article_id, behind, behind_since FROM content.translations WHERE behind > 0 AND language_code = $5"
    " AND (behind, behind_since, article_id) < ($1, $2, $3)"
    " ORDER BY behind DESC, behind_since DESC, article_id DESC LIMIT $4) AS t"
    " CROSS JOIN LATERAL (SELECT original_language_code FROM content.articles WHERE article_id = t.article_id"
    " OFFSET 0) AS a"
    " ORDER BY t.behind DESC, t.behind_since DESC, t.article_id DESC";

Result<WorkCursor> ReadWorkCursor(const std::string& token) {
  WorkCursor cursor;
  if (token.empty()) return cursor;
  const std::vector<std::string_view> parts = Split(token, '.');
  if (parts.size() == 3 && ReadNumber(parts[0], cursor.behind) && cursor.behind <= INT32_MAX &&
      ReadNumber(parts[1], cursor.since_micros) && cursor.since_micros <= INT64_MAX / 2 &&
      ReadNumber(parts[2], cursor.article_id)) {
    return cursor;
  }
  return InvalidField("page_token", "must be the next_page_token of the page before");
}

Result<v1::ListTranslationWorkResponse> ReadTranslationWork(pg::Transaction& transaction, const Site& site,
                                                            const std::string& language_code, const WorkCursor& cursor,
                                                            int limit) {
  // PostgreSQL's timestamps end in the year 294276.
  const Time since(std::chrono::microseconds(std::min(cursor.since_micros, std::int64_t{253402300799} * 1'000'000)));
  pg::Params params(cursor.behind, since, cursor.article_id, limit + 1);
  if (!language_code.empty()) params.Add(language_code);
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query(language_code.empty() ? kWorkSql : kLanguageWorkSql, params));
  v1::ListTranslationWorkResponse response;
  WorkCursor last;
  for (const pg::Row& row : rows) {
    if (response.articles_size() == limit) {
      response.set_next_page_token(std::to_string(last.behind) + '.' + std::to_string(last.since_micros) + '.' +
                                   std::to_string(last.article_id));
      break;
    }
    const Time behind_since = row.Instant("behind_since");
    last = {row.Int("behind"), behind_since.time_since_epoch().count(), row.Int("article_id")};
    v1::ArticleWork& work = *response.add_articles();
    work.set_article_id(last.article_id);
    work.set_original_language_code(row.String("original_language_code"));
    work.set_paragraphs_behind(static_cast<std::int32_t>(last.behind));
    *work.mutable_behind_since_time() = ToTimestamp(behind_since);
  }
  KIMBERLITE_RETURN_IF_ERROR(ReadLanguages(transaction, site, response));
  return response;
}

}  // namespace kimberlite::content
