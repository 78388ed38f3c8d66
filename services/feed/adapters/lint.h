#pragma once

#include <string_view>

#include "kimberlite/feed/v1/feed_service.pb.h"
#include "libs/base/error.h"
#include "services/feed/core/feed_document.h"

namespace kimberlite::feed {

// The gate that each document passes before it is given away and kept: the rules of Flaw(), and that the bytes are
// well-formed XML or JSON. INTERNAL says what is wrong; it is counted and logged, and the edge keeps the last good one.
Result<void> Lint(const FeedDocument& feed, v1::FeedFormat format, std::string_view document);

// The second half alone, for sitemaps. name: of the document, for the log.
Result<void> LintXml(std::string_view name, std::string_view document);

}  // namespace kimberlite::feed
