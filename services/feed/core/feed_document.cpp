#include "services/feed/core/feed_document.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "libs/base/text.h"

namespace kimberlite::feed {
namespace {

bool IsAbsolute(std::string_view url) { return url.starts_with("https://") || url.starts_with("http://"); }

}  // namespace

std::string ItemFlaw(const FeedItem& item) {
  if (item.id.empty()) return "an item has no id";
  const std::string named = "item " + item.id + " ";
  if (TrimAscii(item.title).empty()) return named + "has no title";
  if (!IsAbsolute(item.url)) return named + "has the address \"" + item.url + "\", which is not absolute";
  if (item.published == Time{}) return named + "has no time of publication";
  if (item.updated < item.published) return named + "was changed before it was published";
  for (const FeedAuthor& author : item.authors) {
    if (TrimAscii(author.name).empty()) return named + "has an author without a name";
  }
  for (const FeedPicture& picture : item.pictures) {
    if (!IsAbsolute(picture.url)) return named + "has a picture at \"" + picture.url + "\", which is not absolute";
  }
  return "";
}

Time NewestChange(const FeedDocument& feed) {
  Time newest{};
  for (const FeedItem& item : feed.items) newest = std::max(newest, item.updated);
  return newest;
}

std::string Flaw(const FeedDocument& feed) {
  if (feed.id.empty() || TrimAscii(feed.title).empty() || TrimAscii(feed.site_name).empty()) {
    return "the feed lacks its id, its title or the name of its site";
  }
  for (const std::string* url : {&feed.home_url, &feed.self_url}) {
    if (!IsAbsolute(*url)) return "the feed has the address \"" + *url + "\", which is not absolute";
  }
  std::unordered_set<std::string_view> ids;
  for (const FeedItem& item : feed.items) {
    if (std::string flaw = ItemFlaw(item); !flaw.empty()) return flaw;
    if (!ids.insert(item.id).second) return "item " + item.id + " stands twice";
  }
  for (const Tombstone& tombstone : feed.tombstones) {
    if (!ids.insert(tombstone.id).second) return "item " + tombstone.id + " stands twice, and once it is deleted";
  }
  return "";
}

}  // namespace kimberlite::feed
