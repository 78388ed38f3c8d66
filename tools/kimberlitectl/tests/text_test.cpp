#include "tools/kimberlitectl/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/feed/v1/feed_service.pb.h"
#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/text.h"

namespace kimberlite::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(DisplayWidth, CountsColumnsInAnyScript) {
  EXPECT_EQ(DisplayWidth("river"), 5u);
  EXPECT_EQ(DisplayWidth("Өлүөнэ сырдыга"), 14u);
  EXPECT_EQ(DisplayWidth("فانوس لينا"), 10u);
  EXPECT_EQ(DisplayWidth("勒拿灯火"), 8u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u);
  EXPECT_EQ(DisplayWidth("\xFF"), 1u);
}

TEST(Fit, CutsByColumnsAndKeepsOneLine) {
  EXPECT_EQ(Fit("short", 10), "short");
  EXPECT_EQ(Fit("勒拿灯火勒拿", 8), "勒拿灯…");
  EXPECT_EQ(Fit("Саха тыла уонна нуучча тыла", 10), "Саха тыла…");
  EXPECT_EQ(Fit("two\nlines\tand \x1b[31mred", 40), "two lines and [31mred");
  EXPECT_EQ(Fit(std::string(100000, 'a'), 5), "aaaa…");
}

TEST(Table, LinesUpInAnyScript) {
  const std::string table =
      Table({"id", "headline", "state"}, {{"7", "Ice road", "draft"}, {"1001", "勒拿灯火", "published"}});
  EXPECT_EQ(table,
            "  id  headline  state\n"
            "   7  Ice road  draft\n"
            "1001  勒拿灯火  published\n");
}

TEST(Table, IsolatesRightToLeftCells) {
  const std::string table = Table({"a", "b"}, {{"نهر", "x"}, {"river", "y"}});
  EXPECT_EQ(table, "a      b\n\u2068نهر\u2069    x\nriver  y\n");
}

TEST(ShortEnumName, DropsTheTypeFromTheName) {
  EXPECT_EQ(ShortEnumName(*tagging::v1::ConceptKind_descriptor()->FindValueByNumber(tagging::v1::CONCEPT_KIND_TOPIC)),
            "topic");
  EXPECT_EQ(ShortEnumName(*feed::v1::FeedFormat_descriptor()->FindValueByNumber(feed::v1::FEED_FORMAT_NEWS_SITEMAP)),
            "news-sitemap");
}

TEST(RenderText, ShowsAnArticleWithItsTranslations) {
  content::v1::GetArticleResponse response;
  auto& article = *response.mutable_article();
  article.set_article_id(1001);
  article.set_section_id("economy");
  article.mutable_created_time()->set_seconds(1763978400);
  auto& translation = *article.add_translations();
  translation.set_language_code("sah");
  translation.set_state(content::v1::TRANSLATION_STATE_PUBLISHED);
  translation.set_version(2);
  translation.set_headline("Муус суол арылынна");
  EXPECT_EQ(RenderText(response),
            "article_id    1001\n"
            "section_id    economy\n"
            "translations\n"
            "  language_code  state      version  headline\n"
            "  sah            published        2  Муус суол арылынна\n"
            "created_time  2025-11-24T10:00:00Z\n");
}

TEST(RenderText, ShowsAListAsATableWithItsCursor) {
  ingest::v1::ListSourcesResponse response;
  EXPECT_EQ(RenderText(response), "none\n");
  auto& source = *response.add_sources();
  source.mutable_source()->set_source_id("river");
  source.mutable_source()->mutable_poll_interval()->set_seconds(30);
  source.mutable_status()->set_last_error("status 500");
  response.set_next_page_token("abc");
  EXPECT_EQ(RenderText(response),
            "source_id  poll_interval  last_error\n"
            "river      30s            status 500\n"
            "more: --page-token abc\n");
}

TEST(RenderText, ShowsTheColumnsAskedForAndNoBodies) {
  content::v1::ListArticlesResponse response;
  auto& card = *response.add_articles();
  card.set_article_id(7);
  card.set_headline("Муус суол");
  card.set_slug("muus-suol");
  card.set_body_html("<p>x</p>");
  card.mutable_published_time()->set_seconds(1763978400);
  card.mutable_published_time()->set_nanos(267908000);
  EXPECT_EQ(RenderText(response),
            "article_id  headline   slug       published_time\n"
            "         7  Муус суол  muus-suol  2025-11-24T10:00:00Z\n");
  EXPECT_EQ(RenderText(response, {"headline", "article_id"}), "headline   article_id\nМуус суол           7\n");
}

TEST(RenderText, OrdersMapsByTheirKeys) {
  content::v1::GetSiteResponse response;
  for (const char* language : {"zh", "ar", "en", "sah", "ru"})
    (*response.mutable_site()->mutable_names())[language] = "x";
  EXPECT_EQ(RenderText(response), "names  ar x, en x, ru x, sah x, zh x\n");
}

TEST(RenderText, SaysSomethingWhenThereIsNothingToShow) {
  EXPECT_EQ(RenderText(ingest::v1::PollSourceResponse()), "done\n");
  EXPECT_EQ(RenderText(content::v1::GetArticleResponse()), "nothing there\n");
}

TEST(RenderText, LetsNoTextSteerTheTerminal) {
  content::v1::GetArticleResponse response;
  response.mutable_article()->set_source_url(
      "a\x1b]0;title\x07"
      "b\u202e");
  EXPECT_EQ(RenderText(response), "source_url  a ]0;title b\n");
}

TEST(RenderJson, UsesTheNamesOfTheProtos) {
  content::v1::GetArticleResponse response;
  response.mutable_article()->set_article_id(7);
  response.mutable_article()->set_section_id("economy");
  EXPECT_EQ(RenderJson(response),
            "{\n \"article\": {\n  \"article_id\": \"7\",\n  \"section_id\": \"economy\"\n }\n}\n");
}

TEST(ErrorLine, IsOneLineWithTheCodeFirst) {
  EXPECT_EQ(ErrorLine(Error::Field(Code::kInvalidArgument, "translations[0].headline", "must not be empty")),
            "error: INVALID_ARGUMENT: translations[0].headline: must not be empty");
  EXPECT_EQ(ErrorLine(Error(Code::kNotFound, "article 7\ndoes not exist\n")),
            "error: NOT_FOUND: article 7 does not exist");
  EXPECT_EQ(ErrorLine(Error(Code::kUnknown, "")), "error: UNKNOWN: the service gave no reason");
}

TEST(ErrorLine, NamesEveryFieldThatTheMessageLeavesOut) {
  Error error = Error::Field(Code::kInvalidArgument, "section_id", "must not be empty");
  error.AddViolation({"slug", "must be a slug"});
  EXPECT_EQ(ErrorLine(error), "error: INVALID_ARGUMENT: section_id: must not be empty; slug: must be a slug");
}

TEST(ParseDuration, ReadsUnits) {
  using std::chrono::milliseconds;
  EXPECT_EQ(ParseDuration("250ms"), milliseconds(250));
  EXPECT_EQ(ParseDuration("1.5s"), milliseconds(1500));
  EXPECT_EQ(ParseDuration("3"), milliseconds(3000));
  EXPECT_EQ(ParseDuration("2m"), milliseconds(120000));
  for (const char* wrong : {"", "s", "-1s", "5 s", "5d", "nan", "inf", "1e30s"})
    EXPECT_FALSE(ParseDuration(wrong)) << wrong;
}

}  // namespace
}  // namespace kimberlite::ctl
