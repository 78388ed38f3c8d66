#include <nlohmann/json.hpp>

#include "services/feed/core/feed_document.h"

namespace kimberlite::feed {

std::string WriteJsonFeed(const FeedDocument& feed) {
  using nlohmann::ordered_json;
  ordered_json document = {
      {"version", "https://jsonfeed.org/version/1.1"},
      {"title", feed.title},
      {"home_page_url", feed.home_url},
      {"feed_url", feed.self_url},
  };
  if (!feed.description.empty()) document["description"] = feed.description;
  document["language"] = feed.language;
  document["items"] = ordered_json::array();
  for (const FeedItem& item : feed.items) {
    ordered_json one = {{"id", item.id}, {"url", item.url}, {"title", item.title}};
    // One of the two contents is required.
    if (item.body_html.empty()) {
      one["content_text"] = item.summary;
    } else {
      one["content_html"] = item.body_html;
    }
    if (!item.summary.empty()) one["summary"] = item.summary;
    for (const FeedPicture& picture : item.pictures) one["image"] = picture.url;
    one["date_published"] = FormatRfc3339(item.published);
    one["date_modified"] = FormatRfc3339(item.updated);
    for (const std::string& author : item.authors) one["authors"].push_back({{"name", author}});
    if (!item.tags.empty()) one["tags"] = item.tags;
    one["language"] = feed.language;
    document["items"].push_back(std::move(one));
  }
  // Stored text is UTF-8; should a byte of it ever not be, the others are worth showing.
  return document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace kimberlite::feed
