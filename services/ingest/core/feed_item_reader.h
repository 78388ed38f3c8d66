#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/ingest/core/feed.h"
#include "services/ingest/core/xml_node.h"

namespace kimberlite::ingest {

// The links of one element, gathered before one is chosen.
struct FeedLinks {
  std::string own;        // RSS <link>
  std::string alternate;  // the first rel=alternate
  std::string page;       // the first rel=alternate that is HTML
  std::string Best() const { return !own.empty() ? own : !page.empty() ? page : alternate; }
};

// An Atom link (RFC 4287 section 4.2.7); enclosures go to `enclosures` where that is not null.
void ReadAtomLink(const XmlNode& node, FeedLinks& links, std::vector<FeedEnclosure>* enclosures);

struct ItemContext {
  std::string_view feed_link;
  std::string_view zone;
  std::string_view document_url;
};

// Reads one item of any XML format, with all the vocabularies that it may be written in.
FeedItem ReadFeedItem(const XmlNode& node, const ItemContext& context);

}  // namespace kimberlite::ingest
