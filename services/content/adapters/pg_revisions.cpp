#include "services/content/adapters/pg_revisions.h"

#include <charconv>
#include <string>

#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_rows.h"
#include "services/content/core/editing.h"

namespace kimberlite::content {
namespace {

std::unexpected<Error> NoArticle(std::int64_t article_id, const std::string& then) {
  return Fail(
      Error::Field(Code::kNotFound, "article_id", "article " + std::to_string(article_id) + " does not exist" + then));
}

Result<void> ReadTranslations(pg::Transaction& transaction, Article& article) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT DISTINCT ON (language_code) language_code, state, version, headline, slug, summary,"
                        " body_html, authors, author_ids, published_time, '' AS archive_month, updated_time,"
                        " scheduled_time, corrections FROM content.translation_revisions"
                        " WHERE article_id = $1 AND sequence <= $2 ORDER BY language_code, version DESC",
                        pg::Params(article.article_id, article.sequence)));
  for (const pg::Row& row : rows) {
    article.translations.push_back(TranslationOf(row));
    article.translations.back().body_html = row.String("body_html");
    article.translations.back().scheduled_time = row.OptionalInstant("scheduled_time");
    article.translations.back().corrections = CorrectionsOf(row.Text("corrections"));
  }
  return {};
}

}  // namespace

Result<Article> ReadArticleAsOf(pg::Transaction& transaction, const Site& site, std::int64_t article_id, Time time) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT r.sequence, r.section_id, r.source_id, r.source_url, a.original_language_code,"
                        " r.picture_media_id, r.picture_alt, r.picture_captions, r.picture_credit, a.created_time,"
                        " r.embargo_time, r.struck_concept_ids, r.concept_ids, r.tag_origins, r.tag_confidences"
                        " FROM content.article_revisions AS r JOIN content.articles AS a USING (article_id)"
                        " WHERE article_id = $1 AND r.changed_time <= $2 ORDER BY r.sequence DESC LIMIT 1",
                        pg::Params(article_id, time)));
  if (rows.empty()) return NoArticle(article_id, " at " + FormatRfc3339(time));
  const pg::Row row = rows[0];
  Article article{.article_id = article_id,
                  .sequence = row.Int("sequence"),
                  .section_id = row.String("section_id"),
                  .source_id = row.String("source_id"),
                  .source_url = row.String("source_url"),
                  .original_language_code = row.String("original_language_code"),
                  .picture = PictureOf(row),
                  .created_time = row.Instant("created_time"),
                  .embargo_time = row.OptionalInstant("embargo_time"),
                  .struck_concepts = row.Ints("struck_concept_ids")};
  const std::vector<std::int64_t> ids = row.Ints("concept_ids");
  const std::vector<std::int64_t> origins = row.Ints("tag_origins");
  const std::vector<std::string> confidences = row.Strings("tag_confidences");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Tag tag{.concept_id = ids[i]};
    if (i < origins.size()) tag.origin = static_cast<TagOrigin>(origins[i]);
    if (i < confidences.size()) {
      std::from_chars(confidences[i].data(), confidences[i].data() + confidences[i].size(), tag.confidence);
    }
    article.tags.push_back(tag);
  }
  KIMBERLITE_RETURN_IF_ERROR(ReadTranslations(transaction, article));
  OrderTranslations(site, article);
  return article;
}

Result<v1::ListRevisionsResponse> ReadRevisions(pg::Transaction& transaction, std::int64_t article_id,
                                                std::int64_t below_sequence, int limit) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT sequence, verb, note, changed_by, changed_time FROM content.article_revisions"
                        " WHERE article_id = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3",
                        pg::Params(article_id, below_sequence, limit + 1)));
  v1::ListRevisionsResponse response;
  if (rows.empty()) {
    if (below_sequence == INT64_MAX) return NoArticle(article_id, "");
    return response;
  }
  for (const pg::Row& row : rows) {
    if (response.revisions_size() == limit) {
      response.set_next_page_token(std::to_string(response.revisions(limit - 1).sequence()));
      break;
    }
    v1::ArticleRevision& revision = *response.add_revisions();
    revision.set_sequence(row.Int("sequence"));
    revision.set_verb(row.String("verb"));
    revision.set_note(row.String("note"));
    revision.set_changed_by(row.String("changed_by"));
    *revision.mutable_changed_time() = ToTimestamp(row.Instant("changed_time"));
  }
  const std::int64_t newest = response.revisions(0).sequence();
  const std::int64_t oldest = response.revisions(response.revisions_size() - 1).sequence();
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows versions,
      transaction.Query("SELECT sequence, language_code, version, state, headline FROM content.translation_revisions"
                        " WHERE article_id = $1 AND sequence BETWEEN $2 AND $3 ORDER BY sequence, language_code",
                        pg::Params(article_id, oldest, newest)));
  for (const pg::Row& row : versions) {
    for (v1::ArticleRevision& revision : *response.mutable_revisions()) {
      if (revision.sequence() != row.Int("sequence")) continue;
      v1::TranslationVersion& version = *revision.add_versions();
      version.set_language_code(row.String("language_code"));
      version.set_version(static_cast<std::int32_t>(row.Int("version")));
      version.set_state(static_cast<v1::TranslationState>(row.Int("state")));
      version.set_headline(row.String("headline"));
    }
  }
  return response;
}

}  // namespace kimberlite::content
