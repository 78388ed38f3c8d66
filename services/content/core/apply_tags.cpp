#include "services/content/core/apply_tags.h"

#include <algorithm>

#include "services/content/core/rules.h"

namespace kimberlite::content {

Result<Article> ApplyTags(const Article& before, const TagSuggestion& suggestion) {
  if (suggestion.sequence <= before.tagging_sequence) return before;
  Article after = before;
  after.tagging_sequence = suggestion.sequence;
  std::erase_if(after.tags, [](const Tag& tag) { return tag.origin == TagOrigin::kAutomatic; });
  for (std::size_t i = 0; i < suggestion.concepts.size() && after.tags.size() < kMaxConcepts; ++i) {
    const FoundConcept& found = suggestion.concepts[i];
    if (found.concept_id <= 0) return InvalidField(At("suggestions", i) + ".concept_id", "must be greater than 0");
    if (std::ranges::find(after.tags, found.concept_id, &Tag::concept_id) != after.tags.end()) continue;
    if (std::ranges::find(after.struck_concepts, found.concept_id) != after.struck_concepts.end()) continue;
    // Written so that a NaN becomes 0.
    const double confidence = found.confidence > 0 ? std::min(found.confidence, 1.0) : 0.0;
    after.tags.push_back({found.concept_id, TagOrigin::kAutomatic, confidence});
  }
  if (after.tags != before.tags) ++after.sequence;
  return after;
}

}  // namespace kimberlite::content
