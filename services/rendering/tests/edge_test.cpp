#include "services/rendering/core/edge.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <thread>

namespace kimberlite::rendering {
namespace {

// A store in memory whose answers a test can bend.
class FakeStore final : public PageStore {
 public:
  Result<std::optional<StoredPage>> Get(const std::string& key, Coding) override {
    const std::lock_guard lock(mutex);
    if (down) return Fail(Code::kUnavailable, "down");
    const auto found = pages.find(key);
    if (found == pages.end()) return std::nullopt;
    StoredPage page;
    page.body = std::make_shared<const std::string>(found->second);
    return page;
  }
  Result<FillTicket> BeginFill(const std::string&) override {
    if (down) return Fail(Code::kUnavailable, "down");
    return FillTicket{};
  }
  Result<bool> CommitFill(const std::string& key, const FillTicket&, const Page& page, Time) override {
    if (before_commit) before_commit();
    const std::lock_guard lock(mutex);
    if (refusals > 0) {
      --refusals;
      return false;
    }
    pages[key] = page.body;
    return true;
  }

  std::mutex mutex;
  std::map<std::string, std::string> pages;
  std::atomic<bool> down = false;
  int refusals = 0;
  std::function<void()> before_commit;
};

class EdgeTest : public ::testing::Test {
 protected:
  Result<Page> Make(const Context&, const Route&, std::int64_t = 0) {
    if (sources_down_) return Fail(Code::kUnavailable, "down");
    Page page;
    page.body = "render " + std::to_string(++renders_);
    page.cacheable = cacheable_;
    return page;
  }
  std::string Ask(const Route& route = {.kind = RouteKind::kHome, .language = "en"}) {
    const auto answer = edge_.Get(Context(), route, Coding::kIdentity);
    EXPECT_TRUE(answer);
    outcome_ = answer->outcome;
    return answer->kept ? *answer->kept->body : answer->fresh->body;
  }

  std::atomic<int> renders_ = 0;
  bool cacheable_ = true;
  CacheOutcome outcome_ = CacheOutcome::kHit;
  FakeStore store_;
  SystemClock clock_;
  bool current_ = true;
  bool sources_down_ = false;
  Edge edge_{store_, [this](const Context& context, const Route& route, std::int64_t) { return Make(context, route); },
             [this] { return current_; }, clock_};
};

TEST_F(EdgeTest, RendersOnceAndThenServesWhatIsKept) {
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kMissStored);
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kHit);
}

TEST_F(EdgeTest, ARefusedFillIsMadeAgainFromNewerInputs) {
  store_.refusals = 2;
  EXPECT_EQ(Ask(), "render 3");
  EXPECT_EQ(outcome_, CacheOutcome::kMissStored);
}

TEST_F(EdgeTest, AFillThatIsAlwaysRefusedIsServedAndNotKept) {
  store_.refusals = 100;
  EXPECT_EQ(Ask(), "render 4");
  EXPECT_EQ(outcome_, CacheOutcome::kMissNotStored);
}

TEST_F(EdgeTest, WithoutTheStoreReadersAreServedFromTheSources) {
  store_.down = true;
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kBypass);
}

TEST_F(EdgeTest, AnEdgeThatIsCutOffAsksTheSourcesBeforeItServesWhatItKeeps) {
  Ask();
  current_ = false;
  EXPECT_EQ(Ask(), "render 2");
  EXPECT_EQ(outcome_, CacheOutcome::kMissStored);
}

TEST_F(EdgeTest, OnlyWithTheSourcesDownTooIsItServedStale) {
  Ask();
  current_ = false;
  sources_down_ = true;
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kStale);
  current_ = true;
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kHit);
}

TEST_F(EdgeTest, WhatIsNotCacheableIsNotKept) {
  cacheable_ = false;
  Ask();
  EXPECT_EQ(Ask(), "render 2");
}

TEST_F(EdgeTest, RoutesWithoutAKeyAreNotKept) {
  Ask({.kind = RouteKind::kNone});
  EXPECT_EQ(Ask({.kind = RouteKind::kNone}), "render 2");
  EXPECT_TRUE(store_.pages.empty());
}

TEST_F(EdgeTest, OfManyReadersOneRendersAtATime) {
  constexpr int kReaders = 8;
  std::mutex mutex;
  std::condition_variable changed;
  bool release = false;
  int rendering = 0, most = 0;
  std::atomic<int> asked = 0;
  Edge edge(
      store_,
      [&](const Context& context, const Route& route, std::int64_t) {
        std::unique_lock lock(mutex);
        most = std::max(most, ++rendering);
        changed.wait(lock, [&] { return release; });
        --rendering;
        return Make(context, route);
      },
      [] { return true; }, clock_);
  std::vector<std::jthread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      ++asked;
      EXPECT_TRUE(edge.Get(Context(), {.kind = RouteKind::kHome, .language = "en"}, Coding::kIdentity));
    });
  }
  while (asked < kReaders) std::this_thread::yield();
  {
    const std::lock_guard lock(mutex);
    release = true;
  }
  changed.notify_all();
  readers.clear();
  EXPECT_EQ(most, 1);
}

// A reader joins a flight that has read its inputs already and is then fenced by nothing.
class UnfencedFlightTest : public EdgeTest {
 protected:
  // What the reader sees who comes while the first render is under way.
  std::string SecondReader() {
    std::mutex mutex;
    std::condition_variable changed;
    bool begun = false, release = false;
    Edge edge(
        store_,
        [&](const Context& context, const Route& route, std::int64_t) {
          auto page = Make(context, route);
          std::unique_lock lock(mutex);
          begun = true;
          changed.notify_all();
          changed.wait(lock, [&] { return release; });
          return page;
        },
        [] { return true; }, clock_);
    const Route home{.kind = RouteKind::kHome, .language = "en"};
    std::jthread first([&] { EXPECT_TRUE(edge.Get(Context(), home, Coding::kIdentity)); });
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return begun; });
    }
    std::string seen;
    std::atomic<bool> asked = false;
    std::jthread second([&] {
      asked = true;
      seen = edge.Get(Context(), home, Coding::kIdentity)->fresh->body;
    });
    while (!asked) std::this_thread::yield();
    {
      const std::lock_guard lock(mutex);
      release = true;
    }
    changed.notify_all();
    first.join();
    second.join();
    return seen;
  }
};

TEST_F(UnfencedFlightTest, APageThatIsNotKeptIsMadeAgainForWhoeverCameLater) {
  cacheable_ = false;
  EXPECT_EQ(SecondReader(), "render 2");
}

TEST_F(UnfencedFlightTest, WithoutTheStoreTooItIsMadeAgain) {
  store_.down = true;
  EXPECT_EQ(SecondReader(), "render 2");
}

TEST_F(EdgeTest, AnExceptionReachesThoseWhoWaitAndTheKeyGoesOn) {
  bool bad = true;
  Edge edge(
      store_,
      [&](const Context& context, const Route& route, std::int64_t) -> Result<Page> {
        if (bad) throw std::runtime_error("broken");
        return Make(context, route);
      },
      [] { return true; }, clock_);
  const Route home{.kind = RouteKind::kHome, .language = "en"};
  EXPECT_EQ(edge.Get(Context(), home, Coding::kIdentity).error().code(), Code::kInternal);
  bad = false;
  EXPECT_TRUE(edge.Get(Context(), home, Coding::kIdentity));
}

TEST_F(EdgeTest, WhoComesWhileAFillIsBeingKeptLooksForThemselves) {
  // Between the inputs being read and the page being kept, a newer version may have been promised to a new reader.
  bool nested = false;
  store_.before_commit = [&] {
    if (nested) return;
    nested = true;
    std::jthread([&] { EXPECT_EQ(Ask(), "render 2"); }).join();
  };
  Ask();
  EXPECT_EQ(renders_, 2);
}

}  // namespace
}  // namespace kimberlite::rendering
