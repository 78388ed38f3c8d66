#include <cstdint>
#include <string_view>

#include "libs/base/text.h"
#include "services/ingest/core/feed_parser.h"
#include "services/ingest/core/opml.h"
#include "services/ingest/core/page_feeds.h"
#include "services/ingest/core/recognise.h"
#include "tests/fuzz/require.h"

namespace {

using namespace kimberlite;

void RequireUrl(std::string_view url) {
  Require(url.empty() || url.starts_with("http://") || url.starts_with("https://"), "an address is http(s) or empty");
}

void RequireText(std::string_view text) { Require(IsValidUtf8(text), "text is UTF-8"); }

void RequireItem(const ingest::FeedItem& item) {
  for (const std::string* text : {&item.id, &item.title, &item.summary_html, &item.content_html, &item.language})
    RequireText(*text);
  RequireUrl(item.link);
  RequireUrl(item.source_url);
  for (const ingest::FeedEnclosure& enclosure : item.enclosures) {
    RequireUrl(enclosure.url);
    Require(enclosure.length >= 0, "a length is not negative");
  }
  for (const ingest::FeedPerson& person : item.authors) {
    RequireText(person.name);
    RequireUrl(person.uri);
  }
  Require(item.authors.size() <= 200 && item.categories.size() <= 200 && item.enclosures.size() <= 200, "at most 200");
}

}  // namespace

// Whatever a document holds, what is read of it is text, its addresses are addresses, and it is within the limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto feed = ingest::ParseFeed(
      {.body = body, .content_type = "text/xml", .url = "https://feeds.example/rss", .time_zone = "Asia/Yakutsk"});
  if (feed) {
    Require(feed->items.size() <= 5000 && feed->warnings.size() <= 20, "limits");
    RequireText(feed->title);
    RequireUrl(feed->link);
    for (const ingest::FeedItem& item : feed->items) RequireItem(item);
    ingest::Source source;
    source.default_language_code = "sah";
    for (const ingest::RecognisedItem& item : ingest::RecogniseItems(*feed, source).items) {
      Require(!item.external_id.empty() && !item.headline.empty(), "an item that is taken has an id and a headline");
      RequireText(item.body_html);
    }
  } else {
    Require(feed.error().code() == Code::kInvalidArgument && !feed.error().message().empty(), "a refusal says why");
  }
  if (const auto opml = ingest::ParseOpml(body, "")) {
    for (const ingest::OpmlFeed& listed : opml->feeds) Require(!listed.url.empty(), "a listed feed has an address");
    Require(ingest::ParseOpml(ingest::WriteOpml(*opml), "").has_value(), "what is written is read");
  }
  if (IsValidUtf8(body)) {
    for (const ingest::PageFeed& found : ingest::FindPageFeeds(body, "https://site.example/")) RequireUrl(found.url);
  }
  return 0;
}
