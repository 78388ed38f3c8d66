#include "services/feed/adapters/feed_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/id.h"

namespace kimberlite::feed {
namespace {

using namespace content::v1;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr char kToken[] = "feed-test-token-0123456789";

// Content and tagging with one site and as many articles as the test says.
class FeedMakerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(tokens_) << "feed service " << kToken << "\n";
    site_.set_public_url("https://news.example:8443");
    site_.add_languages()->set_language_code("en");
    (*site_.mutable_names())["en"] = "Herald";
    auto* section = site_.add_sections();
    section->set_section_id("economy");
    (*section->mutable_labels())["en"] = "Economy";

    content_.Handle<GetSiteRequest, GetSiteResponse>(
        [this](const rpc::Call&, const GetSiteRequest&) -> Result<GetSiteResponse> {
          GetSiteResponse response;
          *response.mutable_site() = site_;
          return response;
        });
    content_.Handle<ListArticlesRequest, ListArticlesResponse>(
        [this](const rpc::Call&, const ListArticlesRequest& request) -> Result<ListArticlesResponse> {
          ListArticlesResponse response;
          const int begin = request.page_token().empty() ? 0 : std::stoi(request.page_token());
          const int end = std::min(begin + request.page_size(), articles_);
          for (int i = begin; i < end; ++i) {
            auto* card = response.add_articles();
            card->set_article_id(1000 + i);
            card->set_headline("Headline " + std::to_string(i));
            card->set_section_id("economy");
            card->set_slug("s");
            card->set_sort_key(std::to_string(9999 - i));
            card->add_concept_ids(7);
            card->mutable_published_time()->set_seconds(1'700'000'000 - i);
            if (request.with_bodies()) card->set_body_html("<p><img src=\"/media/a.svg\"> <a href=\"/en/\">x</a></p>");
          }
          if (end < articles_) response.set_next_page_token(std::to_string(end));
          return response;
        });

    using namespace tagging::v1;
    tagging_.Handle<BatchGetConceptsRequest, BatchGetConceptsResponse>(
        [](const rpc::Call&, const BatchGetConceptsRequest& request) -> Result<BatchGetConceptsResponse> {
          BatchGetConceptsResponse response;
          for (const auto id : request.concept_ids()) {
            auto* one = response.add_concepts();
            one->set_concept_id(id);
            auto* label = one->add_labels();
            label->set_language_code("en");
            label->set_text("diamond");
          }
          return response;
        });
    ASSERT_TRUE(content_.Start());
    ASSERT_TRUE(tagging_.Start());
    maker_ = std::make_unique<FeedMaker>(FeedMaker::Options{"127.0.0.1:" + std::to_string(content_.port()),
                                                            "127.0.0.1:" + std::to_string(tagging_.port()), kToken},
                                         clock_);
  }
  void TearDown() override { std::filesystem::remove(tokens_); }

  Result<v1::GetFeedResponse> Ask(v1::FeedFormat format, const std::string& list_key) {
    v1::GetFeedRequest request;
    request.set_format(format);
    request.set_list_key(list_key);
    return maker_->GetFeed(Context::WithTimeout(std::chrono::seconds(10)), request);
  }
  static std::vector<std::string> Entities(const v1::GetFeedResponse& response) {
    std::vector<std::string> entities;
    for (const auto& one : response.dependencies()) entities.push_back(one.entity() + " " + one.low_sort_key());
    return entities;
  }

  const std::string tokens_ = (std::filesystem::temp_directory_path() / ("kimberlite_feed_" + RandomHex(6))).string();
  Site site_;
  int articles_ = 3;
  SystemClock clock_;
  rpc::Server content_{{.tokens_file = tokens_, .partial = true}};
  rpc::Server tagging_{{.tokens_file = tokens_, .partial = true}};
  std::unique_ptr<FeedMaker> maker_;
};

TEST_F(FeedMakerTest, ASectionsFeedNamesItselfItsItemsAndTheirTags) {
  const auto feed = Ask(v1::FEED_FORMAT_RSS, "en/section/economy");
  ASSERT_TRUE(feed) << feed.error().ToString();
  EXPECT_THAT(feed->document(), HasSubstr("<title>Economy – Herald</title>"));
  EXPECT_THAT(feed->document(), HasSubstr("https://news.example:8443/en/economy/rss.xml"));
  EXPECT_THAT(feed->document(), HasSubstr("tag:news.example,2026:article/1000/en"));
  EXPECT_THAT(feed->document(), HasSubstr("<category>diamond</category>"));
  EXPECT_THAT(feed->document(), HasSubstr("src=&quot;https://news.example:8443/media/a.svg&quot;"));
}

TEST_F(FeedMakerTest, AWholeListDependsOnAllOfItAndALongOneOnItsHead) {
  EXPECT_THAT(Entities(*Ask(v1::FEED_FORMAT_ATOM, "en")), Contains("list:en "));
  articles_ = 500;
  const auto entities = Entities(*Ask(v1::FEED_FORMAT_ATOM, "en"));
  EXPECT_THAT(entities, Contains("list:en 9950"));
  EXPECT_THAT(entities, Contains("article:1049 "));
  EXPECT_THAT(entities, Contains("concept:7 "));
  EXPECT_THAT(entities, Contains("site "));
}

TEST_F(FeedMakerTest, WhatIsNotThereIsNotFoundAndNonsenseInvalid) {
  EXPECT_EQ(Ask(v1::FEED_FORMAT_RSS, "xx").error().code(), Code::kNotFound);
  EXPECT_EQ(Ask(v1::FEED_FORMAT_RSS, "en/section/none").error().code(), Code::kNotFound);
  EXPECT_EQ(Ask(v1::FEED_FORMAT_RSS, "en/author/x").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(Ask(v1::FEED_FORMAT_UNSPECIFIED, "en").error().code(), Code::kInvalidArgument);
}

TEST_F(FeedMakerTest, TheSameArticlesGiveTheSameBytes) {
  for (const auto format : {v1::FEED_FORMAT_RSS, v1::FEED_FORMAT_ATOM, v1::FEED_FORMAT_JSON, v1::FEED_FORMAT_SITEMAP}) {
    EXPECT_EQ(Ask(format, "en")->document(), Ask(format, "en")->document());
  }
}

TEST_F(FeedMakerTest, TheSitemapReadsListsToTheirEnd) {
  articles_ = 450;
  const auto sitemap = Ask(v1::FEED_FORMAT_SITEMAP, "");
  ASSERT_TRUE(sitemap);
  EXPECT_THAT(sitemap->document(), HasSubstr("/1449-s</loc>"));
  EXPECT_THAT(Entities(*sitemap), Contains("list:en "));
}

TEST_F(FeedMakerTest, TheNewsSitemapLeavesOutWhatIsOlderThanTwoDays) {
  EXPECT_EQ(Ask(v1::FEED_FORMAT_NEWS_SITEMAP, "")->document().find("<url>"), std::string::npos);
}

}  // namespace
}  // namespace kimberlite::feed
