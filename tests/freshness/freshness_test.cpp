// After each batch of random edits no cached page differs from one made anew, at two edges, with readers all the while.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "tests/freshness/editors.h"

namespace kimberlite::freshness {
namespace {

int FromEnvironment(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value ? std::atoi(value) : otherwise;
}

class Freshness : public ::testing::Test {
 protected:
  void SetUp() override { editors_.Furnish(); }

  void WaitFor(const Editors::Edit& edit) {
    if (edit.article_id == 0) return;
    const auto visible = a_.WaitVisible(edit.article_id, edit.sequence);
    ASSERT_TRUE(visible) << edit.what << ": " << visible.error().ToString();
  }
  void ExpectNothingStale(const std::string& when) {
    for (Replica* replica : {&a_, &b_}) {
      const auto report = replica->auditor().CheckAll();
      ASSERT_TRUE(report) << report.error().ToString();
      compared_ += report->checked;
      for (const std::string& key : report->stale) ADD_FAILURE() << when << ": " << key << " is stale";
      stale_ += static_cast<std::int64_t>(report->stale.size());
    }
  }

  const int edits_ = FromEnvironment("KIMBERLITE_FRESHNESS_EDITS", 240);
  const int batch_ = FromEnvironment("KIMBERLITE_FRESHNESS_BATCH", 60);
  const int articles_ = FromEnvironment("KIMBERLITE_FRESHNESS_ARTICLES", 12);
  const std::uint32_t seed_ = static_cast<std::uint32_t>(FromEnvironment("KIMBERLITE_FRESHNESS_SEED", 20261124));
  Newsroom newsroom_;
  Replica a_{newsroom_, "a"};
  Replica b_{newsroom_, "b"};
  Editors editors_{newsroom_, seed_};
  std::int64_t compared_ = 0;
  std::int64_t stale_ = 0;
};

TEST_F(Freshness, AfterAnyEditsEveryCachedPageIsAsOneMadeAnew) {
  std::map<std::string, int> kinds;
  for (int done = 0; done < edits_;) {
    const auto addresses = editors_.Addresses(articles_);
    {
      // Readers at both edges while editors are at work, so that pages are made in the midst of it.
      std::atomic<bool> over = false;
      std::vector<std::jthread> readers;
      for (Replica* replica : {&a_, &b_}) {
        readers.emplace_back([&, replica] {
          std::mt19937 random(seed_ + static_cast<std::uint32_t>(done));
          while (!over) replica->Get(addresses[random() % addresses.size()]);
        });
      }
      for (int i = 0; i < batch_ && done < edits_; ++i, ++done) {
        const Editors::Edit edit = editors_.Something();
        ++kinds[edit.what];
        // What was promised is kept at once.
        if (i % 10 == 0) WaitFor(edit);
      }
      over = true;
    }
    newsroom_.Settle();
    for (const std::string& path : addresses) a_.Get(path);
    for (std::size_t i = 0; i < addresses.size(); i += 5) b_.Get(addresses[i]);
    ExpectNothingStale("after " + std::to_string(done) + " edits, seed " + std::to_string(seed_));
    if (HasFailure()) break;
  }
  for (const auto& [what, count] : kinds) std::printf("%6d × %s\n", count, what.c_str());
  std::printf("%lld comparisons, %lld stale pages\n", static_cast<long long>(compared_),
              static_cast<long long>(stale_));
  EXPECT_EQ(stale_, 0);
  EXPECT_GT(compared_, edits_);
}

// What an event drops and is made anew the same was dropped for nothing.
TEST_F(Freshness, FewPagesAreDroppedForNothing) {
  for (int i = 0; i < 130; ++i) editors_.Publish();
  newsroom_.Settle();
  std::map<std::string, std::string> before;
  std::int64_t dropped = 0, in_vain = 0;
  std::map<std::string, int> why;
  const int rounds = FromEnvironment("KIMBERLITE_FRESHNESS_SINGLE", 25);
  for (int round = 0; round < rounds; ++round) {
    const auto addresses = editors_.Addresses(articles_);
    std::map<std::string, std::string> paths;
    before.clear();
    for (const std::string& path : addresses) {
      const std::string key = rendering::ParseRoute(path).CacheKey();
      paths[key] = path;
      before[key] = a_.Get(path);
    }
    const std::vector<std::string> kept = a_.Keys();
    const Editors::Edit edit = editors_.Something();
    WaitFor(edit);
    newsroom_.Settle();
    const std::vector<std::string> left = a_.Keys();
    const std::set<std::string> there(left.begin(), left.end());
    const auto purged = edit.article_id == 0
                            ? Result<std::vector<rendering::PurgedPage>>()
                            : a_.ledger().Purged("article:" + std::to_string(edit.article_id), edit.sequence);
    for (const std::string& key : kept) {
      if (there.contains(key) || !paths.contains(key)) continue;
      ++dropped;
      if (a_.Get(paths[key]) != before[key]) continue;
      ++in_vain;
      std::string reason = "?";
      for (const auto& page : purged ? *purged : std::vector<rendering::PurgedPage>()) {
        if (page.key == key) reason = page.entity.substr(0, page.entity.find(':'));
      }
      ++why[edit.what + ", " + key + " by " + reason];
    }
  }
  for (const auto& [reason, count] : why) std::printf("%6d × in vain: %s\n", count, reason.c_str());
  const double share = dropped == 0 ? 1 : static_cast<double>(in_vain) / static_cast<double>(dropped);
  std::printf("%lld pages dropped by %d edits, %lld in vain: %.2f %%\n", static_cast<long long>(dropped), rounds,
              static_cast<long long>(in_vain), 100 * share);
  EXPECT_GT(dropped, 100);
  EXPECT_LT(share, 0.05);
}

TEST_F(Freshness, BothEdgesForgetWhatChanged) {
  const Editors::Edit story = editors_.Publish();
  WaitFor(story);
  const std::string path = "/en/any/" + std::to_string(story.article_id) + "-any";
  for (int i = 0; i < 5; ++i) {
    a_.Get("/news-sitemap.xml");
    b_.Get("/news-sitemap.xml");
    const std::string was = a_.Get("/news-sitemap.xml");
    WaitFor(editors_.Publish());
    // The first GET at either edge after the promise.
    const std::string at_b = b_.Get("/news-sitemap.xml");
    EXPECT_NE(at_b, was);
    EXPECT_EQ(a_.Get("/news-sitemap.xml"), at_b);
  }
}

}  // namespace
}  // namespace kimberlite::freshness
