#include "services/content/core/editing.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "libs/base/text.h"
#include "libs/i18n/dates.h"
#include "libs/i18n/slug.h"
#include "services/content/core/drift.h"
#include "services/content/core/life.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

Result<void> CheckWords(const Translation& translation, const std::string& at) {
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(translation.headline, at + ".headline", 1, kMaxHeadline));
  KIMBERLITE_RETURN_IF_ERROR(CheckSlug(translation.slug, at + ".slug"));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(translation.summary, at + ".summary", 0, kMaxSummary));
  KIMBERLITE_RETURN_IF_ERROR(CheckBodySize(translation.body_html, at + ".body_html"));
  return CheckAuthors(translation.authors, at + ".authors");
}

Result<void> CheckPicture(const Site& site, const std::optional<Picture>& picture) {
  if (!picture) return {};
  if (picture->media_id.empty()) return InvalidField("picture.media_id", "must not be empty");
  for (const auto& [code, alt] : picture->alt) {
    const std::string at = "picture.alt[" + Quoted(code) + "]";
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, code, at));
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(alt, at, 0, kMaxAlt));
  }
  for (const auto& [code, caption] : picture->captions) {
    const std::string at = "picture.captions[" + Quoted(code) + "]";
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, code, at));
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(caption, at, 0, kMaxCaption));
  }
  return CheckPlainText(picture->credit, "picture.credit", 0, kMaxCredit);
}

bool SameWords(const Translation& a, const Translation& b) {
  return a.headline == b.headline && a.slug == b.slug && a.summary == b.summary && a.body_html == b.body_html &&
         a.authors == b.authors;
}

// Puts the words that the change names into the translation, and checks them.
Result<void> ChangeWords(Translation& translation, const TranslationChange& change, const std::string& at) {
  if (change.headline) translation.headline = *change.headline;
  if (change.slug) translation.slug = *change.slug;
  if (change.summary) translation.summary = *change.summary;
  if (change.body_html) translation.body_html = *change.body_html;
  if (change.authors) translation.authors = *change.authors;
  KIMBERLITE_RETURN_IF_ERROR(CheckWords(translation, at));
  if (translation.slug.empty()) translation.slug = SlugOf(translation.headline, translation.language_code);
  return {};
}

// Automatic tags of these concepts go, and stay away.
Result<void> Strike(Article& article, const std::vector<std::int64_t>& concept_ids) {
  KIMBERLITE_RETURN_IF_ERROR(CheckConceptIds(concept_ids, "struck_concept_ids"));
  for (std::size_t i = 0; i < concept_ids.size(); ++i) {
    const auto tag = std::ranges::find(article.tags, concept_ids[i], &Tag::concept_id);
    if (tag == article.tags.end()) continue;
    if (tag->origin == TagOrigin::kEditor) {
      return InvalidField(At("struck_concept_ids", i), "must not name concept " + std::to_string(concept_ids[i]) +
                                                           ", which an editor has set; take it from concept_ids");
    }
    article.tags.erase(tag);
  }
  article.struck_concepts = concept_ids;
  return {};
}

Result<void> AddTranslation(Article& after, const TranslationChange& change, const std::string& at, Time now) {
  if (change.expected_version != 0) {
    return Fail(Error::Field(Code::kAborted, at + ".expected_version",
                             Name(after) + " has no translation " + change.language_code +
                                 ", so the version must be 0, not " + std::to_string(change.expected_version)));
  }
  if (after.translations.size() >= kMaxTranslations) {
    return TooMany("translations", kMaxTranslations, after.translations.size() + 1);
  }
  Translation translation{.language_code = change.language_code, .version = 1, .updated_time = now};
  KIMBERLITE_RETURN_IF_ERROR(ChangeWords(translation, change, at));
  after.translations.push_back(std::move(translation));
  return {};
}

Result<void> ReviseTranslation(Translation& translation, const TranslationChange& change, const std::string& article,
                               const std::string& at, Time now) {
  if (change.expected_version != translation.version) {
    return Fail(Error::Field(Code::kAborted, at + ".expected_version",
                             "translation " + change.language_code + " of " + article + " is at version " +
                                 std::to_string(translation.version) + ", not " +
                                 std::to_string(change.expected_version) + "; read it again and repeat the change"));
  }
  if (translation.state == TranslationState::kWithdrawn) {
    return Fail(Error::Field(Code::kFailedPrecondition, at + ".language_code",
                             "translation " + change.language_code + " of " + article + " was withdrawn"));
  }
  Translation changed = translation;
  KIMBERLITE_RETURN_IF_ERROR(ChangeWords(changed, change, at));
  if (SameWords(changed, translation)) return {};
  ++changed.version;
  changed.updated_time = now;
  changed.from_item = false;
  translation = std::move(changed);
  return {};
}

}  // namespace

std::string Name(const Article& article) { return "article " + std::to_string(article.article_id); }

Article Next(const Article& before, Article after) {
  if (after != before) ++after.sequence;
  return after;
}

Result<std::vector<std::size_t>> Named(const Site& site, const Article& article,
                                       const std::vector<std::string>& languages) {
  std::vector<std::size_t> indices;
  if (languages.size() > kMaxTranslations) return TooMany("language_codes", kMaxTranslations, languages.size());
  for (std::size_t i = 0; i < languages.size(); ++i) {
    const auto found = std::ranges::find(article.translations, languages[i], &Translation::language_code);
    if (found == article.translations.end()) {
      const std::string field = At("language_codes", i);
      KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, languages[i], field));
      return Fail(Error::Field(Code::kNotFound, field, Name(article) + " has no translation " + languages[i]));
    }
    indices.push_back(static_cast<std::size_t>(found - article.translations.begin()));
  }
  return indices;
}

Result<void> ChangeTranslations(const Site& site, Article& after, const std::vector<TranslationChange>& changes,
                                Time now, const std::string& list, const std::string& within) {
  if (changes.size() > kMaxTranslations) return TooMany(list, kMaxTranslations, changes.size());
  const Article before = after;
  std::set<std::string_view> seen;
  std::string last_body;  // the field
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const TranslationChange& change = changes[i];
    const std::string at = At(list, i) + within;
    if (change.body_html && !change.body_html->empty()) last_body = at + ".body_html";
    KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, change.language_code, at + ".language_code"));
    if (!seen.insert(change.language_code).second) {
      return InvalidField(at + ".language_code", "must not name " + change.language_code + " twice");
    }
    if (Translation* translation = after.Find(change.language_code)) {
      KIMBERLITE_RETURN_IF_ERROR(ReviseTranslation(*translation, change, Name(after), at, now));
    } else {
      KIMBERLITE_RETURN_IF_ERROR(AddTranslation(after, change, at, now));
    }
  }
  if (!last_body.empty()) KIMBERLITE_RETURN_IF_ERROR(CheckBodiesTogether(after, last_body));
  TrackDrift(before.translations.empty() ? nullptr : &before, after, now);
  return {};
}

Result<void> CheckBodiesTogether(const Article& article, const std::string& field) {
  std::size_t total = 0;
  for (const Translation& translation : article.translations) total += translation.body_html.size();
  if (total <= kMaxBodies) return {};
  return Fail(Error::Field(Code::kResourceExhausted, field,
                           "must leave the bodies of all translations together at most 16 MiB (16777216 bytes), these "
                           "have " +
                               std::to_string(total)));
}

std::string SlugOf(const std::string& headline, const std::string& language_code) {
  std::string slug = i18n::Slugify(headline, language_code, kMaxSlug);
  return slug.empty() ? "article" : slug;
}

void Publish(const Site& site, Translation& translation, Time now) {
  translation.state = TranslationState::kPublished;
  translation.scheduled_time.reset();
  if (translation.published_time) return;
  translation.published_time = now;
  translation.archive_month = i18n::FormatIsoWithOffset(now, site.time_zone).substr(0, 7);
}

void OrderTranslations(const Site& site, Article& article) {
  const auto place = [&](const Translation& translation) -> std::size_t {
    if (translation.language_code == article.original_language_code) return 0;
    const auto found = std::ranges::find(site.languages, translation.language_code, &SiteLanguage::language_code);
    return 1 + static_cast<std::size_t>(found - site.languages.begin());
  };
  std::ranges::sort(article.translations, [&](const Translation& a, const Translation& b) {
    return std::pair(place(a), std::string_view(a.language_code)) <
           std::pair(place(b), std::string_view(b.language_code));
  });
}

std::vector<Tag> WithEditorTags(const std::vector<Tag>& tags, const std::vector<std::int64_t>& concept_ids) {
  std::vector<Tag> result;
  for (const std::int64_t id : concept_ids) result.push_back({id, TagOrigin::kEditor, 1});
  for (const Tag& tag : tags) {
    const bool chosen = std::ranges::find(concept_ids, tag.concept_id) != concept_ids.end();
    if (tag.origin == TagOrigin::kAutomatic && !chosen) result.push_back(tag);
  }
  return result;
}

Result<Article> CreateArticle(const Site& site, const NewArticle& request, Time now) {
  KIMBERLITE_RETURN_IF_ERROR(CheckSectionExists(site, request.section_id, "section_id"));
  KIMBERLITE_RETURN_IF_ERROR(CheckSourceExists(site, request.source_id, "source_id"));
  KIMBERLITE_RETURN_IF_ERROR(CheckUrl(request.source_url, "source_url"));
  KIMBERLITE_RETURN_IF_ERROR(CheckConceptIds(request.concept_ids, "concept_ids"));
  KIMBERLITE_RETURN_IF_ERROR(CheckPicture(site, request.picture));
  if (request.translations.empty())
    return InvalidField("translations", "must hold at least one translation, the original");

  Article article{.sequence = 1,
                  .section_id = request.section_id,
                  .source_id = request.source_id,
                  .source_url = request.source_url,
                  .original_language_code = request.translations.front().language_code,
                  .tags = WithEditorTags({}, request.concept_ids),
                  .picture = request.picture,
                  .created_time = now};
  std::vector<TranslationChange> words;
  for (const NewTranslation& translation : request.translations) {
    words.push_back({.language_code = translation.language_code,
                     .headline = translation.headline,
                     .slug = translation.slug,
                     .summary = translation.summary,
                     .body_html = translation.body_html,
                     .authors = translation.authors});
  }
  KIMBERLITE_RETURN_IF_ERROR(ChangeTranslations(site, article, words, now, "translations", ""));
  if (request.publish) {
    KIMBERLITE_RETURN_IF_ERROR(CheckMayBePublic(site, article, now, "publish"));
    for (Translation& translation : article.translations) Publish(site, translation, now);
  }
  OrderTranslations(site, article);
  return article;
}

Result<Article> UpdateArticle(const Site& site, const Article& before, const ArticleUpdate& update, Time now) {
  Article after = before;
  if (update.section_id) {
    KIMBERLITE_RETURN_IF_ERROR(CheckSectionExists(site, *update.section_id, "section_id"));
    after.section_id = *update.section_id;
  }
  if (update.concept_ids) {
    KIMBERLITE_RETURN_IF_ERROR(CheckConceptIds(*update.concept_ids, "concept_ids"));
    after.tags = WithEditorTags(before.tags, *update.concept_ids);
    // What an editor sets is struck no longer.
    std::erase_if(after.struck_concepts, [&](std::int64_t id) {
      return std::ranges::find(*update.concept_ids, id) != update.concept_ids->end();
    });
  }
  if (update.struck_concepts) KIMBERLITE_RETURN_IF_ERROR(Strike(after, *update.struck_concepts));
  if (update.remove_picture) {
    if (update.picture) return InvalidField("remove_picture", "must not be set together with picture");
    after.picture.reset();
  }
  if (update.picture) {
    KIMBERLITE_RETURN_IF_ERROR(CheckPicture(site, update.picture));
    after.picture = update.picture;
  }
  KIMBERLITE_RETURN_IF_ERROR(ChangeTranslations(site, after, update.translations, now, "translations", ""));
  OrderTranslations(site, after);
  return Next(before, std::move(after));
}

}  // namespace kimberlite::content
