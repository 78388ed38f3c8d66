#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/time.h"
#include "services/content/core/paragraphs.h"

// A story and its translations, as the rules of this service see them.
namespace kimberlite::content {

// The numbers are stored, and are those of the proto.
enum class TranslationState : std::uint8_t {
  kDraft = 1,
  kPublished = 2,
  kWithdrawn = 3,
  kReview = 4,
  kScheduled = 5,
};
enum class TagOrigin : std::uint8_t { kAutomatic = 1, kEditor = 2 };

// A public note of what was wrong.
struct Correction {
  Time time;
  std::string note;

  bool operator==(const Correction&) const = default;
};

// A story in one language.
struct Translation {
  std::string language_code;
  TranslationState state = TranslationState::kDraft;
  std::int32_t version = 0;  // counts editorial revisions from 1
  std::string headline;
  std::string slug;
  std::string summary;
  std::string body_html;  // clean: see adapters/body.h
  std::vector<std::string> authors;
  std::vector<std::string> author_ids;  // of authors, in order; filled by the store, see pg_author_store.h
  std::optional<Time> published_time;   // when readers first saw it
  std::string archive_month;            // "yyyy-mm" of it in the site's time zone then; empty before
  Time updated_time;                    // when its words last changed
  bool from_item = false;               // its words are as an ingested item gave them
  std::optional<Time> scheduled_time;   // while state is kScheduled
  std::vector<Correction> corrections;  // oldest first
  std::vector<Paragraph> paragraphs;    // of body_html
  std::vector<Paragraph> followed;      // the original's paragraphs as the translation has followed them
  std::optional<Time> behind_since;     // when the original first moved away from it

  bool operator==(const Translation&) const = default;
};

// A concept that an article carries.
struct Tag {
  std::int64_t concept_id = 0;
  TagOrigin origin = TagOrigin::kAutomatic;
  double confidence = 0;  // 0 to 1

  bool operator==(const Tag&) const = default;
};

struct Picture {
  std::string media_id;
  std::map<std::string, std::string> alt;       // per language code
  std::map<std::string, std::string> captions;  // per language code
  std::string credit;                           // may be empty

  bool operator==(const Picture&) const = default;
};

struct Article {
  std::int64_t article_id = 0;  // 0: not yet stored
  std::int64_t sequence = 0;    // grows by one with every change, tags included
  std::string section_id;
  std::string source_id;   // may be empty
  std::string source_url;  // may be empty
  std::string original_language_code;
  std::vector<Tag> tags;  // as shown: editors' first
  std::optional<Picture> picture;
  std::vector<Translation> translations;
  std::int64_t tagging_sequence = 0;  // of the newest suggestion taken in; bookkeeping, no change of the article
  Time created_time;
  std::optional<Time> embargo_time;           // nothing becomes public before
  std::vector<std::int64_t> struck_concepts;  // that automatic tagging may not bring back
  std::optional<Time> source_removed_time;    // since when its item is gone at its source

  const Translation* Find(std::string_view language_code) const {
    for (const Translation& translation : translations) {
      if (translation.language_code == language_code) return &translation;
    }
    return nullptr;
  }
  Translation* Find(std::string_view language_code) {
    return const_cast<Translation*>(std::as_const(*this).Find(language_code));
  }

  bool operator==(const Article&) const = default;
};

}  // namespace kimberlite::content
