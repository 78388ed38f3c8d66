#include "services/content/core/article_event.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "libs/base/text.h"
#include "services/content/core/author.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

bool SameWords(const Translation& a, const Translation& b) {
  return a.headline == b.headline && a.slug == b.slug && a.summary == b.summary && a.body_html == b.body_html &&
         a.authors == b.authors;
}

bool SamePlace(const Article& a, const Article& b) {
  return a.section_id == b.section_id && a.source_id == b.source_id && a.source_url == b.source_url &&
         a.picture == b.picture;
}

// Of a number that is not negative.
std::string Hex(std::int64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i > 0 && value > 0; --i, value >>= 4) text[i - 1] = "0123456789abcdef"[value & 0xF];
  return text;
}

// Whether a translation came into the state.
bool Entered(const Article* before, const Article& after, TranslationState state) {
  return std::ranges::any_of(after.translations, [&](const Translation& translation) {
    const Translation* old = before ? before->Find(translation.language_code) : nullptr;
    return translation.state == state && (old == nullptr || old->state != state);
  });
}

// Whether it holds for a translation that was there before.
template <typename Test>
bool Any(const Article* before, const Article& after, const Test& test) {
  if (before == nullptr) return false;
  return std::ranges::any_of(after.translations, [&](const Translation& translation) {
    const Translation* old = before->Find(translation.language_code);
    return old != nullptr && test(*old, translation);
  });
}

// Whether it moved between states that readers see nothing of.
bool IsRescheduled(const Translation& old, const Translation& now) {
  const auto hidden = [](TranslationState state) {
    return state != TranslationState::kPublished && state != TranslationState::kWithdrawn;
  };
  return hidden(now.state) && (old.state != now.state || old.scheduled_time != now.scheduled_time);
}

// "2026-11"
bool IsMonth(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return false;
  for (const std::size_t i : {0, 1, 2, 3, 5, 6}) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  const int month = (text[5] - '0') * 10 + (text[6] - '0');
  return month >= 1 && month <= 12;
}

}  // namespace

std::string SortKey(Time published_time, std::int64_t article_id) {
  return Hex(std::max<std::int64_t>(0, published_time.time_since_epoch().count()), 16) + Hex(article_id, 12);
}

std::string HomeList(const std::string& language_code) { return language_code; }
std::string SectionList(const std::string& language_code, const std::string& section_id) {
  return language_code + "/section/" + section_id;
}
std::string ConceptList(const std::string& language_code, std::int64_t concept_id) {
  return language_code + "/concept/" + std::to_string(concept_id);
}
std::string SourceList(const std::string& language_code, const std::string& source_id) {
  return language_code + "/source/" + source_id;
}

std::string AuthorList(const std::string& language_code, const std::string& author_id) {
  return language_code + "/author/" + author_id;
}
std::string ArchiveList(const std::string& language_code, const std::string& month) {
  return language_code + "/archive/" + month;
}

Result<void> CheckListKey(const Site& site, std::string_view list_key) {
  const std::string field = "list_key";
  const std::size_t first = list_key.find('/');
  KIMBERLITE_RETURN_IF_ERROR(CheckSiteLanguage(site, list_key.substr(0, first), field));
  if (first == std::string_view::npos) return {};
  const std::string_view rest = list_key.substr(first + 1);
  const std::size_t second = rest.find('/');
  const std::string_view kind = rest.substr(0, second);
  const std::string_view id = second == std::string_view::npos ? std::string_view() : rest.substr(second + 1);
  if (kind == "section" && !id.empty()) return CheckSectionExists(site, id, field);
  if (kind == "source" && !id.empty()) return CheckSourceExists(site, id, field);
  if (kind == "concept") {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    // "007" would be another key for the same concept.
    if (error == std::errc() && end == id.data() + id.size() && number > 0 && id.front() != '0') return {};
  }
  if (kind == "author" && IsSlug(id, kMaxAuthorId)) return {};
  if (kind == "archive" && IsMonth(id)) return {};
  return InvalidField(field,
                      "must be a language code alone or followed by /section/{section_id}, /concept/{concept_id}, "
                      "/source/{source_id}, /author/{author_id} or /archive/{yyyy}-{mm}, this is " +
                          Quoted(list_key));
}

std::vector<ListPlace> ListPlaces(const Article& article) {
  std::vector<ListPlace> places;
  for (const Translation& translation : article.translations) {
    if (translation.state != TranslationState::kPublished || !translation.published_time) continue;
    const std::string& language = translation.language_code;
    const std::string sort_key = SortKey(*translation.published_time, article.article_id);
    places.push_back({HomeList(language), sort_key, language});
    places.push_back({SectionList(language, article.section_id), sort_key, language});
    for (const Tag& tag : article.tags) places.push_back({ConceptList(language, tag.concept_id), sort_key, language});
    if (!article.source_id.empty()) places.push_back({SourceList(language, article.source_id), sort_key, language});
    for (const std::string& id : translation.author_ids)
      places.push_back({AuthorList(language, id), sort_key, language});
    places.push_back({ArchiveList(language, translation.archive_month), sort_key, language});
  }
  std::ranges::sort(places);
  // Two spellings of one author in a byline.
  places.erase(std::ranges::unique(places).begin(), places.end());
  return places;
}

ListDiff DiffLists(const std::vector<ListPlace>& before, const std::vector<ListPlace>& after) {
  ListDiff diff;
  std::ranges::set_difference(before, after, std::back_inserter(diff.removed));
  std::ranges::set_difference(after, before, std::back_inserter(diff.added));
  return diff;
}

std::vector<Change> Changes(const Article* before, const Article& after) {
  std::vector<Change> changes;
  if (before == nullptr) {
    changes.push_back(Change::kCreated);
  } else {
    const bool text = std::ranges::any_of(after.translations, [&](const Translation& translation) {
      const Translation* old = before->Find(translation.language_code);
      return old == nullptr || !SameWords(*old, translation);
    });
    if (text) changes.push_back(Change::kText);
  }
  if (Entered(before, after, TranslationState::kPublished)) changes.push_back(Change::kPublished);
  if (Entered(before, after, TranslationState::kWithdrawn)) changes.push_back(Change::kWithdrawn);
  if (before != nullptr && before->tags != after.tags) changes.push_back(Change::kTags);
  if (before != nullptr && !SamePlace(*before, after)) changes.push_back(Change::kPlace);
  if (Any(before, after,
          [](const Translation& old, const Translation& now) { return old.corrections != now.corrections; }))
    changes.push_back(Change::kCorrected);
  const bool waits = before != nullptr && (before->embargo_time != after.embargo_time ||
                                           before->source_removed_time != after.source_removed_time);
  if (waits || Any(before, after, IsRescheduled)) changes.push_back(Change::kSchedule);
  if (Any(before, after, [](const Translation& old, const Translation& now) {
        return old.followed != now.followed || old.behind_since != now.behind_since;
      }))
    changes.push_back(Change::kDrift);
  return changes;
}

}  // namespace kimberlite::content
