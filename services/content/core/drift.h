#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "services/content/core/article.h"

// How translations follow their original.
namespace kimberlite::content {

// How far a translation is behind, in paragraphs of the original. Absent for the original.
struct Drift {
  int behind = 0;
  int total = 0;
};
std::optional<Drift> DriftOf(const Article& article, const Translation& translation);

// Brings paragraphs and drift up to the bodies of `after`, which was `before` (null: new). A new translation has
// followed the original as it stands.
void TrackDrift(const Article* before, Article& after, Time now);

// The translation has followed the original's paragraphs of those ids as they stand now; none: all. NOT_FOUND when
// there is no such translation or paragraph.
Result<Article> MarkParagraphsDone(const Article& before, const std::string& language_code,
                                   const std::vector<std::int64_t>& ids);

}  // namespace kimberlite::content
