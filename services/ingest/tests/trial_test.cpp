#include "services/ingest/core/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimberlite::ingest {
namespace {

using ::testing::HasSubstr;

FetchedDocument Document(int status, const std::string& body, const std::string& type = "text/xml") {
  FetchedDocument document;
  document.status = status;
  document.body = body;
  document.content_type = type;
  document.url = "https://wire.example/";
  return document;
}

TEST(TryDocument, ShowsWhatAFeedWouldGive) {
  Source source;
  source.name = "x";
  const Trial trial = TryDocument(
      Document(200,
               "<rss version=\"2.0\"><channel><title>Провод</title><item><guid>1</guid><title>Саха сиригэр саҥа "
               "оскуола аһылынна, оҕолор үөрэллэр</title><description>Бүгүн Дьокуускайга саҥа оскуола үөрүүлээхтик "
               "аһылынна</description></item><item><guid>2</guid></item></channel></rss>"),
      source);
  EXPECT_EQ(trial.error, "");
  EXPECT_EQ(trial.feed_title, "Провод");
  ASSERT_EQ(trial.recognised.items.size(), 1u);
  // No language is declared anywhere: its words tell.
  EXPECT_EQ(trial.recognised.items[0].language_code, "sah");
  EXPECT_THAT(trial.recognised.Report(), HasSubstr("1 without a headline"));
}

TEST(TryDocument, FindsTheFeedsOfAWebPage) {
  const Trial trial = TryDocument(
      Document(200, "<html><head><link rel=alternate type=application/atom+xml title=News href=/atom></head></html>",
               "text/html"),
      Source());
  EXPECT_THAT(trial.error, HasSubstr("web page"));
  ASSERT_EQ(trial.feeds.size(), 1u);
  EXPECT_EQ(trial.feeds[0].url, "https://wire.example/atom");
  EXPECT_EQ(trial.feeds[0].title, "News");
}

TEST(TryDocument, SaysWhyThereIsNone) {
  EXPECT_THAT(TryDocument(Document(404, ""), Source()).error, HasSubstr("HTTP 404"));
  EXPECT_NE(TryDocument(Document(200, ""), Source()).error, "");
}

}  // namespace
}  // namespace kimberlite::ingest
