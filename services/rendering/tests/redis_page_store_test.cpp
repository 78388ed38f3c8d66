#include "services/rendering/adapters/redis_page_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "libs/testing/servers.h"
#include "services/rendering/adapters/page_coding.h"
#include "services/rendering/adapters/purge_follower.h"

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
    return Commit(key, *ticket, page);
  }
  bool Commit(const std::string& key, const FillTicket& ticket, Page page) {
    const auto keep = page.keep;
    const auto kept = store_.CommitFill(key, ticket, *CodePage(std::move(page), Time{}), keep);
    EXPECT_TRUE(kept) << kept.error().ToString();
    return *kept;
  }
  std::string Body(const std::string& key) {
    const auto page = store_.Get(key);
    EXPECT_TRUE(page) << page.error().ToString();
    return *page ? *(*page)->variants[0].body : "(none)";
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
  ASSERT_TRUE(Fill("home", MakePage("Өлүөнэ сонуна", {{"site"}, {"list:sah", "0100", ""}})));
  const auto page = *store_.Get("home");
  ASSERT_TRUE(page);
  EXPECT_EQ(*page->variants[0].body, "Өлүөнэ сонуна");
  EXPECT_EQ(page->content_language, "sah");
  EXPECT_EQ(page->dependencies, (std::vector<Dependency>{{"site"}, {"list:sah", "0100", ""}}));
  std::set<std::string> tags;
  for (const KeptPage::Variant& variant : page->variants) {
    EXPECT_TRUE(variant.body);
    tags.insert(variant.etag);
  }
  EXPECT_EQ(tags.size(), kCodings);
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

TEST_F(RedisPageStoreTest, APageThatShowsTwoPartsOfAListIsTouchedInEither) {
  Fill("article", MakePage("a", {{"list:en", "0500", "0600"}, {"list:en", "0700", ""}, {"list:en", "0100", "0200"}}));
  EXPECT_EQ(Touch({{"list:en", "0050"}}), 0);
  EXPECT_EQ(Touch({{"list:en", "0150"}}), 1);
  Fill("article", MakePage("a", {{"list:en", "0500", "0600"}, {"list:en", "0100", "0200"}}));
  EXPECT_EQ(Touch({{"list:en", "0700"}}), 0);
  EXPECT_EQ(Touch({{"list:en", "0600"}}), 1);
}

TEST_F(RedisPageStoreTest, AFillThatBeganBeforeATouchIsRefused) {
  const auto ticket = store_.BeginFill("home");
  Touch({{"article:1"}});
  EXPECT_FALSE(Commit("home", *ticket, MakePage("old", {{"article:1"}})));
  EXPECT_EQ(Body("home"), "(none)");
  EXPECT_TRUE(Fill("home", MakePage("new", {{"article:1"}})));
}

TEST_F(RedisPageStoreTest, AnUntouchedFillIsKeptThoughOthersWereTouched) {
  const auto ticket = store_.BeginFill("home");
  Touch({{"article:2"}});
  EXPECT_TRUE(Commit("home", *ticket, MakePage("page", {{"article:1"}})));
}

TEST_F(RedisPageStoreTest, TheSecondOfTwoFillsIsRefused) {
  const auto slow = store_.BeginFill("home");
  ASSERT_TRUE(Fill("home", MakePage("newer", {{"article:1"}})));
  EXPECT_FALSE(Commit("home", *slow, MakePage("older", {{"article:1"}})));
  EXPECT_EQ(Body("home"), "newer");
}

TEST_F(RedisPageStoreTest, AFillAcrossAnEmptiedCacheIsRefused) {
  const auto ticket = store_.BeginFill("home");
  ASSERT_TRUE(store_.DropAll());
  EXPECT_FALSE(Commit("home", *ticket, MakePage("old", {{"article:1"}})));
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
  EXPECT_EQ(store_.AppliedTo("article:1")->sequence, 5);
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

TEST_F(RedisPageStoreTest, RemembersWhichPlaceAnAggregateWasAppliedFrom) {
  EXPECT_EQ(store_.AppliedTo("article:1")->sequence, 0);
  Touch({{"article:1"}}, {}, 7);
  const auto applied = store_.AppliedTo("article:1");
  EXPECT_EQ(applied->sequence, 7);
  EXPECT_EQ(applied->place.topic, "topic");
  EXPECT_EQ(applied->place.next_offset, offset_);
}

// What is kept may be older than readers were promised by those who could apply the event.
TEST_F(RedisPageStoreTest, WhileAnEventCannotBeAppliedNothingIsReadFromTheStore) {
  Fill("home", MakePage("page", {{"article:1"}}));
  redis::Client nowhere{{.url = "unix:/nowhere/redis.sock", .timeout_ms = 100}};
  RedisPageStore cut_off(nowhere, "x", "v1");
  const Invalidation event{{{"article:1"}}, {}, "article:1", 1, {"topic", 0, 1}};
  EXPECT_FALSE(cut_off.Apply(event));
  EXPECT_EQ(cut_off.Get("home").error().message(), "an event could not be applied to Redis yet");
  EXPECT_EQ(cut_off.BeginFill("home").error().message(), "an event could not be applied to Redis yet");
}

TEST(PurgeFollowerTest, WhatAnyReplicaPurgesLeavesTheMemoryOfEach) {
  redis::Client client{{.url = testing::RedisUrl()}};
  const std::string prefix = testing::UniqueName("purges") + ":";
  RedisPageStore store(client, prefix, "v1");
  MemoryCache memory(1 << 20);
  PurgeFollower follower(client, prefix, memory);
  const auto keep = [&](const std::string& key) {
    auto page = CodePage({.content_type = "text/plain", .body = key}, Time{});
    return memory.Keep(key, "/" + key, std::move(page), memory.Begin());
  };
  ASSERT_TRUE(store.Drop("before"));
  ASSERT_TRUE(follower.Step());
  ASSERT_TRUE(keep("before") && keep("a") && keep("b"));
  ASSERT_TRUE(follower.Step());
  EXPECT_EQ(memory.size().pages, 3u);
  ASSERT_TRUE(store.Drop("a"));
  ASSERT_TRUE(follower.Step());
  EXPECT_FALSE(memory.Find("a"));
  EXPECT_EQ(memory.size().pages, 2u);
  ASSERT_TRUE(keep("a"));
  ASSERT_TRUE(follower.Step());
  EXPECT_TRUE(memory.Find("a")) << "a purge is heard once";
  ASSERT_TRUE(store.DropAll());
  ASSERT_TRUE(follower.Step());
  EXPECT_EQ(memory.size().pages, 0u);
}

}  // namespace
}  // namespace kimberlite::rendering
