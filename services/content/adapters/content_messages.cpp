#include "services/content/adapters/content_messages.h"

#include "services/content/adapters/body.h"
#include "services/content/core/article_event.h"
#include "services/content/core/drift.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

template <typename Repeated>
std::vector<std::string> Strings(const Repeated& values) {
  return {values.begin(), values.end()};
}

template <typename Map>
std::map<std::string, std::string> Texts(const Map& texts) {
  return {texts.begin(), texts.end()};
}

std::optional<Picture> PictureFrom(bool present, const pb::ArticlePicture& picture) {
  if (!present) return std::nullopt;
  return Picture{.media_id = picture.media_id(),
                 .alt = Texts(picture.alt()),
                 .captions = Texts(picture.captions()),
                 .credit = picture.credit()};
}

// The clean body of whichever form was written.
Result<std::string> BodyOf(const std::string& html, const std::string& markdown, const std::string& at) {
  if (markdown.empty()) return CleanBody(html, "", at + ".body_html");
  if (!html.empty()) return InvalidField(at + ".body_markdown", "must not be set together with body_html");
  return MarkdownBody(markdown, at + ".body_markdown");
}

pb::ArticlePicture MessageOf(const Picture& picture) {
  pb::ArticlePicture message;
  message.set_media_id(picture.media_id);
  message.mutable_alt()->insert(picture.alt.begin(), picture.alt.end());
  message.mutable_captions()->insert(picture.captions.begin(), picture.captions.end());
  message.set_credit(picture.credit);
  return message;
}

pb::Translation MessageOf(const Article& article, const Translation& translation) {
  pb::Translation message;
  message.set_language_code(translation.language_code);
  message.set_state(static_cast<pb::TranslationState>(translation.state));
  message.set_version(translation.version);
  message.set_headline(translation.headline);
  message.set_slug(translation.slug);
  message.set_summary(translation.summary);
  message.set_body_html(translation.body_html);
  for (const std::string& author : translation.authors) message.add_authors(author);
  for (const std::string& id : translation.author_ids) message.add_author_ids(id);
  if (translation.published_time) *message.mutable_published_time() = ToTimestamp(*translation.published_time);
  *message.mutable_updated_time() = ToTimestamp(translation.updated_time);
  if (translation.scheduled_time) *message.mutable_scheduled_time() = ToTimestamp(*translation.scheduled_time);
  for (const Correction& correction : translation.corrections) {
    pb::Correction& note = *message.add_corrections();
    *note.mutable_correction_time() = ToTimestamp(correction.time);
    note.set_note(correction.note);
  }
  if (const std::optional<Drift> drift = DriftOf(article, translation)) {
    message.mutable_drift()->set_paragraphs_behind(drift->behind);
    message.mutable_drift()->set_paragraphs_total(drift->total);
    if (translation.behind_since) {
      *message.mutable_drift()->mutable_since_time() = ToTimestamp(*translation.behind_since);
    }
  }
  return message;
}

pb::ArticleState StateOf(const Article& article) {
  pb::ArticleState state;
  state.set_sequence(article.sequence);
  state.set_section_id(article.section_id);
  state.set_source_id(article.source_id);
  for (const Tag& tag : article.tags) state.add_concept_ids(tag.concept_id);
  for (const Translation& translation : article.translations) {
    pb::TranslationSummary& summary = *state.add_translations();
    summary.set_language_code(translation.language_code);
    summary.set_state(static_cast<pb::TranslationState>(translation.state));
    summary.set_version(translation.version);
    summary.set_headline(translation.headline);
    summary.set_slug(translation.slug);
    if (translation.published_time) *summary.mutable_published_time() = ToTimestamp(*translation.published_time);
    *summary.mutable_updated_time() = ToTimestamp(translation.updated_time);
  }
  for (const ListPlace& place : ListPlaces(article)) {
    pb::ListPlace& message = *state.add_lists();
    message.set_list_key(place.list_key);
    message.set_sort_key(place.sort_key);
  }
  return state;
}

}  // namespace

pb::Article MessageOf(const Article& article) {
  pb::Article message;
  message.set_article_id(article.article_id);
  message.set_sequence(article.sequence);
  message.set_section_id(article.section_id);
  message.set_source_id(article.source_id);
  message.set_source_url(article.source_url);
  message.set_original_language_code(article.original_language_code);
  for (const Tag& tag : article.tags) {
    pb::ArticleTag& tag_message = *message.add_tags();
    tag_message.set_concept_id(tag.concept_id);
    tag_message.set_origin(static_cast<pb::TagOrigin>(tag.origin));
    tag_message.set_confidence(tag.confidence);
  }
  if (article.picture) *message.mutable_picture() = MessageOf(*article.picture);
  for (const Translation& translation : article.translations) {
    *message.add_translations() = MessageOf(article, translation);
  }
  *message.mutable_created_time() = ToTimestamp(article.created_time);
  if (article.embargo_time) *message.mutable_embargo_time() = ToTimestamp(*article.embargo_time);
  if (article.source_removed_time) *message.mutable_source_removed_time() = ToTimestamp(*article.source_removed_time);
  message.mutable_struck_concept_ids()->Add(article.struck_concepts.begin(), article.struck_concepts.end());
  return message;
}

pb::ArticleCard MessageOf(const Card& card) {
  pb::ArticleCard message;
  message.set_article_id(card.article_id);
  message.set_sequence(card.sequence);
  message.set_language_code(card.translation.language_code);
  message.set_headline(card.translation.headline);
  message.set_slug(card.translation.slug);
  message.set_summary(card.translation.summary);
  message.set_section_id(card.section_id);
  message.set_source_id(card.source_id);
  message.mutable_concept_ids()->Add(card.concept_ids.begin(), card.concept_ids.end());
  for (const std::string& author : card.translation.authors) message.add_authors(author);
  for (const std::string& id : card.translation.author_ids) message.add_author_ids(id);
  if (card.picture) *message.mutable_picture() = MessageOf(*card.picture);
  if (card.translation.published_time)
    *message.mutable_published_time() = ToTimestamp(*card.translation.published_time);
  *message.mutable_updated_time() = ToTimestamp(card.translation.updated_time);
  message.set_sort_key(card.sort_key);
  message.set_body_html(card.translation.body_html);
  return message;
}

pb::Source MessageOf(const Source& source) {
  pb::Source message;
  message.set_source_id(source.source_id);
  message.set_name(source.name);
  message.set_url(source.url);
  message.set_rights(source.rights);
  if (source.rights_expire_time) {
    *message.mutable_rights_expire_time() = ToTimestamp(*source.rights_expire_time);
    message.set_rights_expiry(source.withdraw_on_expiry ? pb::RIGHTS_EXPIRY_WITHDRAW : pb::RIGHTS_EXPIRY_KEEP);
  }
  return message;
}

pb::Author MessageOf(const Author& author) {
  pb::Author message;
  message.set_author_id(author.author_id);
  message.set_sequence(author.sequence);
  message.mutable_names()->insert(author.names.begin(), author.names.end());
  for (const std::string& alias : author.aliases) message.add_aliases(alias);
  message.mutable_descriptions()->insert(author.descriptions.begin(), author.descriptions.end());
  message.set_url(author.url);
  return message;
}

pb::Site MessageOf(const Site& site) {
  pb::Site message;
  message.set_sequence(site.sequence);
  message.set_public_url(site.public_url);
  message.mutable_names()->insert(site.names.begin(), site.names.end());
  message.mutable_taglines()->insert(site.taglines.begin(), site.taglines.end());
  for (const SiteLanguage& language : site.languages) {
    pb::SiteLanguage& language_message = *message.add_languages();
    language_message.set_language_code(language.language_code);
    language_message.set_native_name(language.native_name);
    for (const std::string& code : language.fallback_language_codes) language_message.add_fallback_language_codes(code);
  }
  message.set_time_zone(site.time_zone);
  for (const SocialAccount& account : site.social_accounts) {
    pb::SocialAccount& account_message = *message.add_social_accounts();
    account_message.set_label(account.label);
    account_message.set_url(account.url);
  }
  for (const Section& section : site.sections) {
    pb::Section& section_message = *message.add_sections();
    section_message.set_section_id(section.section_id);
    section_message.set_parent_section_id(section.parent_section_id);
    section_message.mutable_labels()->insert(section.labels.begin(), section.labels.end());
    section_message.mutable_slugs()->insert(section.slugs.begin(), section.slugs.end());
  }
  for (const Source& source : site.sources) *message.add_sources() = MessageOf(source);
  for (const std::string& id : site.navigation_section_ids) message.add_navigation_section_ids(id);
  return message;
}

pb::ArticleChanged EventOf(const Article* before, const Article& after) {
  pb::ArticleChanged event;
  event.set_article_id(after.article_id);
  event.set_sequence(after.sequence);
  for (const Change change : Changes(before, after)) event.add_changes(static_cast<pb::ArticleChange>(change));
  if (before != nullptr) *event.mutable_before() = StateOf(*before);
  *event.mutable_after() = StateOf(after);
  return event;
}

Result<NewArticle> FromMessage(const pb::CreateArticleRequest& request) {
  NewArticle article{.section_id = request.section_id(),
                     .source_id = request.source_id(),
                     .source_url = request.source_url(),
                     .concept_ids = {request.concept_ids().begin(), request.concept_ids().end()},
                     .picture = PictureFrom(request.has_picture(), request.picture()),
                     .publish = request.publish()};
  const auto count = static_cast<std::size_t>(request.translations_size());
  if (count > kMaxTranslations) return TooMany("translations", kMaxTranslations, count);
  for (std::size_t i = 0; i < count; ++i) {
    const pb::NewTranslation& translation = request.translations(static_cast<int>(i));
    KIMBERLITE_ASSIGN_OR_RETURN(std::string body,
                                BodyOf(translation.body_html(), translation.body_markdown(), At("translations", i)));
    article.translations.push_back({.language_code = translation.language_code(),
                                    .headline = translation.headline(),
                                    .slug = translation.slug(),
                                    .summary = translation.summary(),
                                    .body_html = std::move(body),
                                    .authors = Strings(translation.authors())});
  }
  return article;
}

Result<TranslationChange> FromMessage(const pb::TranslationChange& message, const std::string& at) {
  TranslationChange change{.language_code = message.language_code(), .expected_version = message.expected_version()};
  if (message.has_headline()) change.headline = message.headline();
  if (message.has_slug()) change.slug = message.slug();
  if (message.has_summary()) change.summary = message.summary();
  if (message.has_body_html() && message.has_body_markdown()) {
    return InvalidField(at + ".body_markdown", "must not be set together with body_html");
  }
  if (message.has_body_html() || message.has_body_markdown()) {
    KIMBERLITE_ASSIGN_OR_RETURN(change.body_html, BodyOf(message.body_html(), message.body_markdown(), at));
  }
  if (message.authors_set()) change.authors = Strings(message.authors());
  return change;
}

Result<std::vector<TranslationCorrection>> FromMessage(const pb::CorrectArticleRequest& request) {
  std::vector<TranslationCorrection> corrections;
  const auto count = static_cast<std::size_t>(request.corrections_size());
  if (count > kMaxTranslations) return TooMany("corrections", kMaxTranslations, count);
  for (std::size_t i = 0; i < count; ++i) {
    const pb::TranslationCorrection& message = request.corrections(static_cast<int>(i));
    KIMBERLITE_ASSIGN_OR_RETURN(TranslationChange change,
                                FromMessage(message.change(), At("corrections", i) + ".change"));
    corrections.push_back({std::move(change), message.note()});
  }
  return corrections;
}

Result<ArticleUpdate> FromMessage(const pb::UpdateArticleRequest& request) {
  ArticleUpdate update{.picture = PictureFrom(request.has_picture(), request.picture())};
  update.remove_picture = request.remove_picture();
  if (request.struck_set()) {
    update.struck_concepts.emplace(request.struck_concept_ids().begin(), request.struck_concept_ids().end());
  }
  if (request.has_section_id()) update.section_id = request.section_id();
  if (request.concepts_set()) update.concept_ids.emplace(request.concept_ids().begin(), request.concept_ids().end());
  const auto count = static_cast<std::size_t>(request.translations_size());
  if (count > kMaxTranslations) return TooMany("translations", kMaxTranslations, count);
  for (std::size_t i = 0; i < count; ++i) {
    KIMBERLITE_ASSIGN_OR_RETURN(TranslationChange change,
                                FromMessage(request.translations(static_cast<int>(i)), At("translations", i)));
    update.translations.push_back(std::move(change));
  }
  return update;
}

Source FromMessage(const pb::Source& source) {
  Source result{.source_id = source.source_id(),
                .name = source.name(),
                .url = source.url(),
                .rights = source.rights(),
                .withdraw_on_expiry = source.rights_expiry() == pb::RIGHTS_EXPIRY_WITHDRAW};
  if (source.has_rights_expire_time()) result.rights_expire_time = ToTime(source.rights_expire_time());
  return result;
}

Author FromMessage(const pb::Author& author) {
  return {.author_id = author.author_id(),
          .names = Texts(author.names()),
          .aliases = Strings(author.aliases()),
          .descriptions = Texts(author.descriptions()),
          .url = author.url()};
}

Site FromMessage(const pb::Site& message) {
  Site site{.sequence = message.sequence(),
            .public_url = message.public_url(),
            .names = Texts(message.names()),
            .taglines = Texts(message.taglines()),
            .time_zone = message.time_zone()};
  for (const pb::SiteLanguage& language : message.languages()) {
    site.languages.push_back({.language_code = language.language_code(),
                              .native_name = language.native_name(),
                              .fallback_language_codes = Strings(language.fallback_language_codes())});
  }
  for (const pb::SocialAccount& account : message.social_accounts()) {
    site.social_accounts.push_back({.label = account.label(), .url = account.url()});
  }
  for (const pb::Section& section : message.sections()) {
    site.sections.push_back({.section_id = section.section_id(),
                             .parent_section_id = section.parent_section_id(),
                             .labels = Texts(section.labels()),
                             .slugs = Texts(section.slugs())});
  }
  for (const pb::Source& source : message.sources()) site.sources.push_back(FromMessage(source));
  site.navigation_section_ids = Strings(message.navigation_section_ids());
  return site;
}

}  // namespace kimberlite::content
