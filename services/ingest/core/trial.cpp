#include "services/ingest/core/trial.h"

#include "services/ingest/core/charset.h"
#include "services/ingest/core/feed_parser.h"
#include "services/ingest/core/plain_line.h"

namespace kimberlite::ingest {

Trial TryDocument(const FetchedDocument& document, const Source& source) {
  Trial trial;
  if (document.status != 200) {
    trial.error = "the server answered with HTTP " + std::to_string(document.status) + " and no feed";
    return trial;
  }
  const auto feed = ParseFeed({.body = document.body,
                               .content_type = document.content_type,
                               .url = document.url,
                               .time_zone = source.time_zone});
  if (!feed) {
    trial.error = PlainLineOfBytes(feed.error().message());
    const DecodedText page = DecodeText(document.body, document.content_type);
    trial.feeds = FindPageFeeds(page.text, document.url);
    return trial;
  }
  trial.feed_title = feed->title;
  trial.feed_language_code = PlainLineOfBytes(feed->language);
  trial.warnings = feed->warnings;
  trial.recognised = RecogniseItems(*feed, source);
  for (RecognisedItem& item : trial.recognised.items) IdentifyLanguage(item);
  return trial;
}

}  // namespace kimberlite::ingest
