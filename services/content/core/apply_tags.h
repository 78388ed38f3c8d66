#pragma once

#include <cstdint>
#include <vector>

#include "libs/base/error.h"
#include "services/content/core/article.h"

namespace kimberlite::content {

// A concept that tagging found.
struct FoundConcept {
  std::int64_t concept_id = 0;
  double confidence = 0;
};

// What tagging says of an article, best concept first.
struct TagSuggestion {
  std::int64_t article_id = 0;
  std::int64_t sequence = 0;
  std::vector<FoundConcept> concepts;
};

// The article with its automatic tags replaced; the editor's stay, in front, and 100 tags in all. Versions of the
// translations do not move. When the suggestion is not newer than what was taken in, the article as it was; when it
// changes no tag, the article as it was but for tagging_sequence. INVALID_ARGUMENT for an id that cannot be.
Result<Article> ApplyTags(const Article& before, const TagSuggestion& suggestion);

}  // namespace kimberlite::content
