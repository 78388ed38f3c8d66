#include "services/feed/adapters/updates.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "libs/base/id.h"
#include "libs/base/text.h"
#include "libs/site/site_paths.h"
#include "services/feed/adapters/list_key.h"

namespace kimberlite::feed {
namespace {

using content::v1::ArticleState;
using content::v1::TranslationSummary;

constexpr int kMaxLists = 100;
constexpr std::size_t kDigestLength = 12;
constexpr char kSeparator = '.';  // content's cursors hold none

// Lists that show a translation, by language.
std::map<std::string, std::set<std::string>> PlacesByLanguage(const ArticleState& state) {
  std::map<std::string, std::set<std::string>> places;
  for (const auto& place : state.lists()) {
    places[place.list_key().substr(0, place.list_key().find('/'))].insert(place.list_key());
  }
  return places;
}

const TranslationSummary* Find(const ArticleState& state, const std::string& language) {
  const auto found = std::ranges::find(state.translations(), language, &TranslationSummary::language_code);
  return found == state.translations().end() ? nullptr : &*found;
}

bool Same(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return a.seconds() == b.seconds() && a.nanos() == b.nanos();
}

// Whether readers of a list see anything of it differently.
bool LooksTheSame(const ArticleState& before, const TranslationSummary& was, const ArticleState& after,
                  const TranslationSummary& is) {
  return was.version() == is.version() && was.headline() == is.headline() && was.slug() == is.slug() &&
         Same(was.updated_time(), is.updated_time()) && before.section_id() == after.section_id() &&
         before.source_id() == after.source_id() && std::ranges::equal(before.concept_ids(), after.concept_ids());
}

std::string Checksum(const std::string& before, int dealt_with, const UpdateFilter& filter) {
  return Sha256Hex(before + kSeparator + std::to_string(dealt_with) + kSeparator + filter.Digest())
      .substr(0, kDigestLength);
}

}  // namespace

Result<UpdateFilter> UpdateFilter::Make(const google::protobuf::RepeatedPtrField<std::string>& list_keys) {
  if (list_keys.size() > kMaxLists) {
    return Fail(Error::Field(Code::kResourceExhausted, "list_keys",
                             "must be at most " + std::to_string(kMaxLists) + "; leave it empty to follow everything"));
  }
  UpdateFilter filter;
  for (const std::string& key : list_keys) {
    KIMBERLITE_RETURN_IF_ERROR(ParseListKey(key, "list_keys"));
    filter.list_keys_.push_back(key);
  }
  std::ranges::sort(filter.list_keys_);
  const auto repeated = std::ranges::unique(filter.list_keys_);
  filter.list_keys_.erase(repeated.begin(), repeated.end());
  return filter;
}

bool UpdateFilter::Follows(const std::string& list_key) const {
  // A translation that is public stands in its language's own list.
  if (list_keys_.empty()) return list_key.find('/') == std::string::npos;
  return std::ranges::binary_search(list_keys_, list_key);
}

std::string UpdateFilter::Digest() const {
  return list_keys_.empty() ? "all" : Sha256Hex(Join(list_keys_, "\n")).substr(0, kDigestLength);
}

std::vector<v1::Update> UpdatesOf(const content::v1::ArticleChanged& change, const content::v1::Site& site,
                                  const UpdateFilter& filter) {
  const auto before = PlacesByLanguage(change.before());
  const auto after = PlacesByLanguage(change.after());
  std::vector<v1::Update> updates;
  for (const TranslationSummary& translation : change.after().translations()) {
    const std::string& language = translation.language_code();
    const auto follows = [&](const std::map<std::string, std::set<std::string>>& places) {
      const auto found = places.find(language);
      return found != places.end() &&
             std::ranges::any_of(found->second, [&](const std::string& key) { return filter.Follows(key); });
    };
    const bool stood = follows(before), stands = follows(after);
    if (!stood && !stands) continue;
    const TranslationSummary* was = Find(change.before(), language);
    if (stood && stands && was && before.at(language) == after.at(language) &&
        LooksTheSame(change.before(), *was, change.after(), translation)) {
      continue;
    }
    v1::Update& update = updates.emplace_back();
    update.set_kind(!stood ? v1::UPDATE_KIND_ADDED : stands ? v1::UPDATE_KIND_CHANGED : v1::UPDATE_KIND_REMOVED);
    update.set_article_id(change.article_id());
    update.set_sequence(change.sequence());
    update.set_language_code(language);
    update.set_version(translation.version());
    update.set_headline(translation.headline());
    // A language that the site gave up has no pages.
    if (site::HasLanguage(site, language)) {
      const site::SitePaths paths(site, language);
      update.set_url(
          paths.Absolute(paths.ArticlePath(change.after().section_id(), change.article_id(), translation.slug())));
    }
    update.set_entry_id(EntryId(site, change.article_id(), language));
    if (translation.has_published_time()) *update.mutable_published_time() = translation.published_time();
    if (translation.has_updated_time()) *update.mutable_updated_time() = translation.updated_time();
    if (const auto found = after.find(language); found != after.end()) {
      for (const std::string& key : found->second) update.add_list_keys(key);
    }
  }
  return updates;
}

std::string FormatCursor(const UpdateCursor& cursor, const UpdateFilter& filter) {
  return cursor.before + kSeparator + std::to_string(cursor.dealt_with) + kSeparator +
         Checksum(cursor.before, cursor.dealt_with, filter);
}

Result<UpdateCursor> ParseCursor(const std::string& text, const UpdateFilter& filter) {
  const auto parts = Split(text, kSeparator);
  UpdateCursor cursor;
  if (parts.size() == 3) {
    cursor.before = parts[0];
    const auto [end, error] = std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), cursor.dealt_with);
    if (error == std::errc() && end == parts[1].data() + parts[1].size() && cursor.dealt_with >= 0 &&
        parts[2] == Checksum(cursor.before, cursor.dealt_with, filter)) {
      return cursor;
    }
  }
  return InvalidField("cursor",
                      "is none that a stream of these list_keys gave; leave it empty to begin with what comes next");
}

}  // namespace kimberlite::feed
