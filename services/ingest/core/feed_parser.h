#pragma once

#include <string>
#include <string_view>

#include "libs/base/error.h"
#include "services/ingest/core/feed.h"

namespace kimberlite::ingest {

struct FeedDocument {
  std::string_view body;
  std::string_view content_type;  // for its charset only: the format is told by the content
  std::string_view url;           // where it was read, after redirects
  std::string_view time_zone;     // IANA zone of dates that name none; empty: UTC
};

// Reads RSS 2.0, 0.9x and 1.0 (with the content, dc, dcterms, media, itunes and atom extensions), Atom 1.0 and 0.3,
// JSON Feed 1.0 and 1.1. INVALID_ARGUMENT with a sentence when it is none of these or nothing can be read; of a web
// page it says which feeds the page names (FindPageFeeds).
//
// Broken documents: XML is mended (ReadXml), JSON cut after its last whole item, with a warning.
// A DOCTYPE is never obeyed; HTML's named entities are known anyway.
// Limits: 5,000 items; per item 20,000 elements and 100 levels, 200 each of people, categories and enclosures; 256
// attributes of an element, 128 namespaces at once; JSON 32 levels and 300,000 values. Time and memory are linear in
// the body. Safe for any thread.
Result<Feed> ParseFeed(const FeedDocument& document);

}  // namespace kimberlite::ingest
