#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

namespace kimberlite::ingest {

// A feed in a list of subscriptions. Strings are UTF-8 and empty where the list says nothing.
struct OpmlFeed {
  std::string url;       // xmlUrl, absolute http(s)
  std::string home_url;  // htmlUrl
  std::string title;     // title, else text: plain
  std::string description;
  std::string language;
  std::vector<std::string> categories;  // the outlines around it from the outermost, then its category attribute's
};

struct Opml {
  std::string title;
  std::vector<OpmlFeed> feeds;  // each URL once, in the document's order
  std::vector<std::string> warnings;
};

// Reads OPML 1.0 and 2.0 in any encoding that feeds come in. Outlines nest at most 90 levels deep; at most 20,000
// outlines. INVALID_ARGUMENT with a sentence when the document is no OPML.
Result<Opml> ParseOpml(std::string_view body, std::string_view content_type);

// OPML 2.0; feeds grouped by their first category.
std::string WriteOpml(const Opml& opml);

}  // namespace kimberlite::ingest
