#include "services/ingest/core/feed_parser.h"

#include "libs/base/text.h"
#include "services/ingest/core/charset.h"
#include "services/ingest/core/feed_parser_formats.h"

namespace kimberlite::ingest {

Result<Feed> ParseFeed(const FeedDocument& document) {
  const DecodedText decoded = DecodeText(document.body, document.content_type);
  const std::string_view text = TrimAscii(decoded.text);
  if (text.empty()) return Fail(Code::kInvalidArgument, "the document is empty");
  auto feed = text.front() == '{' || text.front() == '[' ? ParseJsonFeed(text, document) : ParseXmlFeed(text, document);
  if (feed && !decoded.warning.empty()) feed->warnings.insert(feed->warnings.begin(), "the text " + decoded.warning);
  return feed;
}

}  // namespace kimberlite::ingest
