#include "services/content/adapters/pg_search_index.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/html/text.h"
#include "services/content/adapters/pg_change_log.h"
#include "services/content/core/article_event.h"
#include "services/content/core/search.h"

namespace kimberlite::content {
namespace {

constexpr int kChanges = 200;    // of the log in one transaction
constexpr int kArticles = 50;    // while everything is written anew
constexpr int kCommonFrom = 64;  // documents

// In content.search_words' own order, so that nothing waits for each other.
using Forms = std::map<std::pair<std::string, std::string>, std::pair<std::string, std::int64_t>>;

struct Entries {
  std::vector<std::int64_t> article_ids;
  std::vector<std::string> languages;
  std::vector<std::string> sort_keys;
  std::vector<std::string> vectors;
  std::vector<std::map<std::string, std::string>> forms;
};

Result<Entries> MakeEntries(pg::Transaction& transaction, const std::vector<std::int64_t>& article_ids) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "SELECT w.article_id, t.language_code, t.headline, t.summary, t.body, t.published_time,"
          " ARRAY(SELECT g.concept_id FROM content.article_tags AS g WHERE g.article_id = w.article_id) AS concept_ids"
          " FROM unnest($1::bigint[]) AS w (article_id)"
          " CROSS JOIN LATERAL (SELECT language_code, headline, summary, left(body_html, 131072) AS body,"
          " published_time FROM content.translations WHERE article_id = w.article_id AND state = 2 OFFSET 0) AS t",
          pg::Params(article_ids)));
  Entries entries;
  for (const pg::Row& row : rows) {
    const auto published = row.OptionalInstant("published_time");
    if (!published) continue;
    SearchText text{.language_code = row.String("language_code"),
                    .published_time = *published,
                    .concept_ids = row.Ints("concept_ids"),
                    .headline = row.String("headline"),
                    .summary = row.String("summary"),
                    .body = html::PlainText(row.Text("body"))};
    SearchEntry entry = EntryOf(text);
    entries.article_ids.push_back(row.Int("article_id"));
    entries.languages.push_back(text.language_code);
    entries.sort_keys.push_back(SortKey(*published, row.Int("article_id")));
    entries.vectors.push_back(std::move(entry.vector));
    entries.forms.push_back(std::move(entry.forms));
  }
  return entries;
}

// Words are counted when a translation is first written down, so the count is a little too high after updates.
Result<void> CountWords(pg::Transaction& transaction, const Forms& forms) {
  if (forms.empty()) return {};
  std::vector<std::string> languages;
  std::vector<std::string> words;
  std::vector<std::string> stems;
  std::vector<std::int64_t> documents;
  for (const auto& [key, value] : forms) {
    languages.push_back(key.first);
    words.push_back(key.second);
    stems.push_back(value.first);
    documents.push_back(value.second);
  }
  // A form that is known and has no new document stays as it is. The stem is written again for the sake of new rules.
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO content.search_words AS w (language_code, form, stem, documents, common)"
      " SELECT language_code, form, stem, documents, documents >= $5"
      " FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS t (language_code, form, stem, documents)"
      " ON CONFLICT (language_code, form) DO UPDATE SET stem = excluded.stem,"
      " documents = w.documents + excluded.documents, common = w.documents + excluded.documents >= $5"
      " WHERE excluded.documents > 0 OR w.stem <> excluded.stem",
      pg::Params(languages, words, stems, documents, kCommonFrom)));
  return {};
}

Result<int> WriteEntries(pg::Transaction& transaction, const std::vector<std::int64_t>& article_ids) {
  if (article_ids.empty()) return 0;
  KIMBERLITE_ASSIGN_OR_RETURN(const Entries entries, MakeEntries(transaction, article_ids));
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "DELETE FROM content.search_entries AS e USING unnest($1::bigint[]) AS w (article_id)"
      " WHERE e.article_id = w.article_id AND NOT EXISTS (SELECT 1 FROM unnest($2::bigint[], $3::text[])"
      " AS n (article_id, language_code) WHERE n.article_id = e.article_id AND n.language_code = e.language_code)",
      pg::Params(article_ids, entries.article_ids, entries.languages)));
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows written,
      transaction.Query(
          "INSERT INTO content.search_entries AS e (article_id, language_code, sort_key, words)"
          " SELECT article_id, language_code, sort_key, words::tsvector"
          " FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS t (article_id, language_code, sort_key, "
          "words)"
          " ON CONFLICT (article_id, language_code) DO UPDATE SET sort_key = excluded.sort_key, words = excluded.words"
          " RETURNING article_id, language_code, xmax = 0 AS is_new",
          pg::Params(entries.article_ids, entries.languages, entries.sort_keys, entries.vectors)));
  std::set<std::pair<std::int64_t, std::string>> fresh;
  for (const pg::Row& row : written) {
    if (row.Bool("is_new")) fresh.emplace(row.Int("article_id"), row.String("language_code"));
  }
  Forms forms;
  for (std::size_t i = 0; i < entries.forms.size(); ++i) {
    const bool is_new = fresh.contains({entries.article_ids[i], entries.languages[i]});
    for (const auto& [form, stem] : entries.forms[i]) {
      auto& [known_stem, documents] = forms[{entries.languages[i], form}];
      known_stem = stem;
      documents += is_new ? 1 : 0;
    }
  }
  KIMBERLITE_RETURN_IF_ERROR(CountWords(transaction, forms));
  return static_cast<int>(article_ids.size());
}

Result<int> Backfill(pg::Transaction& transaction, std::int64_t after) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT article_id FROM content.articles WHERE article_id > $1 ORDER BY article_id LIMIT $2",
                        pg::Params(after, kArticles)));
  std::vector<std::int64_t> ids;
  for (const pg::Row& row : rows) ids.push_back(row.Int("article_id"));
  KIMBERLITE_RETURN_IF_ERROR(WriteEntries(transaction, ids));
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("UPDATE content.search_state SET backfilled_article_id = $1, backfilling = $2",
                        pg::Params(ids.empty() ? after : ids.back(), static_cast<int>(ids.size()) == kArticles)));
  return static_cast<int>(ids.size());
}

}  // namespace

Result<int> IndexStep(pg::Pool& pool) {
  return pool.Write([&](pg::Transaction& transaction) -> Result<int> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows lock,
        transaction.Query(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('kimberlite.content.search', 0)) AS locked"));
    if (!lock[0].Bool("locked")) return 0;
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows states,
        transaction.Query("SELECT position, version, backfilling, backfilled_article_id FROM content.search_state"));
    const pg::Row state = states[0];
    if (state.Int("version") < kSearchVersion) {
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
          "UPDATE content.search_state SET version = $1, backfilling = true, backfilled_article_id = 0",
          pg::Params(kSearchVersion)));
      return 1;
    }
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<LoggedChange> changes,
                                ReadLog(transaction, state.Int("position"), kChanges));
    if (changes.empty())
      return state.Bool("backfilling") ? Backfill(transaction, state.Int("backfilled_article_id")) : 0;
    std::set<std::int64_t> different;
    for (const LoggedChange& change : changes) different.insert(change.article_id);
    KIMBERLITE_RETURN_IF_ERROR(
        WriteEntries(transaction, std::vector<std::int64_t>(different.begin(), different.end())));
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("UPDATE content.search_state SET position = $1", pg::Params(changes.back().position)));
    return static_cast<int>(changes.size());
  });
}

Result<std::chrono::milliseconds> SearchLag(pg::Pool& pool) {
  return pool.Read([](pg::Transaction& transaction) -> Result<std::chrono::milliseconds> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query(
            "SELECT coalesce(greatest(0, extract(epoch FROM now() - coalesce("
            "(SELECT changed_time FROM content.changes WHERE position > (SELECT position FROM content.search_state)"
            " ORDER BY position LIMIT 1),"
            "(SELECT changed_time FROM content.change_queue ORDER BY id LIMIT 1))) * 1000), 0)::bigint AS lag"));
    return std::chrono::milliseconds(rows[0].Int("lag"));
  });
}

}  // namespace kimberlite::content
