#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "services/content/core/article.h"
#include "services/content/core/site.h"

// What an article's change means to others: the lists that show it, and what an event says of it. Pure functions of
// the article, so that the before of an event and the read model of the lists are never guessed.
namespace kimberlite::content {

// The place of a published translation in one list.
struct ListPlace {
  std::string list_key;
  std::string sort_key;
  std::string language_code;

  auto operator<=>(const ListPlace&) const = default;
};

// 16 hex digits of the time in microseconds and 12 of the article id: compares as bytes like (time, id). Times before
// 1970 count as 1970.
std::string SortKey(Time published_time, std::int64_t article_id);

// "en", "en/section/economy", "en/concept/7", "en/source/yakutia24", "en/author/anna-petrova", "en/archive/2026-11".
std::string HomeList(const std::string& language_code);
std::string SectionList(const std::string& language_code, const std::string& section_id);
std::string ConceptList(const std::string& language_code, std::int64_t concept_id);
std::string SourceList(const std::string& language_code, const std::string& source_id);
std::string AuthorList(const std::string& language_code, const std::string& author_id);
std::string ArchiveList(const std::string& language_code, const std::string& month);

// Whether there can be such a list: INVALID_ARGUMENT when the key is none of the six shapes or names none of the
// site's languages, NOT_FOUND when it names a section or source that does not exist. Concepts
// and authors are not known here.
Result<void> CheckListKey(const Site& site, std::string_view list_key);

// Every place of the article, sorted.
std::vector<ListPlace> ListPlaces(const Article& article);

// What to remove and what to add to come from one article's places to another's.
struct ListDiff {
  std::vector<ListPlace> removed;
  std::vector<ListPlace> added;
};
ListDiff DiffLists(const std::vector<ListPlace>& before, const std::vector<ListPlace>& after);

// The numbers of the proto's ArticleChange.
enum class Change : std::uint8_t {
  kCreated = 1,
  kText = 2,
  kPublished = 3,
  kWithdrawn = 4,
  kTags = 5,
  kPlace = 6,
  kCorrected = 7,
  kSchedule = 8,
  kDrift = 9,
};

// What moved, in the order of the numbers. `before` is null for a new article.
std::vector<Change> Changes(const Article* before, const Article& after);

}  // namespace kimberlite::content
