#include "services/rendering/core/memory_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace kimberlite::rendering {
namespace {

class MemoryCacheTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const KeptPage> MakePage(std::string body, std::vector<Dependency> dependencies,
                                                  std::string path = "") {
    auto page = std::make_shared<KeptPage>();
    page->canonical_path = std::move(path);
    page->dependencies = std::move(dependencies);
    page->variants[0].body = std::make_shared<const std::string>(std::move(body));
    return page;
  }
  bool Keep(const std::string& key, std::vector<Dependency> dependencies) {
    return cache_.Keep(key, "/" + key, MakePage(key, std::move(dependencies)), cache_.Begin());
  }
  std::size_t Touch(std::vector<Touched> touched, bool withdrawn = false) { return cache_.Apply(touched, withdrawn); }
  // "served", "last" version, or "none".
  std::string State(const std::string& key) {
    const auto held = cache_.Find(key);
    const bool served = cache_.FindByPath("/" + key) != nullptr;
    if (!held) return served ? "served under its path alone" : "none";
    EXPECT_EQ(served, !held->touched_at);
    return served ? "served" : "last";
  }

  MemoryCache cache_{std::size_t{1} << 20};
};

TEST_F(MemoryCacheTest, FindsAPageByKeyAndByTheOnePathWhereItLives) {
  const auto page = MakePage("a", {{"site"}}, "/en/economy/7-a");
  ASSERT_TRUE(cache_.Keep("en/article/7", "/en/economy/7-other", page, cache_.Begin()));
  EXPECT_EQ(cache_.FindByPath("/en/economy/7-a"), page);
  EXPECT_EQ(cache_.FindByPath("/en/economy/7-other"), nullptr);
  EXPECT_EQ(cache_.Find("en/article/7")->page, page);
  EXPECT_EQ(cache_.size().pages, 1u);
}

TEST_F(MemoryCacheTest, AnEventTakesExactlyThePagesOutThatDependOnWhatItTouches) {
  Keep("a", {{"article:1"}, {"site"}});
  Keep("b", {{"article:2"}, {"site"}});
  Keep("head", {{"list:en", "0500", ""}});
  Keep("tail", {{"list:en", "0100", "0499"}});
  EXPECT_EQ(Touch({{"article:1"}}), 1u);
  EXPECT_EQ(State("a"), "last");
  EXPECT_EQ(State("b"), "served");
  EXPECT_EQ(Touch({{"list:en", "0499"}}), 1u);
  EXPECT_EQ(State("tail"), "last");
  EXPECT_EQ(Touch({{"list:en", "0700"}, {"article:2"}}), 2u);
  EXPECT_EQ(State("head"), "last");
  EXPECT_EQ(Touch({{"site"}}), 0u);
  EXPECT_EQ(cache_.size().pages, 0u);
}

TEST_F(MemoryCacheTest, AFillThatBeganBeforeATouchIsRefused) {
  const auto ticket = cache_.Begin();
  Touch({{"list:en", "0300"}});
  EXPECT_FALSE(cache_.Keep("a", "/a", MakePage("old", {{"list:en", "0100", "0400"}}), ticket));
  EXPECT_TRUE(cache_.Keep("b", "/b", MakePage("other", {{"list:en", "0301", ""}}), ticket));
  EXPECT_TRUE(cache_.Keep("a", "/a", MakePage("new", {{"list:en", "0100", "0400"}}), cache_.Begin()));
}

TEST_F(MemoryCacheTest, AFillAcrossAnEmptiedCacheOrTooManyEventsIsRefused) {
  auto ticket = cache_.Begin();
  cache_.DropAll();
  EXPECT_FALSE(cache_.Keep("a", "/a", MakePage("old", {}), ticket));
  ticket = cache_.Begin();
  for (int i = 0; i < 1'024; ++i) Touch({{"article:" + std::to_string(i)}});
  EXPECT_TRUE(cache_.Keep("a", "/a", MakePage("all seen", {{"site"}}), ticket));
  Touch({{"article:1"}});
  EXPECT_FALSE(cache_.Keep("a", "/a", MakePage("one not seen", {{"site"}}), ticket));
}

TEST_F(MemoryCacheTest, ANewerPageTakesThePlaceOfTheLastVersion) {
  Keep("a", {{"article:1"}});
  Touch({{"article:1"}});
  EXPECT_TRUE(Keep("a", {{"article:2"}}));
  EXPECT_EQ(State("a"), "served");
  EXPECT_EQ(Touch({{"article:1"}}), 0u);
  EXPECT_EQ(Touch({{"article:2"}}), 1u);
}

TEST_F(MemoryCacheTest, WhatWasWithdrawnLeavesNoLastVersion) {
  Keep("a", {{"article:1"}});
  Keep("list", {{"article:1"}, {"article:2"}});
  Keep("b", {{"article:2"}});
  Touch({{"article:2"}});  // "list" is a last version now, and still shows article 1
  EXPECT_EQ(State("list"), "last");
  Touch({{"article:1"}}, true);
  EXPECT_EQ(State("a"), "none");
  EXPECT_EQ(State("list"), "none");
  EXPECT_EQ(State("b"), "last");
}

TEST_F(MemoryCacheTest, IsBoundedInBytesAndKeepsWhatIsAskedFor) {
  Keep("hot", {{"site"}});
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_NE(cache_.FindByPath("/hot"), nullptr) << i;
    const std::string key = "page" + std::to_string(i);
    ASSERT_TRUE(cache_.Keep(key, "/" + key, MakePage(std::string(10'000, 'x'), {{"site"}, {"article:" + key}}),
                            cache_.Begin()));
    ASSERT_LE(cache_.size().bytes, std::size_t{1} << 20);
  }
  EXPECT_GT(cache_.size().pages, 50u);
  EXPECT_EQ(State("page0"), "none");
  EXPECT_EQ(State("page999"), "served");
  EXPECT_FALSE(cache_.Keep("huge", "/huge", MakePage(std::string(100'000, 'x'), {}), cache_.Begin()));
  // The index of those that are gone is gone, too.
  cache_.DropAll();
  EXPECT_EQ(cache_.size().bytes, 0u);
  EXPECT_EQ(Touch({{"site"}}), 0u);
}

TEST_F(MemoryCacheTest, ReadersAndEventsAtOnce) {
  std::atomic<bool> stop = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        for (const char* path : {"/a", "/b", "/c"}) {
          const auto page = cache_.FindByPath(path);
          if (page) EXPECT_EQ("/" + *page->variants[0].body, path);
        }
      }
    });
  }
  for (int i = 0; i < 500; ++i) {
    for (const char* key : {"a", "b", "c"}) Keep(key, {{"article:" + std::to_string(i % 7)}, {"site"}});
    Touch({{"article:3"}}, i % 2 == 0);
    if (i % 100 == 0) cache_.DropAll();
    if (i % 10 == 0) cache_.Drop("b");
  }
  stop = true;
}

}  // namespace
}  // namespace kimberlite::rendering
