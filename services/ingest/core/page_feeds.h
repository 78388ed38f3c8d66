#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kimberlite::ingest {

struct PageFeed {
  std::string url;    // absolute
  std::string type;   // media type as the page says it; may be empty
  std::string title;  // plain text; may be empty
};

// The feeds that a web page names: <link rel="alternate"> (or "feed") with the type of a feed, in the page's order and
// against its <base href>; where there is none, links in its text that look like feeds. Each URL once, at most 50.
// Reads the first 1 MiB. `html` is well-formed UTF-8.
std::vector<PageFeed> FindPageFeeds(std::string_view html, std::string_view url);

}  // namespace kimberlite::ingest
