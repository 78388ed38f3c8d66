#include "services/feed/adapters/feed_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/feed/adapters/sitemap_maker.h"
#include "services/feed/tests/fake_newsroom.h"

namespace kimberlite::feed {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class FeedMakerTest : public ::testing::Test {
 protected:
  void Start() {
    newsroom_.Start();
    sources_ = std::make_unique<Sources>(newsroom_.SourcesOptions());
  }
  static v1::GetFeedRequest For(v1::FeedFormat format, const std::string& list_key, int page = 0) {
    v1::GetFeedRequest request;
    request.set_format(format);
    request.set_list_key(list_key);
    request.set_page_number(page);
    return request;
  }
  Result<v1::GetFeedResponse> Ask(const v1::GetFeedRequest& request) {
    const Context context = Context::WithTimeout(10s);
    switch (request.format()) {
      case v1::FEED_FORMAT_SITEMAP: return SitemapMaker(*sources_, clock_).GetSitemap(context, request);
      case v1::FEED_FORMAT_NEWS_SITEMAP: return SitemapMaker(*sources_, clock_).GetNewsSitemap(context, request);
      case v1::FEED_FORMAT_OPML: return FeedMaker(*sources_).GetOpml(context, request);
      default: return FeedMaker(*sources_).GetFeed(context, request);
    }
  }
  Result<v1::GetFeedResponse> Ask(v1::FeedFormat format, const std::string& list_key, int page = 0) {
    return Ask(For(format, list_key, page));
  }
  std::string Document(v1::FeedFormat format, const std::string& list_key, int page = 0) {
    const auto answer = Ask(format, list_key, page);
    EXPECT_TRUE(answer) << answer.error().ToString();
    return answer ? answer->document() : "";
  }
  Code CodeOf(const v1::GetFeedRequest& request) {
    const auto answer = Ask(request);
    return answer ? Code::kOk : answer.error().code();
  }
  static std::vector<std::string> Entities(const v1::GetFeedResponse& response) {
    std::vector<std::string> entities;
    for (const auto& one : response.dependencies()) {
      entities.push_back(one.entity() + " " + one.low_sort_key() + ".." + one.high_sort_key());
    }
    return entities;
  }
  void AddStories(int count, const std::vector<std::string>& more = {}) {
    for (int i = 0; i < count; ++i) newsroom_.Add(1000 + i, "en", 1min * i, more);
  }

  FakeNewsroom newsroom_;
  SystemClock clock_;
  std::unique_ptr<Sources> sources_;
};

TEST_F(FeedMakerTest, ASectionsFeedNamesItselfItsItemsAndTheirTags) {
  AddStories(3, {"en/section/economy"});
  Start();
  const std::string feed = Document(v1::FEED_FORMAT_RSS, "en/section/economy");
  EXPECT_THAT(feed, HasSubstr("<title>Economy – Herald</title>"));
  EXPECT_THAT(feed, HasSubstr("https://news.example:8443/en/economy/rss.xml"));
  EXPECT_THAT(feed, HasSubstr("tag:news.example,2026:article/1000/en"));
  EXPECT_THAT(feed, HasSubstr("<category>diamond</category>"));
  EXPECT_THAT(feed, HasSubstr("src=&quot;https://news.example:8443/media/a.svg&quot;"));
}

TEST_F(FeedMakerTest, AuthorsAndCreditsLinkToTheirPages) {
  auto& card = newsroom_.Add(1, "en", 1min, {"en/author/lena"});
  card.add_authors("Lena Lantern");
  card.add_author_ids("lena");
  card.set_source_id("wire");
  newsroom_.lists["en/author/lena"][0] = card;
  (*newsroom_.authors["lena"].mutable_names())["en"] = "Lena Lantern";
  newsroom_.authors["lena"].set_author_id("lena");
  Start();
  const auto feed = Ask(v1::FEED_FORMAT_ATOM, "en/author/lena");
  ASSERT_TRUE(feed) << feed.error().ToString();
  EXPECT_THAT(feed->document(), HasSubstr("<title>Lena Lantern – Herald</title>"));
  EXPECT_THAT(feed->document(), HasSubstr("<uri>https://news.example:8443/en/author/lena/</uri>"));
  EXPECT_THAT(feed->document(), HasSubstr("<link rel=\"via\" type=\"text/html\" href=\"https://wire.example/\"/>"));
  EXPECT_THAT(Entities(*feed), Contains("author:lena .."));
  EXPECT_THAT(Document(v1::FEED_FORMAT_RSS, "en"), HasSubstr("<dc:source>The Wire</dc:source>"));
}

TEST_F(FeedMakerTest, AWholeListDependsOnAllOfItAndALongOneOnItsHead) {
  AddStories(3);
  Start();
  EXPECT_THAT(Entities(*Ask(v1::FEED_FORMAT_ATOM, "en")), Contains("list:en .."));
  newsroom_.lists.clear();
  AddStories(500);
  const auto entities = Entities(*Ask(v1::FEED_FORMAT_ATOM, "en"));
  EXPECT_THAT(entities, Contains("list:en " + newsroom_.lists["en"][49].sort_key() + ".."));
  EXPECT_THAT(entities, Contains("concept:7 .."));
  EXPECT_THAT(entities, Contains("site .."));
}

TEST_F(FeedMakerTest, OlderEntriesAreInArchivesThatNameTheNextOlderOne) {
  AddStories(60);
  auto& second = newsroom_.pages["en"][2];
  *second.add_articles() = newsroom_.lists["en"][55];
  second.set_low_sort_key("0002");
  second.set_high_sort_key("0003");
  second.set_older_page_number(1);
  newsroom_.pages["en"][1].set_high_sort_key("0001");
  Start();
  EXPECT_THAT(Document(v1::FEED_FORMAT_RSS, "en"),
              HasSubstr("<atom:link rel=\"prev-archive\" type=\"application/rss+xml\" "
                        "href=\"https://news.example:8443/en/page/2/rss.xml\"/>"));
  const auto archive = Ask(v1::FEED_FORMAT_ATOM, "en", 2);
  ASSERT_TRUE(archive) << archive.error().ToString();
  EXPECT_THAT(archive->document(), HasSubstr("<fh:archive/>"));
  EXPECT_THAT(archive->document(), HasSubstr("rel=\"current\" type=\"application/atom+xml\" "
                                             "href=\"https://news.example:8443/en/atom.xml\""));
  EXPECT_THAT(archive->document(), HasSubstr("https://news.example:8443/en/page/1/atom.xml"));
  EXPECT_THAT(Entities(*archive), Contains("list:en 0002..0003"));
  EXPECT_THAT(Document(v1::FEED_FORMAT_ATOM, "en", 1), Not(HasSubstr("prev-archive")));
  EXPECT_THAT(Document(v1::FEED_FORMAT_JSON, "en"), HasSubstr("\"next_url\": \"https://news.example:8443/en/page/2/"));
  EXPECT_EQ(CodeOf(For(v1::FEED_FORMAT_ATOM, "en", 3)), Code::kNotFound);
}

TEST_F(FeedMakerTest, AtomTellsToForgetWhatWasWithdrawn) {
  AddStories(2);
  auto& entry = newsroom_.withdrawn["en"].emplace_back();
  entry.set_article_id(77);
  entry.set_sort_key("0");
  entry.mutable_withdrawn_time()->set_seconds(1'800'000'000);
  auto& back = newsroom_.withdrawn["en"].emplace_back(entry);
  back.set_article_id(1000);  // stands in the list again
  Start();
  const auto feed = Ask(v1::FEED_FORMAT_ATOM, "en");
  ASSERT_TRUE(feed) << feed.error().ToString();
  EXPECT_THAT(feed->document(), HasSubstr("<at:deleted-entry ref=\"tag:news.example,2026:article/77/en\" "
                                          "when=\"2027-01-15T08:00:00Z\"/>"));
  EXPECT_THAT(feed->document(), Not(HasSubstr("ref=\"tag:news.example,2026:article/1000/en\"")));
  EXPECT_EQ(feed->last_modified_time().seconds(), 1'800'000'000);
}

TEST_F(FeedMakerTest, ASearchIsAFeedOfItsFinds) {
  AddStories(2);
  newsroom_.found = {newsroom_.lists["en"][1]};
  Start();
  v1::GetFeedRequest request = For(v1::FEED_FORMAT_RSS, "en");
  request.set_query("алмаас & көмүс");
  const auto feed = Ask(request);
  ASSERT_TRUE(feed) << feed.error().ToString();
  EXPECT_EQ(newsroom_.asked_query, "алмаас & көмүс");
  EXPECT_THAT(feed->document(), HasSubstr("<title>алмаас &amp; көмүс – Herald</title>"));
  EXPECT_THAT(feed->document(), HasSubstr("/en/search/rss.xml?q=%D0%B0%D0%BB"));
  EXPECT_THAT(feed->document(), HasSubstr("article/1001/en"));
  EXPECT_THAT(feed->document(), Not(HasSubstr("article/1000/en")));
  request.set_query("a\nb");
  EXPECT_EQ(CodeOf(request), Code::kInvalidArgument);
  request.set_list_key("en/section/economy");
  request.set_query("a");
  EXPECT_EQ(CodeOf(request), Code::kInvalidArgument);
}

TEST_F(FeedMakerTest, AnEntryThatNobodyCouldUseIsLeftOutAndTheOthersStay) {
  AddStories(2);
  newsroom_.lists["en"][0].set_headline(" ");
  Start();
  const std::string feed = Document(v1::FEED_FORMAT_ATOM, "en");
  EXPECT_THAT(feed, Not(HasSubstr("article/1000/en")));
  EXPECT_THAT(feed, HasSubstr("article/1001/en"));
}

TEST_F(FeedMakerTest, ADocumentThatBreaksARuleIsNotGivenAway) {
  newsroom_.site.clear_names();
  AddStories(1);
  Start();
  const auto feed = Ask(v1::FEED_FORMAT_ATOM, "en");
  ASSERT_FALSE(feed);
  EXPECT_EQ(feed.error().code(), Code::kInternal);
  EXPECT_THAT(feed.error().message(), HasSubstr("title"));
}

TEST_F(FeedMakerTest, WhatIsNotThereIsNotFoundAndNonsenseInvalid) {
  Start();
  for (const char* list : {"xx", "en/section/none", "en/source/none", "en/author/none", "en/concept/8", "en/concept/x"})
    EXPECT_EQ(CodeOf(For(v1::FEED_FORMAT_RSS, list)), Code::kNotFound) << list;
  for (const char* list : {"", "en/", "en/archive/2026-11", "en/nothing/x", "en/section/a/b"})
    EXPECT_EQ(CodeOf(For(v1::FEED_FORMAT_RSS, list)), Code::kInvalidArgument) << list;
}

TEST_F(FeedMakerTest, TheSameArticlesGiveTheSameBytes) {
  AddStories(3);
  newsroom_.months["en"] = {"2026-11"};
  Start();
  for (const auto format : {v1::FEED_FORMAT_RSS, v1::FEED_FORMAT_ATOM, v1::FEED_FORMAT_JSON, v1::FEED_FORMAT_OPML}) {
    EXPECT_EQ(Document(format, "en"), Document(format, "en"));
  }
  EXPECT_EQ(Document(v1::FEED_FORMAT_SITEMAP, ""), Document(v1::FEED_FORMAT_SITEMAP, ""));
}

TEST_F(FeedMakerTest, EveryFeedIsListedByCursor) {
  newsroom_.authors["lena"].set_author_id("lena");
  Start();
  std::vector<std::string> keys;
  v1::ListFeedsRequest request;
  request.set_language_code("en");
  do {
    const auto page = FeedMaker(*sources_).ListFeeds(Context::WithTimeout(10s), request);
    ASSERT_TRUE(page) << page.error().ToString();
    for (const auto& feed : page->feeds()) keys.push_back(feed.list_key() + " " + feed.rss_path());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(keys, ElementsAre("en /en/rss.xml", "en/section/economy /en/economy/rss.xml",
                                "en/source/wire /en/source/wire/rss.xml", "en/author/lena /en/author/lena/rss.xml",
                                "en/concept/7 /en/tag/diamond/rss.xml"));
  request.set_page_token("x");
  EXPECT_EQ(FeedMaker(*sources_).ListFeeds(Context::WithTimeout(10s), request).error().code(), Code::kInvalidArgument);
}

TEST_F(FeedMakerTest, SubscriptionListsGroupFeedsByLanguage) {
  Start();
  const std::string all = Document(v1::FEED_FORMAT_OPML, "");
  EXPECT_THAT(all, HasSubstr("xmlUrl=\"https://news.example:8443/en/economy/rss.xml\""));
  EXPECT_THAT(all, HasSubstr("htmlUrl=\"https://news.example:8443/sah/economy/\" language=\"sah\""));
  EXPECT_THAT(Document(v1::FEED_FORMAT_OPML, "sah"), Not(HasSubstr("/en/economy/")));
  EXPECT_EQ(CodeOf(For(v1::FEED_FORMAT_OPML, "xx")), Code::kNotFound);
}

TEST_F(FeedMakerTest, ASitemapsPartsAreTheMonths) {
  newsroom_.months = {{"en", {"2026-11", "2026-10"}}, {"sah", {"2026-11"}}};
  newsroom_.Add(1, "en", 1min, {"en/archive/2026-11"});
  newsroom_.Add(1, "sah", 1min);
  newsroom_.Add(2, "en", 2min, {"en/archive/2026-11"});
  Start();
  const std::string index = Document(v1::FEED_FORMAT_SITEMAP, "");
  EXPECT_THAT(index, HasSubstr("<loc>https://news.example:8443/sitemap-en-2026-10.xml</loc>"));
  EXPECT_THAT(index, HasSubstr("<loc>https://news.example:8443/sitemap-pages.xml</loc>"));
  // A story more in a month that is there changes nothing: only other months do.
  const auto entities = Entities(*Ask(v1::FEED_FORMAT_SITEMAP, ""));
  EXPECT_THAT(entities, Contains("months:en 2026-11/.."));
  EXPECT_THAT(entities, Contains("months-left:sah .."));
  EXPECT_THAT(entities, Not(Contains(HasSubstr("list:"))));
  EXPECT_THAT(Document(v1::FEED_FORMAT_SITEMAP, "", 1), HasSubstr("<loc>https://news.example:8443/sah/economy/</loc>"));
  const auto part = Ask(v1::FEED_FORMAT_SITEMAP, "en/archive/2026-11");
  ASSERT_TRUE(part) << part.error().ToString();
  EXPECT_THAT(part->document(), HasSubstr("<loc>https://news.example:8443/en/economy/2-s</loc>"));
  EXPECT_THAT(part->document(), HasSubstr("hreflang=\"sah\" href=\"https://news.example:8443/sah/economy/1-s\""));
  EXPECT_THAT(Entities(*part), Contains("list:en/archive/2026-11 .."));
  EXPECT_EQ(CodeOf(For(v1::FEED_FORMAT_SITEMAP, "en")), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(For(v1::FEED_FORMAT_SITEMAP, "xx/archive/2026-11")), Code::kNotFound);
}

TEST_F(FeedMakerTest, TheNewsSitemapHoldsTwoDaysAndSaysWhenItGrowsOld) {
  newsroom_.Add(1, "en", 47h);
  newsroom_.Add(2, "en", 49h);
  newsroom_.Add(3, "sah", 1min);
  Start();
  const auto news = Ask(v1::FEED_FORMAT_NEWS_SITEMAP, "");
  ASSERT_TRUE(news) << news.error().ToString();
  EXPECT_THAT(news->document(), HasSubstr("/en/economy/1-s</loc>"));
  EXPECT_THAT(news->document(), HasSubstr("/sah/economy/3-s</loc>"));
  EXPECT_THAT(news->document(), Not(HasSubstr("/en/economy/2-s</loc>")));
  const auto expires = ToTime(news->expire_time()) - clock_.Now();
  EXPECT_GT(expires, 58min);
  EXPECT_LE(expires, 60min);
  // What goes above the one that is too old is in the window.
  EXPECT_THAT(Entities(*news), Contains("list:en " + newsroom_.lists["en"][1].sort_key() + "\x01.."));
}

TEST_F(FeedMakerTest, MoreNewsThanOneDocumentMayHoldIsSplitByTime) {
  for (int i = 0; i < 1'200; ++i) newsroom_.Add(i + 1, "en", 2min * i);
  Start();
  const std::string index = Document(v1::FEED_FORMAT_NEWS_SITEMAP, "");
  EXPECT_THAT(index, HasSubstr("<sitemapindex"));
  // Every part is there, and together they hold all of it.
  std::size_t urls = 0;
  int parts = 0;
  for (std::size_t at = 0; (at = index.find("/news-sitemap-", at)) != std::string::npos; ++at) {
    const int number = std::stoi(index.substr(at + 14));
    const std::string part = Document(v1::FEED_FORMAT_NEWS_SITEMAP, "", number);
    for (std::size_t url = 0; (url = part.find("<url>", url)) != std::string::npos; ++url) ++urls;
    ++parts;
  }
  EXPECT_EQ(urls, 1'200u);
  EXPECT_GE(parts, 14);
  EXPECT_EQ(CodeOf(For(v1::FEED_FORMAT_NEWS_SITEMAP, "", 1)), Code::kNotFound);
}

}  // namespace
}  // namespace kimberlite::feed
