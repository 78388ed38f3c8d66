#pragma once

#include <string_view>

#include "libs/base/error.h"
#include "services/ingest/core/feed.h"
#include "services/ingest/core/feed_parser.h"

// The two families of formats behind ParseFeed; `text` is the decoded body.
namespace kimberlite::ingest {

constexpr std::size_t kMaxItems = 5000;

Result<Feed> ParseXmlFeed(std::string_view text, const FeedDocument& document);
Result<Feed> ParseJsonFeed(std::string_view text, const FeedDocument& document);

}  // namespace kimberlite::ingest
