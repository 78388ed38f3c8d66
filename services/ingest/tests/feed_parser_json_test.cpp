#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ingest/core/feed_parser.h"

namespace kimberlite::ingest {
namespace {

using ::testing::HasSubstr;

Result<Feed> Parse(const std::string& body) {
  return ParseFeed(
      {.body = body, .content_type = "text/html", .url = "https://feeds.example/feed.json", .time_zone = ""});
}

TEST(JsonFeed, ReadsVersion11) {
  const auto feed = Parse(
      R"({"version": "https://jsonfeed.org/version/1.1", "title": "Тайҕа", "home_page_url": "https://site.example/",
    "feed_url": "https://site.example/feed.json", "description": "a < b", "language": "sah", "authors": [{"name": "Дария"}],
    "items": [{"id": "1", "url": "/1", "title": "Хомус & <ырыа>", "content_html": "<p>Х</p>", "summary": "a < b", "language": "ru",
      "date_published": "2026-11-24T18:30:00+09:00", "date_modified": "2026-11-25T00:00:00Z", "tags": ["култуура", 5, ""],
      "authors": [{"name": "Степан", "url": "https://site.example/s"}],
      "attachments": [{"url": "a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 9}, {"url": ""}, 7]},
      {"id": 2, "content_text": "бир\n\nикки", "external_url": "https://else.example/x"}, "none"]})");
  ASSERT_TRUE(feed) << feed.error().ToString();
  EXPECT_EQ(feed->title, "Тайҕа");
  EXPECT_EQ(feed->link, "https://site.example/");
  EXPECT_EQ(feed->description_html, "a &lt; b");
  EXPECT_EQ(feed->language, "sah");
  ASSERT_EQ(feed->items.size(), 2u);
  const FeedItem& first = feed->items[0];
  EXPECT_EQ(first.link, "https://feeds.example/1");
  EXPECT_EQ(first.title, "Хомус & <ырыа>");
  EXPECT_EQ(first.content_html, "<p>Х</p>");
  EXPECT_EQ(first.summary_html, "a &lt; b");
  EXPECT_EQ(first.language, "ru");
  EXPECT_EQ(FormatRfc3339(*first.published_time), "2026-11-24T09:30:00Z");
  EXPECT_EQ(FormatRfc3339(*first.updated_time), "2026-11-25T00:00:00Z");
  ASSERT_EQ(first.categories.size(), 1u);
  EXPECT_EQ(first.categories[0].term, "култуура");
  EXPECT_EQ(first.authors[0].name, "Степан");
  ASSERT_EQ(first.enclosures.size(), 1u);
  EXPECT_EQ(first.enclosures[0].url, "https://feeds.example/a.mp3");
  EXPECT_EQ(first.enclosures[0].length, 9);
  const FeedItem& second = feed->items[1];
  EXPECT_EQ(second.id, "2");
  EXPECT_EQ(second.content_html, "бир\n\nикки");
  EXPECT_EQ(second.link, "https://else.example/x");
  EXPECT_EQ(second.authors[0].name, "Дария");
}

TEST(JsonFeed, ReadsVersion1AndAByteOrderMark) {
  const auto feed = Parse(
      "\xEF\xBB\xBF{\"version\": \"https://jsonfeed.org/version/1\", \"author\": {\"name\": \"А\"}, \"items\": "
      "[{\"id\": \"1\"}]}");
  ASSERT_TRUE(feed) << feed.error().ToString();
  EXPECT_EQ(feed->items[0].authors[0].name, "А");
}

TEST(JsonFeed, ReadsWhatIsLeftOfBrokenJson) {
  const std::string head = R"({"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"a"},{"id":"2")";
  auto feed = Parse(head + R"(,"title":"b"},{"id":"3","ti)");
  ASSERT_TRUE(feed) << feed.error().ToString();
  EXPECT_EQ(feed->items.size(), 2u);
  EXPECT_EQ(feed->warnings.size(), 1u);
  feed = Parse(head + ",\"title\":\"b\n\tc\",},],}");
  ASSERT_TRUE(feed) << feed.error().ToString();
  ASSERT_EQ(feed->items.size(), 2u);
  EXPECT_EQ(feed->items[1].title, "b c");
  EXPECT_FALSE(Parse("{\"version\":\"https://jsonfeed.org/version/1\",\"items\":["));
}

TEST(JsonFeed, TakesAnIdThatIsAUrlForTheLink) {
  const auto feed =
      Parse(R"({"version":"https://jsonfeed.org/version/1","language":"sah","items":[{"id":"https://e.example/1"}]})");
  EXPECT_EQ(feed->items[0].link, "https://e.example/1");
  EXPECT_TRUE(feed->items[0].id_is_permalink);
  EXPECT_EQ(feed->items[0].language, "sah");
}

TEST(JsonFeed, RefusesOtherJson) {
  for (const char* body :
       {"{}", "[]", "{\"version\": \"https://jsonfeed.org/version/1\"}", "{\"items\": []}",
        "{\"version\": 1, \"items\": []}", "{\"version\": \"https://jsonfeed.org/version/1\", \"items\": {}}"}) {
    const auto feed = Parse(body);
    ASSERT_FALSE(feed) << body;
    EXPECT_THAT(feed.error().message(), HasSubstr("not a JSON Feed")) << body;
  }
  EXPECT_THAT(Parse("{\"version\": \"https://jsonfeed.org/version/1\", \"items\": [").error().message(),
              HasSubstr("not well-formed"));
}

TEST(JsonFeed, BoundsDepthAndSize) {
  const auto deep = Parse("{\"a\":" + std::string(5'000'000, '['));
  ASSERT_FALSE(deep);
  EXPECT_THAT(deep.error().message(), HasSubstr("levels"));
  std::string wide = "{\"a\":[1";
  for (int i = 0; i < 400'000; ++i) wide += ",1";
  const auto refused = Parse(wide + "]}");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("values"));
}

}  // namespace
}  // namespace kimberlite::ingest
