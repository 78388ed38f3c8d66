#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "services/content/core/article.h"
#include "services/content/core/site.h"

// What editors do to an article. Each act takes the article as it stands under its row's lock and gives it as it shall
// stand: with the next sequence, or equal to what was given when there is nothing to change. Errors name the fields of
// the RPC's request. Bodies are clean, and whether a picture's medium exists is looked up, before.
namespace kimberlite::content {

// The words of a translation to write.
struct NewTranslation {
  std::string language_code;
  std::string headline;
  std::string slug;  // empty: made from the headline
  std::string summary;
  std::string body_html;
  std::vector<std::string> authors;
};

struct NewArticle {
  std::string section_id;
  std::string source_id;
  std::string source_url;
  std::vector<NewTranslation> translations;  // the original first
  std::vector<std::int64_t> concept_ids;
  std::optional<Picture> picture;
  bool publish = false;
};

// A change of one translation; what is absent stays.
struct TranslationChange {
  std::string language_code;
  std::int32_t expected_version = 0;  // 0: there is no such translation yet
  std::optional<std::string> headline;
  std::optional<std::string> slug;  // empty: made from the headline
  std::optional<std::string> summary;
  std::optional<std::string> body_html;
  std::optional<std::vector<std::string>> authors;
};

struct ArticleUpdate {
  std::vector<TranslationChange> translations;
  std::optional<std::string> section_id;
  std::optional<std::vector<std::int64_t>> concept_ids;
  std::optional<Picture> picture;
  bool remove_picture = false;
  std::optional<std::vector<std::int64_t>> struck_concepts;
};

// The article has no id yet; its sequence is 1.
Result<Article> CreateArticle(const Site& site, const NewArticle& request, Time now);

Result<Article> UpdateArticle(const Site& site, const Article& before, const ArticleUpdate& update, Time now);

// RESOURCE_EXHAUSTED above 16 MiB for the bodies of all translations together: an article must fit into one answer.
// `field` is that of the body that was added last.
Result<void> CheckBodiesTogether(const Article& article, const std::string& field);

// The slug of a headline; never empty.
std::string SlugOf(const std::string& headline, const std::string& language_code);

// The original first, then in the site's order of languages.
void OrderTranslations(const Site& site, Article& article);

// Makes a draft public. Its month in the archive is that of the site's time zone now, and stays so.
void Publish(const Site& site, Translation& translation, Time now);

// Puts the changes into `after`, adding translations that do not exist yet, and follows the drift. Fields are named
// "{list}[i]{within}.…".
Result<void> ChangeTranslations(const Site& site, Article& after, const std::vector<TranslationChange>& changes,
                                Time now, const std::string& list, const std::string& within);

// Where the translations that a request names by language_codes stand, in its order. NOT_FOUND when one does not exist.
Result<std::vector<std::size_t>> Named(const Site& site, const Article& article,
                                       const std::vector<std::string>& languages);

// `after` with the next sequence, unless it is `before`.
Article Next(const Article& before, Article after);

// "article 1001"
std::string Name(const Article& article);

// The tags with the editor's replaced: those first, in order, then the automatic ones.
std::vector<Tag> WithEditorTags(const std::vector<Tag>& tags, const std::vector<std::int64_t>& concept_ids);

}  // namespace kimberlite::content
