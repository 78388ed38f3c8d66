#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/time.h"
#include "services/ingest/core/poll_policy.h"

namespace kimberlite::ingest {

// What a feed document says, whatever its format. Strings are UTF-8 and empty where the document says nothing; URLs are
// absolute http(s) or empty; HTML is as it came, not cleaned.

struct FeedPerson {
  std::string name;
  std::string email;
  std::string uri;
};

struct FeedCategory {
  std::string term;
  std::string scheme;
  std::string label;  // what people read; empty: the term
};

struct FeedEnclosure {
  std::string url;
  std::string type;
  std::int64_t length = 0;  // bytes; 0: not said
};

struct FeedItem {
  std::string id;
  bool id_is_permalink = false;  // the id says of itself that it is the item's URL
  std::string title;             // plain text
  std::string link;
  std::vector<FeedPerson> authors;
  std::optional<Time> published_time;
  std::optional<Time> updated_time;
  std::string summary_html;
  std::string content_html;
  std::string base_url;  // what relative URLs in the HTML are relative to
  std::string language;  // as written: the item's own, else the feed's
  std::vector<FeedCategory> categories;
  std::vector<FeedEnclosure> enclosures;
  // Where the item says that it comes from elsewhere (RSS <source>, Atom <source>).
  std::string source_name;
  std::string source_url;
  // The authors are those of the feed itself, such as RSS's managingEditor: whom to write to, not who wrote this.
  bool authors_of_feed = false;
  bool cut = false;  // the document ended within the item
};

struct Feed {
  std::string id;
  std::string title;
  std::string description_html;
  std::string link;
  std::string language;
  std::optional<Time> published_time;
  std::optional<Time> updated_time;
  FeedHints hints;  // when it wants to be polled
  std::vector<FeedItem> items;
  std::vector<std::string> removed_ids;  // of items that it declares deleted (RFC 6721); at most 5,000
  std::vector<std::string> warnings;     // sentences; at most 20
};

}  // namespace kimberlite::ingest
