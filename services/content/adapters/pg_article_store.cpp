#include "services/content/adapters/pg_article_store.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "libs/base/id.h"
#include "libs/bus/outbox.h"
#include "services/content/adapters/pg_author_store.h"
#include "services/content/adapters/pg_change_log.h"
#include "services/content/adapters/pg_list_pages.h"
#include "services/content/adapters/pg_rows.h"
#include "services/content/adapters/pg_withdrawals.h"
#include "services/content/core/article_event.h"
#include "services/content/core/drift.h"
#include "services/content/core/editing.h"

namespace kimberlite::content {
namespace {

constexpr std::int64_t kMaxPageBytes = 16 * 1024 * 1024;

std::optional<std::string> NullIfEmpty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

using Texts = std::map<std::string, std::string>;

std::string JsonOf(const Texts& texts) { return texts.empty() ? "{}" : nlohmann::json(texts).dump(); }

std::string AltOf(const std::optional<Picture>& picture) { return picture ? JsonOf(picture->alt) : "{}"; }
std::string CaptionsOf(const std::optional<Picture>& picture) { return picture ? JsonOf(picture->captions) : "{}"; }
std::string CreditOf(const std::optional<Picture>& picture) { return picture ? picture->credit : ""; }

std::string CorrectionsJson(const Translation& translation) {
  if (translation.corrections.empty()) return "[]";
  nlohmann::json json = nlohmann::json::array();
  for (const Correction& correction : translation.corrections) {
    json.push_back({correction.time.time_since_epoch().count(), correction.note});
  }
  return json.dump();
}

std::vector<std::int64_t> FlatOf(const std::vector<Paragraph>& paragraphs) {
  std::vector<std::int64_t> numbers;
  for (const Paragraph& paragraph : paragraphs) {
    numbers.push_back(paragraph.id);
    numbers.push_back(paragraph.hash);
  }
  return numbers;
}

std::vector<Paragraph> ParagraphsOf(const std::vector<std::int64_t>& numbers) {
  std::vector<Paragraph> paragraphs;
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) paragraphs.push_back({numbers[i], numbers[i + 1]});
  return paragraphs;
}

std::optional<std::string> MediaOf(const std::optional<Picture>& picture) {
  return picture ? std::optional<std::string>(picture->media_id) : std::nullopt;
}

std::vector<std::int64_t> ConceptIds(const Article& article) {
  std::vector<std::int64_t> ids;
  for (const Tag& tag : article.tags) ids.push_back(tag.concept_id);
  return ids;
}

// All but the sort key and the body.
Card CardOf(const pg::Row& row) {
  return {.article_id = row.Int("article_id"),
          .sequence = row.Int("sequence"),
          .section_id = row.String("section_id"),
          .source_id = row.String("source_id"),
          .concept_ids = row.Ints("concept_ids"),
          .picture = PictureOf(row),
          .translation = TranslationOf(row)};
}

Result<Article> Read(pg::Transaction& transaction, const Site& site, std::int64_t article_id, bool lock) {
  constexpr const char* kSelect =
      "SELECT sequence, section_id, source_id, source_url, original_language_code, picture_media_id, picture_alt,"
      " picture_captions, picture_credit, tagging_sequence, created_time, embargo_time, struck_concept_ids,"
      " source_removed_time FROM "
      "content.articles WHERE article_id = $1";
  constexpr const char* kSelectForUpdate =
      "SELECT sequence, section_id, source_id, source_url, original_language_code, picture_media_id, picture_alt,"
      " picture_captions, picture_credit, tagging_sequence, created_time, embargo_time, struck_concept_ids,"
      " source_removed_time FROM "
      "content.articles WHERE article_id = $1 FOR UPDATE";
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query(lock ? kSelectForUpdate : kSelect, pg::Params(article_id)));
  if (rows.empty()) {
    return Fail(
        Error::Field(Code::kNotFound, "article_id", "article " + std::to_string(article_id) + " does not exist"));
  }
  const pg::Row row = rows[0];
  Article article{.article_id = article_id,
                  .sequence = row.Int("sequence"),
                  .section_id = row.String("section_id"),
                  .source_id = row.String("source_id"),
                  .source_url = row.String("source_url"),
                  .original_language_code = row.String("original_language_code"),
                  .picture = PictureOf(row),
                  .tagging_sequence = row.Int("tagging_sequence"),
                  .created_time = row.Instant("created_time"),
                  .embargo_time = row.OptionalInstant("embargo_time"),
                  .struck_concepts = row.Ints("struck_concept_ids"),
                  .source_removed_time = row.OptionalInstant("source_removed_time")};

  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows translations,
      transaction.Query(
          "SELECT language_code, state, version, headline, slug, summary, body_html, authors, author_ids,"
          " published_time, archive_month, updated_time, from_item, scheduled_time, corrections, paragraphs,"
          " followed, behind_since FROM content.translations WHERE article_id = $1",
          pg::Params(article_id)));
  bool unknown_paragraphs = false;
  for (const pg::Row& row : translations) {
    article.translations.push_back(TranslationOf(row));
    Translation& translation = article.translations.back();
    translation.body_html = row.String("body_html");
    translation.from_item = row.Bool("from_item");
    translation.scheduled_time = row.OptionalInstant("scheduled_time");
    translation.corrections = CorrectionsOf(row.Text("corrections"));
    translation.paragraphs = ParagraphsOf(row.Ints("paragraphs"));
    translation.followed = ParagraphsOf(row.Ints("followed"));
    translation.behind_since = row.OptionalInstant("behind_since");
    unknown_paragraphs |= row.IsNull("paragraphs");
  }
  if (unknown_paragraphs) TrackDrift(nullptr, article, article.created_time);
  OrderTranslations(site, article);

  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows tags,
      transaction.Query(
          "SELECT concept_id, origin, confidence FROM content.article_tags WHERE article_id = $1 ORDER BY rank",
          pg::Params(article_id)));
  for (const pg::Row& tag : tags) {
    article.tags.push_back(
        {tag.Int("concept_id"), static_cast<TagOrigin>(tag.Int("origin")), tag.Double("confidence")});
  }
  return article;
}

// Origins and confidences of the tags as arrays.
struct TagColumns {
  std::vector<std::int64_t> origins;
  std::vector<std::string> confidences;
};
TagColumns ColumnsOf(const std::vector<Tag>& tags) {
  TagColumns columns;
  for (const Tag& tag : tags) {
    columns.origins.push_back(static_cast<std::int64_t>(tag.origin));
    // The shortest form that reads back the same.
    columns.confidences.push_back(nlohmann::json(tag.confidence).dump());
  }
  return columns;
}

Result<void> WriteTags(pg::Transaction& transaction, const Article& article) {
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("DELETE FROM content.article_tags WHERE article_id = $1", pg::Params(article.article_id)));
  if (article.tags.empty()) return {};
  const TagColumns columns = ColumnsOf(article.tags);
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.article_tags (article_id, rank, concept_id, origin, confidence)"
                        " SELECT $1, rank, concept_id, origin, confidence::float8"
                        " FROM unnest($2::bigint[], $3::bigint[], $4::text[]) WITH ORDINALITY AS t (concept_id, "
                        "origin, confidence, rank)",
                        pg::Params(article.article_id, ConceptIds(article), columns.origins, columns.confidences)));
  return {};
}

int BehindOf(const Article& article, const Translation& translation) {
  const std::optional<Drift> drift = DriftOf(article, translation);
  return drift ? drift->behind : 0;
}

// `old` is null for a new one.
Result<void> WriteTranslation(pg::Transaction& transaction, const Article& article, const Translation* old,
                              const Translation& translation) {
  const pg::Params params(article.article_id, translation.language_code, static_cast<std::int64_t>(translation.state),
                          translation.version, translation.headline, translation.slug, translation.summary,
                          translation.body_html, translation.authors, translation.published_time,
                          translation.updated_time, translation.from_item, translation.author_ids,
                          translation.archive_month, translation.scheduled_time, CorrectionsJson(translation),
                          FlatOf(translation.paragraphs), FlatOf(translation.followed), BehindOf(article, translation),
                          translation.behind_since);
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO content.translations (article_id, language_code, state, version, headline, slug, summary, body_html,"
      " authors, published_time, updated_time, from_item, author_ids, archive_month, scheduled_time, corrections,"
      " paragraphs, followed, behind, behind_since)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::jsonb, $17, $18, $19, $20)"
      " ON CONFLICT (article_id, language_code) DO UPDATE SET state = excluded.state, version = excluded.version,"
      " headline = excluded.headline, slug = excluded.slug, summary = excluded.summary, body_html = excluded.body_html,"
      " authors = excluded.authors, published_time = excluded.published_time, updated_time = excluded.updated_time,"
      " from_item = excluded.from_item, author_ids = excluded.author_ids, archive_month = excluded.archive_month,"
      " scheduled_time = excluded.scheduled_time, corrections = excluded.corrections,"
      " paragraphs = excluded.paragraphs, followed = excluded.followed, behind = excluded.behind,"
      " behind_since = excluded.behind_since",
      params));
  // How far it is behind is no version of it.
  if (old != nullptr && old->version == translation.version) return {};
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO content.translation_revisions (article_id, language_code, version, sequence, state, headline, slug,"
      " summary, body_html, authors, published_time, updated_time, scheduled_time, corrections, author_ids)"
      " VALUES ($1, $2, $4, $12, $3, $5, $6, $7, $8, $9, $10, $11, $13, $14::jsonb, $15)",
      pg::Params(article.article_id, translation.language_code, static_cast<std::int64_t>(translation.state),
                 translation.version, translation.headline, translation.slug, translation.summary,
                 translation.body_html, translation.authors, translation.published_time, translation.updated_time,
                 article.sequence, translation.scheduled_time, CorrectionsJson(translation), translation.author_ids)));
  return {};
}

Result<void> WriteRevision(pg::Transaction& transaction, const Act& act, const Article& article) {
  const TagColumns tags = ColumnsOf(article.tags);
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO content.article_revisions (article_id, sequence, verb, note, changed_by, changed_time, section_id,"
      " source_id, source_url, picture_media_id, picture_alt, concept_ids, picture_captions, picture_credit,"
      " embargo_time, struck_concept_ids, tag_origins, tag_confidences)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12, $13::jsonb, $14, $15, $16, $17, $18)",
      pg::Params(article.article_id, article.sequence, act.verb, act.note, act.actor, act.time, article.section_id,
                 NullIfEmpty(article.source_id), article.source_url, MediaOf(article.picture), AltOf(article.picture),
                 ConceptIds(article), CaptionsOf(article.picture), CreditOf(article.picture), article.embargo_time,
                 article.struck_concepts, tags.origins, tags.confidences)));
  return {};
}

Result<void> RemoveFromLists(pg::Transaction& transaction, const std::vector<ListPlace>& places) {
  if (places.empty()) return {};
  std::vector<std::string> list_keys;
  std::vector<std::string> sort_keys;
  for (const ListPlace& place : places) {
    list_keys.push_back(place.list_key);
    sort_keys.push_back(place.sort_key);
  }
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows removed,
      transaction.Query(
          "DELETE FROM content.list_entries AS e USING unnest($1::text[], $2::text[]) AS t (list_key, sort_key)"
          " WHERE e.list_key = t.list_key AND e.sort_key = t.sort_key",
          pg::Params(list_keys, sort_keys)));
  if (removed.affected() == static_cast<std::int64_t>(places.size())) return {};
  return Fail(Code::kInternal, "content.list_entries lacks a place that " + places.front().sort_key +
                                   " should have; nothing was changed");
}

Result<void> AddToLists(pg::Transaction& transaction, std::int64_t article_id, const std::vector<ListPlace>& places) {
  if (places.empty()) return {};
  std::vector<std::string> list_keys;
  std::vector<std::string> sort_keys;
  std::vector<std::string> languages;
  for (const ListPlace& place : places) {
    list_keys.push_back(place.list_key);
    sort_keys.push_back(place.sort_key);
    languages.push_back(place.language_code);
  }
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.list_entries (list_key, sort_key, article_id, language_code)"
                        " SELECT list_key, sort_key, $1, language_code FROM unnest($2::text[], $3::text[], $4::text[])"
                        " AS t (list_key, sort_key, language_code)",
                        pg::Params(article_id, list_keys, sort_keys, languages)));
  return {};
}

// What all translations are behind, and since when the last of them is.
struct Work {
  int behind = 0;
  std::optional<Time> since;
};
Work WorkOf(const Article& article) {
  Work work;
  for (const Translation& translation : article.translations) {
    work.behind += BehindOf(article, translation);
    if (translation.behind_since) work.since = std::max(work.since, translation.behind_since);
  }
  return work;
}

// Keeps the languages in which something becomes public in the site until the transaction ends: whoever removes one
// holds the site's row and looks for public translations. Before any row that this one may wait for is written (the
// foreign keys lock sections), so that the two never wait for each other.
Result<void> HoldLanguages(pg::Transaction& transaction, const Article* before, const Article& after) {
  std::vector<std::string> languages;
  for (const Translation& translation : after.translations) {
    const Translation* old = before ? before->Find(translation.language_code) : nullptr;
    const bool was_public = old != nullptr && old->state == TranslationState::kPublished;
    if (translation.state == TranslationState::kPublished && !was_public)
      languages.push_back(translation.language_code);
  }
  if (languages.empty()) return {};
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("SELECT 1 FROM content.site FOR SHARE"));
  // A statement of its own, whose snapshot is newer than the wait.
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows gone,
      transaction.Query("SELECT code FROM unnest($1::text[]) AS code WHERE NOT EXISTS (SELECT 1 FROM content.site,"
                        " jsonb_array_elements(settings->'languages') AS l WHERE l->>'language_code' = code) LIMIT 1",
                        pg::Params(languages)));
  if (gone.empty()) return {};
  return Fail(Code::kAborted, "the site's language " + gone[0].String("code") +
                                  " was removed while this was written; read the site again and repeat the change");
}

// What follows the article's own row: everything that depends on the difference, and the event.
Result<void> WriteChange(pg::Transaction& transaction, const Act& act, const Article* before, const Article& after) {
  KIMBERLITE_RETURN_IF_ERROR(WriteRevision(transaction, act, after));
  for (const Translation& translation : after.translations) {
    const Translation* old = before ? before->Find(translation.language_code) : nullptr;
    if (old == nullptr || *old != translation)
      KIMBERLITE_RETURN_IF_ERROR(WriteTranslation(transaction, after, old, translation));
  }
  const bool tags_moved = before == nullptr ? !after.tags.empty() : before->tags != after.tags;
  if (tags_moved) KIMBERLITE_RETURN_IF_ERROR(WriteTags(transaction, after));

  const ListDiff lists = DiffLists(before ? ListPlaces(*before) : std::vector<ListPlace>(), ListPlaces(after));
  KIMBERLITE_RETURN_IF_ERROR(RemoveFromLists(transaction, lists.removed));
  KIMBERLITE_RETURN_IF_ERROR(AddToLists(transaction, after.article_id, lists.added));
  if (before) KIMBERLITE_RETURN_IF_ERROR(NoteWithdrawals(transaction, after, lists, act.time));

  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<ListPlace> sealed, SealPages(transaction, lists.added));

  pb::ArticleChanged event = EventOf(before, after);
  for (const ListPlace& bound : sealed) {
    pb::ListPlace& place = *event.add_sealed();
    place.set_list_key(bound.list_key);
    place.set_sort_key(bound.sort_key);
  }
  KIMBERLITE_RETURN_IF_ERROR(QueueChange(transaction, event, act.time));
  return bus::Append(transaction, kSchema,
                     {.topic = "kimberlite.content.article.v1",
                      .key = std::to_string(after.article_id),
                      .id = NewUuid(),
                      .type = event.GetDescriptor()->full_name(),
                      .source = "content",
                      .time = act.time,
                      .sequence = after.sequence,
                      .traceparent = ChildTraceparent(act.traceparent),
                      .payload = event.SerializeAsString()});
}

// Fills in the bodies of the cards, and drops those that the page has no room for.
Result<void> ReadBodies(pg::Transaction& transaction, ListPage& page, const std::vector<std::int64_t>& body_bytes) {
  std::size_t fit = 0;
  std::int64_t total = 0;
  while (fit < page.cards.size() && (fit == 0 || total + body_bytes[fit] <= kMaxPageBytes)) total += body_bytes[fit++];
  if (fit < page.cards.size()) {
    page.cards.resize(fit);
    page.more = true;
  }
  if (page.cards.empty()) return {};

  std::vector<std::int64_t> article_ids;
  for (const Card& card : page.cards) article_ids.push_back(card.article_id);
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT t.body_html FROM unnest($1::bigint[]) WITH ORDINALITY AS w (article_id, place)"
                        " JOIN content.translations AS t ON t.article_id = w.article_id AND t.language_code = $2"
                        " ORDER BY w.place",
                        pg::Params(article_ids, page.cards.front().translation.language_code)));
  if (rows.size() != static_cast<int>(page.cards.size()))
    return Fail(Code::kInternal, "a list names a translation that is gone");
  for (int i = 0; i < rows.size(); ++i)
    page.cards[static_cast<std::size_t>(i)].translation.body_html = rows[i].String("body_html");
  return {};
}

}  // namespace

// OFFSET 0 keeps the looks at articles and translations one by one: a generic plan, which does not know how few rows
// the limit leaves, would rather read the tables whole.
const char* const kListSql =
    "SELECT e.sort_key, e.article_id, a.sequence, a.section_id, a.source_id, a.picture_media_id, a.picture_alt,"
    " a.picture_captions, a.picture_credit,"
    " ARRAY(SELECT g.concept_id FROM content.article_tags AS g WHERE g.article_id = e.article_id ORDER BY g.rank)"
    " AS concept_ids,"
    " t.language_code, t.state, t.version, t.headline, t.slug, t.summary, t.authors, t.author_ids, t.published_time,"
    " t.archive_month, t.updated_time, t.body_bytes"
    " FROM (SELECT list_key, sort_key, article_id, language_code FROM content.list_entries"
    " WHERE list_key = $1 AND sort_key < $2 AND sort_key >= $4 ORDER BY sort_key DESC LIMIT $3) AS e"
    " CROSS JOIN LATERAL (SELECT sequence, section_id, source_id, picture_media_id, picture_alt,"
    " picture_captions, picture_credit FROM content.articles"
    " WHERE article_id = e.article_id OFFSET 0) AS a"
    " CROSS JOIN LATERAL (SELECT language_code, state, version, headline, slug, summary, authors, author_ids,"
    " published_time, archive_month, updated_time, octet_length(body_html) AS body_bytes FROM content.translations"
    " WHERE article_id = e.article_id AND language_code = e.language_code OFFSET 0) AS t"
    " ORDER BY e.sort_key DESC";

// The bodies are read only when they fit together: until then a row carries no more than where its body lies.
const char* const kCardsSql =
    "SELECT w.article_id, a.sequence, a.section_id, a.source_id, a.picture_media_id, a.picture_alt,"
    " a.picture_captions, a.picture_credit,"
    " ARRAY(SELECT g.concept_id FROM content.article_tags AS g WHERE g.article_id = w.article_id ORDER BY g.rank)"
    " AS concept_ids,"
    " t.language_code, t.state, t.version, t.headline, t.slug, t.summary, t.authors, t.author_ids, t.published_time,"
    " t.archive_month, t.updated_time, sum(t.body_bytes) OVER () AS all_body_bytes,"
    " CASE WHEN $4 AND sum(t.body_bytes) OVER () <= 16777216 THEN t.body_html END AS body_html"
    " FROM unnest($1::bigint[]) WITH ORDINALITY AS w (article_id, place)"
    " CROSS JOIN LATERAL (SELECT language_code, state, version, headline, slug, summary, authors, author_ids,"
    " published_time, archive_month, updated_time, body_html, octet_length(body_html) AS body_bytes,"
    " array_position($2::text[], language_code) AS preference FROM content.translations"
    " WHERE article_id = w.article_id AND language_code = ANY ($2::text[]) AND state = 2"
    " ORDER BY array_position($2::text[], language_code) LIMIT $3) AS t"
    " CROSS JOIN LATERAL (SELECT sequence, section_id, source_id, picture_media_id, picture_alt,"
    " picture_captions, picture_credit FROM content.articles"
    " WHERE article_id = w.article_id OFFSET 0) AS a"
    " ORDER BY w.place, t.preference";

Result<Article> ReadArticle(pg::Transaction& transaction, const Site& site, std::int64_t article_id) {
  return Read(transaction, site, article_id, false);
}

Result<Article> LockArticle(pg::Transaction& transaction, const Site& site, std::int64_t article_id) {
  return Read(transaction, site, article_id, true);
}

Result<void> InsertArticle(pg::Transaction& transaction, const Act& act, Article& article) {
  KIMBERLITE_RETURN_IF_ERROR(HoldLanguages(transaction, nullptr, article));
  KIMBERLITE_RETURN_IF_ERROR(ResolveBylines(transaction, act, nullptr, article));
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows id,
                              transaction.Query("SELECT nextval('content.article_ids') AS article_id"));
  article.article_id = id[0].Int("article_id");
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "INSERT INTO content.articles (article_id, sequence, section_id, source_id, source_url, original_language_code,"
      " picture_media_id, picture_alt, tagging_sequence, created_time, picture_captions, picture_credit, embargo_time,"
      " struck_concept_ids)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11::jsonb, $12, $13, $14)",
      pg::Params(article.article_id, article.sequence, article.section_id, NullIfEmpty(article.source_id),
                 article.source_url, article.original_language_code, MediaOf(article.picture), AltOf(article.picture),
                 article.tagging_sequence, article.created_time, CaptionsOf(article.picture), CreditOf(article.picture),
                 article.embargo_time, article.struck_concepts)));
  return WriteChange(transaction, act, nullptr, article);
}

Result<void> SaveArticle(pg::Transaction& transaction, const Act& act, const Article& before, Article& after) {
  if (before == after) return {};
  KIMBERLITE_RETURN_IF_ERROR(HoldLanguages(transaction, &before, after));
  KIMBERLITE_RETURN_IF_ERROR(ResolveBylines(transaction, act, &before, after));
  const Work work = WorkOf(after);
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
      "UPDATE content.articles SET sequence = $2, section_id = $3, source_id = $4, source_url = $5,"
      " picture_media_id = $6, picture_alt = $7::jsonb, tagging_sequence = $8, picture_captions = $9::jsonb,"
      " picture_credit = $10, embargo_time = $11, struck_concept_ids = $12, behind = $13, behind_since = $14,"
      " source_removed_time = $15"
      " WHERE article_id = $1",
      pg::Params(after.article_id, after.sequence, after.section_id, NullIfEmpty(after.source_id), after.source_url,
                 MediaOf(after.picture), AltOf(after.picture), after.tagging_sequence, CaptionsOf(after.picture),
                 CreditOf(after.picture), after.embargo_time, after.struck_concepts, work.behind, work.since,
                 after.source_removed_time)));
  // What tagging said may leave the article itself as it was.
  if (before.sequence == after.sequence) return {};
  return WriteChange(transaction, act, &before, after);
}

Result<int> ResolveBylinesBatch(pg::Transaction& transaction, PgSiteStore& sites, const Act& act) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT DISTINCT article_id FROM (SELECT article_id FROM content.translations"
                        " WHERE cardinality(author_ids) < cardinality(authors) LIMIT 200) AS t ORDER BY article_id"));
  if (rows.empty()) return 0;
  KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites.Load(transaction));
  for (const pg::Row& row : rows) {
    KIMBERLITE_ASSIGN_OR_RETURN(const Article before, LockArticle(transaction, *site, row.Int("article_id")));
    Article after = before;
    KIMBERLITE_RETURN_IF_ERROR(ResolveBylines(transaction, act, &before, after));
    for (const Translation& translation : after.translations) {
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
          "UPDATE content.translations SET author_ids = $3 WHERE article_id = $1 AND language_code = $2",
          pg::Params(after.article_id, translation.language_code, translation.author_ids)));
    }
    const ListDiff lists = DiffLists(ListPlaces(before), ListPlaces(after));
    KIMBERLITE_RETURN_IF_ERROR(AddToLists(transaction, after.article_id, lists.added));
    KIMBERLITE_RETURN_IF_ERROR(SealPages(transaction, lists.added));
  }
  return rows.size();
}

Result<ListPage> ReadList(pg::Transaction& transaction, const ListQuery& query) {
  // "g" comes after every sort key, which is hex.
  const std::string below = query.before_sort_key.empty() ? "g" : query.before_sort_key;
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(kListSql, pg::Params(query.list_key, below, query.page_size + 1, query.from_sort_key)));
  ListPage page;
  std::vector<std::int64_t> body_bytes;
  for (const pg::Row& row : rows) {
    if (static_cast<int>(page.cards.size()) == query.page_size) {
      page.more = true;
      break;
    }
    page.cards.push_back(CardOf(row));
    page.cards.back().sort_key = row.String("sort_key");
    body_bytes.push_back(row.Int("body_bytes"));
  }
  if (query.with_bodies) KIMBERLITE_RETURN_IF_ERROR(ReadBodies(transaction, page, body_bytes));
  return page;
}

Result<std::vector<Card>> ReadCards(pg::Transaction& transaction, const CardsQuery& query) {
  const std::optional<std::int64_t> each = query.every_language ? std::nullopt : std::optional<std::int64_t>(1);
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(kCardsSql, pg::Params(query.article_ids, query.language_codes, each, query.with_bodies)));
  std::vector<Card> cards;
  if (rows.empty()) return cards;
  if (query.with_bodies && rows[0].Int("all_body_bytes") > kMaxPageBytes) {
    return Fail(Error::Field(Code::kResourceExhausted, "article_ids",
                             "the bodies must be at most 16 MiB together, these have " +
                                 rows[0].String("all_body_bytes") + " bytes; ask for fewer at once"));
  }
  cards.reserve(static_cast<std::size_t>(rows.size()));
  for (const pg::Row& row : rows) {
    cards.push_back(CardOf(row));
    Card& card = cards.back();
    // What is public has a time of publication.
    card.sort_key = SortKey(card.translation.published_time.value_or(Time()), card.article_id);
    card.translation.body_html = row.String("body_html");
  }
  return cards;
}

}  // namespace kimberlite::content
