// The auditor finds what invalidation lost.
#include <gtest/gtest.h>

#include "tests/freshness/editors.h"

namespace kimberlite::freshness {
namespace {

class AuditorTest : public ::testing::Test {
 protected:
  void SetUp() override { editors_.Furnish(); }
  // As if an index entry had been lost: the page is not found when the entity is touched.
  void Lose(const std::string& entity, const std::string& key) {
    const auto epoch = edge_.redis().Command({"GET", newsroom_.prefix() + "epoch"});
    ASSERT_TRUE(epoch);
    const auto lines = edge_.redis().Command({"HKEYS", newsroom_.prefix() + epoch->text + ":deps:" + entity});
    ASSERT_TRUE(lines);
    int lost = 0;
    for (const redis::Reply& line : lines->elements) {
      if (!line.text.ends_with("/" + key)) continue;
      ASSERT_TRUE(edge_.redis().Command({"HDEL", newsroom_.prefix() + epoch->text + ":deps:" + entity, line.text}));
      ++lost;
    }
    ASSERT_EQ(lost, 1) << entity << " " << key;
  }

  Newsroom newsroom_;
  Replica edge_{newsroom_, "a"};
  Editors editors_{newsroom_, 7};
};

TEST_F(AuditorTest, FindsALostInvalidationByItsEventAndMendsIt) {
  for (int i = 0; i < 20; ++i) editors_.Publish();
  const Editors::Edit story = editors_.Publish();
  ASSERT_TRUE(edge_.WaitVisible(story.article_id, story.sequence));
  newsroom_.Settle();
  for (const std::string& path : editors_.Addresses(5)) edge_.Get(path);
  ASSERT_TRUE(edge_.auditor().LookOnce());
  const std::string key = rendering::ParseRoute("/news-sitemap.xml").CacheKey();
  const std::string was = edge_.Get("/news-sitemap.xml");
  for (const char* language : {"en", "ru", "sah", "ar"}) Lose(std::string("list:") + language, key);

  const Editors::Edit lost = editors_.Publish();
  ASSERT_TRUE(edge_.WaitVisible(lost.article_id, lost.sequence));
  ASSERT_TRUE(edge_.store().Inspect(key)->has_value());  // it should have been dropped
  newsroom_.Settle();

  // Until the event is older than the grace.
  auto found = edge_.auditor().LookOnce();
  for (int i = 0; i < 200 && found && found->stale.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    found = edge_.auditor().LookOnce();
  }
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_EQ(found->stale, std::vector<std::string>{key});
  EXPECT_NE(edge_.Get("/news-sitemap.xml"), was);
  const auto clean = edge_.auditor().CheckAll();
  ASSERT_TRUE(clean);
  EXPECT_TRUE(clean->stale.empty());
}

TEST_F(AuditorTest, WhatAnotherEdgeDroppedLeavesThisOnesMemory) {
  Replica other(newsroom_, "b");
  editors_.Publish();
  newsroom_.Settle();
  other.auditor().Start();
  other.Get("/en/about/");
  edge_.Get("/en/about/");
  ASSERT_TRUE(other.memory().Find("en/about"));
  ASSERT_TRUE(edge_.auditor().Drop("en/about"));
  for (int i = 0; i < 100 && other.memory().Find("en/about"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_FALSE(other.memory().Find("en/about"));
}

}  // namespace
}  // namespace kimberlite::freshness
