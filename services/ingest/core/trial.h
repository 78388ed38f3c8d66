#pragma once

#include <string>
#include <vector>

#include "services/ingest/core/page_feeds.h"
#include "services/ingest/core/ports.h"

namespace kimberlite::ingest {

// What a fetched document would give.
struct Trial {
  std::string feed_title;
  std::string feed_language_code;
  Recognised recognised;
  std::vector<std::string> warnings;
  std::string error;            // why there is no feed; empty: there is one
  std::vector<PageFeed> feeds;  // of a web page
};

Trial TryDocument(const FetchedDocument& document, const Source& source);

}  // namespace kimberlite::ingest
