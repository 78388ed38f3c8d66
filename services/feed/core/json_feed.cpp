#include <nlohmann/json.hpp>

#include "services/feed/core/feed_document.h"
#include "services/feed/core/xml.h"

namespace kimberlite::feed {
namespace {

using nlohmann::ordered_json;

ordered_json JsonItem(const FeedItem& item, const std::string& language) {
  ordered_json one = {{"id", item.id}, {"url", item.url}, {"title", WithoutBidiControls(item.title)}};
  // One of the two contents is required.
  if (item.body_html.empty()) {
    one["content_text"] = item.summary;
  } else {
    one["content_html"] = item.body_html;
  }
  if (!item.summary.empty()) one["summary"] = item.summary;
  if (!item.credit_url.empty()) one["external_url"] = item.credit_url;
  for (const FeedPicture& picture : item.pictures) one["image"] = picture.url;
  one["date_published"] = FormatRfc3339(item.published);
  one["date_modified"] = FormatRfc3339(item.updated);
  for (const FeedAuthor& author : item.authors) {
    ordered_json written = {{"name", WithoutBidiControls(author.name)}};
    if (!author.url.empty()) written["url"] = author.url;
    one["authors"].push_back(std::move(written));
  }
  if (!item.tags.empty()) one["tags"] = item.tags;
  one["language"] = language;
  return one;
}

}  // namespace

std::string WriteJsonFeed(const FeedDocument& feed) {
  ordered_json document = {
      {"version", "https://jsonfeed.org/version/1.1"},
      {"title", WithoutBidiControls(feed.title)},
      {"home_page_url", feed.home_url},
      {"feed_url", feed.self_url},
  };
  if (!feed.older_url.empty()) document["next_url"] = feed.older_url;
  if (!feed.description.empty()) document["description"] = WithoutBidiControls(feed.description);
  document["language"] = feed.language;
  document["items"] = ordered_json::array();
  for (const FeedItem& item : feed.items) document["items"].push_back(JsonItem(item, feed.language));
  // Stored text is UTF-8; should a byte of it ever not be, the others are worth showing.
  return document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace kimberlite::feed
