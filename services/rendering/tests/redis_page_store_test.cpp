#include "services/rendering/adapters/redis_page_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/testing/servers.h"

namespace kimberlite::rendering {
namespace {

using ::testing::UnorderedElementsAre;

class RedisPageStoreTest : public ::testing::Test {
 protected:
  static Page MakePage(std::string body, std::vector<Dependency> dependencies) {
    Page page;
    page.content_type = "text/html; charset=utf-8";
    page.content_language = "sah";
    page.canonical_path = "/sah/";
    page.body = std::move(body);
    page.dependencies = std::move(dependencies);
    return page;
  }
  bool Fill(const std::string& key, const Page& page) {
    const auto ticket = store_.BeginFill(key);
    EXPECT_TRUE(ticket) << ticket.error().ToString();
    const auto kept = store_.CommitFill(key, *ticket, page, Time{});
    EXPECT_TRUE(kept) << kept.error().ToString();
    return *kept;
  }
  std::string Body(const std::string& key) {
    const auto page = store_.Get(key, Coding::kIdentity);
    EXPECT_TRUE(page) << page.error().ToString();
    return *page ? *(*page)->body : "(none)";
  }
  std::int64_t Touch(std::vector<Touched> touched, std::vector<Touched> after_gap = {}, std::int64_t sequence = 0,
                     const std::string& aggregate = "article:1") {
    const auto dropped = store_.Apply({std::move(touched),
                                       std::move(after_gap),
                                       aggregate,
                                       sequence ? sequence : ++sequence_,
                                       {"topic", 0, ++offset_}});
    EXPECT_TRUE(dropped) << dropped.error().ToString();
    return *dropped;
  }

  redis::Client client_{{.url = testing::RedisUrl()}};
  RedisPageStore store_{client_, testing::UniqueName("pages") + ":", "v1"};
  std::int64_t sequence_ = 0;
  std::int64_t offset_ = 0;
};

TEST_F(RedisPageStoreTest, KeepsAPageInEveryCodingWithItsOwnTag) {
  ASSERT_TRUE(Fill("home", MakePage("Өлүөнэ сонуна", {{"site"}})));
  const auto plain = *store_.Get("home", Coding::kIdentity);
  const auto brotli = *store_.Get("home", Coding::kBrotli);
  ASSERT_TRUE(plain && brotli);
  EXPECT_EQ(*plain->body, "Өлүөнэ сонуна");
  EXPECT_EQ(plain->content_language, "sah");
  EXPECT_EQ(brotli->coding, Coding::kBrotli);
  EXPECT_NE(plain->etag, brotli->etag);
}

TEST_F(RedisPageStoreTest, TouchingAnEntityDropsExactlyItsPages) {
  Fill("home", MakePage("a", {{"article:1"}, {"site"}}));
  Fill("other", MakePage("b", {{"article:2"}, {"site"}}));
  EXPECT_EQ(Touch({{"article:1"}}), 1);
  EXPECT_EQ(Body("home"), "(none)");
  EXPECT_EQ(Body("other"), "b");
}

TEST_F(RedisPageStoreTest, AListIsTouchedOnlyInsideItsWindow) {
  Fill("head", MakePage("head", {{"list:en", "0500", ""}}));
  Fill("tail", MakePage("tail", {{"list:en", "0100", "0499"}}));
  EXPECT_EQ(Touch({{"list:en", "0700"}}), 1);
  EXPECT_EQ(Body("head"), "(none)");
  EXPECT_EQ(Body("tail"), "tail");
  EXPECT_EQ(Touch({{"list:en", "0100"}}), 1);
  EXPECT_EQ(Body("tail"), "(none)");
}

TEST_F(RedisPageStoreTest, AFillThatBeganBeforeATouchIsRefused) {
  const auto ticket = store_.BeginFill("home");
  Touch({{"article:1"}});
  EXPECT_FALSE(*store_.CommitFill("home", *ticket, MakePage("old", {{"article:1"}}), Time{}));
  EXPECT_EQ(Body("home"), "(none)");
  EXPECT_TRUE(Fill("home", MakePage("new", {{"article:1"}})));
}

TEST_F(RedisPageStoreTest, AnUntouchedFillIsKeptThoughOthersWereTouched) {
  const auto ticket = store_.BeginFill("home");
  Touch({{"article:2"}});
  EXPECT_TRUE(*store_.CommitFill("home", *ticket, MakePage("page", {{"article:1"}}), Time{}));
}

TEST_F(RedisPageStoreTest, TheSecondOfTwoFillsIsRefused) {
  const auto slow = store_.BeginFill("home");
  ASSERT_TRUE(Fill("home", MakePage("newer", {{"article:1"}})));
  EXPECT_FALSE(*store_.CommitFill("home", *slow, MakePage("older", {{"article:1"}}), Time{}));
  EXPECT_EQ(Body("home"), "newer");
}

TEST_F(RedisPageStoreTest, AFillAcrossAnEmptiedCacheIsRefused) {
  const auto ticket = store_.BeginFill("home");
  ASSERT_TRUE(store_.DropAll());
  EXPECT_FALSE(*store_.CommitFill("home", *ticket, MakePage("old", {{"article:1"}}), Time{}));
}

TEST_F(RedisPageStoreTest, APageMadeAnewForgetsWhatItNoLongerDependsOn) {
  Fill("home", MakePage("with 1", {{"article:1"}, {"site"}}));
  Touch({{"site"}});
  Fill("home", MakePage("without 1", {{"article:2"}, {"site"}}));
  EXPECT_EQ(Touch({{"article:1"}}), 0);
  EXPECT_EQ(Body("home"), "without 1");
}

TEST_F(RedisPageStoreTest, AnOldOrRepeatedEventChangesNothing) {
  Touch({{"article:1"}}, {}, 5);
  Fill("home", MakePage("page", {{"article:1"}}));
  EXPECT_EQ(Touch({{"article:1"}}, {}, 5), 0);
  EXPECT_EQ(Touch({{"article:1"}}, {}, 4), 0);
  EXPECT_EQ(Body("home"), "page");
  EXPECT_EQ(*store_.AppliedSequence("article:1"), 5);
}

TEST_F(RedisPageStoreTest, AGapTouchesEverythingThatTheEventNames) {
  Touch({{"article:1"}}, {{"article:1"}}, 1);
  Fill("list", MakePage("list", {{"list:en", "0100", ""}}));
  EXPECT_EQ(Touch({{"article:1"}}, {{"article:1"}, {"list:en", "0200"}}, 2), 0);
  EXPECT_EQ(Touch({{"article:1"}}, {{"article:1"}, {"list:en", "0200"}}, 4), 1);
}

TEST_F(RedisPageStoreTest, AFillIsToldWhichSiteSettingsWereApplied) {
  EXPECT_EQ(store_.BeginFill("home")->site_sequence, 0);
  Touch({{"site"}}, {{"site"}}, 5, "site");
  EXPECT_EQ(store_.BeginFill("home")->site_sequence, 5);
}

TEST_F(RedisPageStoreTest, AnEmptiedCacheLeavesNothingOfItsPagesBehind) {
  Fill("home", MakePage("page", {{"article:1"}}));
  const auto before = client_.Command({"DBSIZE"})->integer;
  ASSERT_TRUE(store_.DropAll());
  EXPECT_LT(client_.Command({"DBSIZE"})->integer, before);
  EXPECT_EQ(Body("home"), "(none)");
}

TEST_F(RedisPageStoreTest, RemembersWhereTheLogWasApplied) {
  Touch({{"article:1"}});
  ASSERT_TRUE(store_.SetPlaces(std::vector<AppliedPlace>{{"other/topic", 3, 17}}));
  std::vector<std::string> seen;
  const auto places = store_.Places();
  ASSERT_TRUE(places);
  for (const AppliedPlace& place : *places) {
    seen.push_back(place.topic + " " + std::to_string(place.partition) + " " + std::to_string(place.next_offset));
  }
  EXPECT_THAT(seen, UnorderedElementsAre("topic 0 1", "other/topic 3 17"));
}

TEST_F(RedisPageStoreTest, InspectionNamesWhatAPageDependsOn) {
  EXPECT_FALSE(*store_.Inspect("home"));
  Fill("home", MakePage("page", {{"article:1"}, {"list:en", "0100", ""}}));
  EXPECT_THAT((*store_.Inspect("home"))->entities, UnorderedElementsAre("article:1", "list:en"));
  EXPECT_EQ(*store_.Drop("home"), 1);
  EXPECT_EQ(Body("home"), "(none)");
}

}  // namespace
}  // namespace kimberlite::rendering
