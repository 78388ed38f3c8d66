#pragma once

#include <string>

#include "kimberlite/feed/v1/feed_service.pb.h"
#include "libs/base/time.h"

// What every kind of document has in its answer.
namespace kimberlite::feed {

// low, high: the window of a list's sort keys that the document shows; empty: open on that side.
void AddDependency(v1::GetFeedResponse& response, std::string entity, std::string low = "", std::string high = "");

// Nothing for the zero time.
void SetLastModified(v1::GetFeedResponse& response, Time time);

// "rss.xml", "atom.xml", "feed.json".
const char* FileName(v1::FeedFormat format);
const char* ContentType(v1::FeedFormat format);

}  // namespace kimberlite::feed
