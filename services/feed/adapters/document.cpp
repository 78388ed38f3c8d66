#include "services/feed/adapters/document.h"

#include "libs/site/site_paths.h"

namespace kimberlite::feed {

void AddDependency(v1::GetFeedResponse& response, std::string entity, std::string low, std::string high) {
  auto* dependency = response.add_dependencies();
  dependency->set_entity(std::move(entity));
  dependency->set_low_sort_key(std::move(low));
  dependency->set_high_sort_key(std::move(high));
}

void SetLastModified(v1::GetFeedResponse& response, Time time) {
  if (time != Time{}) *response.mutable_last_modified_time() = ToTimestamp(time);
}

const char* FileName(v1::FeedFormat format) {
  return format == v1::FEED_FORMAT_ATOM ? "atom.xml" : format == v1::FEED_FORMAT_JSON ? "feed.json" : "rss.xml";
}

const char* ContentType(v1::FeedFormat format) {
  switch (format) {
    case v1::FEED_FORMAT_RSS: return "application/rss+xml; charset=utf-8";
    case v1::FEED_FORMAT_ATOM: return "application/atom+xml; charset=utf-8";
    case v1::FEED_FORMAT_JSON: return "application/feed+json; charset=utf-8";
    case v1::FEED_FORMAT_OPML: return "text/x-opml; charset=utf-8";
    default: return "application/xml; charset=utf-8";
  }
}

}  // namespace kimberlite::feed
