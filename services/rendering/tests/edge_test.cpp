#include "services/rendering/core/edge.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <thread>

namespace kimberlite::rendering {
namespace {

std::unique_ptr<KeptPage> Code(Page page, Time rendered_time) {
  auto kept = std::make_unique<KeptPage>();
  kept->dependencies = std::move(page.dependencies);
  kept->rendered_time = rendered_time;
  kept->immutable = page.immutable;
  kept->variants[0].body = std::make_shared<const std::string>(std::move(page.body));
  return kept;
}

// A store in memory whose answers a test can bend.
class FakeStore final : public PageStore {
 public:
  Result<std::unique_ptr<KeptPage>> Get(const std::string& key) override {
    std::unique_lock lock(mutex);
    if (down) return Fail(Code::kUnavailable, "down");
    const auto found = pages.find(key);
    if (found == pages.end()) {
      lock.unlock();
      if (before_miss) before_miss();
      return nullptr;
    }
    ++reads;
    return std::make_unique<KeptPage>(found->second);
  }
  Result<FillTicket> BeginFill(const std::string&) override {
    if (down) return Fail(Code::kUnavailable, "down");
    return FillTicket{};
  }
  Result<bool> CommitFill(const std::string& key, const FillTicket&, const KeptPage& page,
                          std::chrono::seconds) override {
    if (before_commit) before_commit();
    {
      const std::lock_guard lock(mutex);
      if (refusals > 0) {
        --refusals;
        return false;
      }
      pages[key] = page;
    }
    if (after_commit) after_commit();
    return true;
  }

  std::mutex mutex;
  std::map<std::string, KeptPage> pages;
  std::atomic<bool> down = false;
  int refusals = 0;
  int reads = 0;
  std::function<void()> before_miss, before_commit, after_commit;
};

const Route kHome{.kind = RouteKind::kHome, .language = "en"};

class EdgeTest : public ::testing::Test {
 protected:
  using Make = std::function<Result<Page>(const Context&, const Route&, std::int64_t)>;

  Edge::Parts PartsWith(Make make) {
    return {std::move(make), Code, [](KeptPage&) {}, [this] { return current_.load(); }};
  }
  Result<Page> MakePage() {
    if (sources_down_) return Fail(Code::kUnavailable, "down");
    Page page;
    page.body = "render " + std::to_string(++renders_);
    page.cacheable = cacheable_;
    page.dependencies = {{"article:1"}};
    return page;
  }
  // What a reader gets; waits for it.
  static Result<EdgeAnswer> AskOf(Edge& edge, const Route& route = kHome) {
    std::promise<Result<EdgeAnswer>> promise;
    edge.Get(Context(), route, "/en/", [&](Result<EdgeAnswer> answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
  }
  std::string Ask(const Route& route = kHome) {
    const auto answer = AskOf(edge_, route);
    if (!answer) return answer.error().message();
    outcome_ = answer->outcome;
    return *answer->page->variants[0].body;
  }
  // An event, as this replica hears it.
  void Touch(bool withdrawn = false) {
    store_.pages.clear();
    memory_.Apply(std::vector<Touched>{{"article:1", ""}}, withdrawn);
  }

  std::atomic<int> renders_ = 0;
  std::atomic<bool> current_ = true;
  bool cacheable_ = true;
  bool sources_down_ = false;
  CacheOutcome outcome_ = CacheOutcome::kHit;
  FakeStore store_;
  MemoryCache memory_{1 << 20};
  SystemClock clock_;
  Edge edge_{store_, memory_, PartsWith([this](auto&&...) { return MakePage(); }), clock_, {}};
};

TEST_F(EdgeTest, RendersOnceAndThenServesWhatIsKept) {
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kMissStored);
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kHit);
  EXPECT_EQ(store_.reads, 0);
}

TEST_F(EdgeTest, WhatAnotherReplicaKeptIsReadOnceAndThenServedFromMemory) {
  store_.pages["en/home"] = *Code({.body = "theirs"}, {});
  EXPECT_EQ(Ask(), "theirs");
  EXPECT_EQ(Ask(), "theirs");
  EXPECT_EQ(store_.reads, 1);
  EXPECT_NE(memory_.FindByPath("/en/"), nullptr);
}

// Looked into the store before a fill was kept there, and comes to make the page when that fill has landed.
TEST_F(EdgeTest, WhoLookedBeforeAFillLandedDoesNotMakeThePageAgain) {
  bool once = true;
  store_.before_miss = [&] {
    if (std::exchange(once, false)) Ask();
  };
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kHit);
  EXPECT_EQ(renders_, 1);
}

TEST_F(EdgeTest, ATouchedPageIsMadeAnew) {
  Ask();
  Touch();
  EXPECT_EQ(Ask(), "render 2");
  EXPECT_EQ(outcome_, CacheOutcome::kMissStored);
}

// Read from the store before the event was applied there, kept in memory after it was applied here.
TEST_F(EdgeTest, APageReadFromTheStoreBeforeAnEventIsNotKeptInMemoryAfterIt) {
  store_.pages["en/home"] = *Code({.body = "old", .dependencies = {{"article:1"}}}, {});
  auto parts = PartsWith([this](auto&&...) { return MakePage(); });
  parts.prepare = [this](KeptPage&) { Touch(); };  // stands between the two
  Edge edge(store_, memory_, parts, clock_, {});
  EXPECT_TRUE(AskOf(edge));
  EXPECT_EQ(memory_.FindByPath("/en/"), nullptr);
}

TEST_F(EdgeTest, AFillThatAnEventOvertakesIsNotKeptInMemory) {
  store_.after_commit = [this] { Touch(); };
  Ask();
  EXPECT_EQ(memory_.FindByPath("/en/"), nullptr);
  store_.after_commit = nullptr;
  EXPECT_EQ(Ask(), "render 2");
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
  EXPECT_EQ(memory_.size().pages, 0u);
}

TEST_F(EdgeTest, WithoutTheStoreReadersAreServedFromTheSourcesAndThenFromMemory) {
  store_.down = true;
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kBypass);
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kHit);
  Touch();
  EXPECT_EQ(Ask(), "render 2");
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

TEST_F(EdgeTest, ATouchedPageIsServedStaleWhileTheSourcesAreDown) {
  Ask();
  Touch();
  sources_down_ = true;
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(outcome_, CacheOutcome::kStale);
  // Not asked again for a second; then they answer.
  sources_down_ = false;
  Edge another(store_, memory_, PartsWith([this](auto&&...) { return MakePage(); }), clock_, {});
  EXPECT_EQ(AskOf(another)->outcome, CacheOutcome::kMissStored);
}

TEST_F(EdgeTest, WhatWasWithdrawnIsNeverServedStale) {
  Ask();
  Touch(true);
  sources_down_ = true;
  EXPECT_EQ(Ask(), "down");
}

TEST_F(EdgeTest, StaleHasAnEnd) {
  Edge edge(store_, memory_, PartsWith([this](auto&&...) { return MakePage(); }), clock_,
            {.stale_if_error = std::chrono::seconds(0)});
  EXPECT_TRUE(AskOf(edge));
  Touch();
  sources_down_ = true;
  EXPECT_FALSE(AskOf(edge));
}

TEST_F(EdgeTest, WhatIsNotCacheableIsNotKept) {
  cacheable_ = false;
  Ask();
  EXPECT_EQ(Ask(), "render 2");
  EXPECT_EQ(memory_.size().pages, 0u);
}

TEST_F(EdgeTest, RoutesWithoutAKeyAreNotKept) {
  Ask({.kind = RouteKind::kNone});
  EXPECT_EQ(Ask({.kind = RouteKind::kNone}), "render 2");
  EXPECT_TRUE(store_.pages.empty());
}

// Readers come one after the other, each while the first is still making its page.
TEST_F(EdgeTest, OfManyReadersOneRendersAndNoneBlocks) {
  constexpr int kReaders = 200;
  int answered = 0;
  std::function<void()> come;
  Edge edge(store_, memory_, PartsWith([&](auto&&...) {
              if (come) std::exchange(come, nullptr)();
              return MakePage();
            }),
            clock_, {});
  come = [&] {
    for (int i = 0; i < kReaders; ++i) {
      edge.Get(Context(), kHome, "/en/", [&](const Result<EdgeAnswer>& answer) {
        EXPECT_EQ(*answer->page->variants[0].body, "render 1");
        ++answered;
      });
    }
    EXPECT_EQ(answered, 0);
  };
  EXPECT_TRUE(AskOf(edge));
  EXPECT_EQ(answered, kReaders);
  EXPECT_EQ(renders_, 1);
}

// Between the inputs being read and the page being kept, a newer version may have been promised to a new reader: who
// comes then looks at what was kept, and finds the page, since nothing touched it until after they came.
TEST_F(EdgeTest, WhoComesWhileAFillIsBeingKeptLooksForThemselves) {
  std::string seen;
  const auto come = [&] {
    edge_.Get(Context(), kHome, "/en/",
              [&](const Result<EdgeAnswer>& answer) { seen = *answer->page->variants[0].body; });
  };
  store_.before_commit = come;
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(seen, "render 1");
  EXPECT_EQ(renders_, 1);
}

TEST_F(EdgeTest, WhoComesWhileAFillIsBeingKeptGetsANewOneWhenAnEventOvertakesIt) {
  std::string seen;
  bool once = true;
  store_.after_commit = [&] {
    if (!std::exchange(once, false)) return;
    // Comes after the keeping, and was promised what an event says that is applied before it is told of it.
    Touch();
    edge_.Get(Context(), kHome, "/en/",
              [&](const Result<EdgeAnswer>& answer) { seen = *answer->page->variants[0].body; });
  };
  EXPECT_EQ(Ask(), "render 1");
  EXPECT_EQ(seen, "render 2");
}

TEST_F(EdgeTest, WhoWaitsForARefusedFillGetsTheNextOne) {
  std::string seen;
  bool once = true;
  store_.refusals = 1;
  store_.before_commit = [&] {
    if (!std::exchange(once, false)) return;
    edge_.Get(Context(), kHome, "/en/",
              [&](const Result<EdgeAnswer>& answer) { seen = *answer->page->variants[0].body; });
  };
  EXPECT_EQ(Ask(), "render 2");
  EXPECT_EQ(seen, "render 2");
  EXPECT_EQ(renders_, 2);
}

// A reader joins a flight that has read its inputs already and is then fenced by nothing.
class UnfencedFlightTest : public EdgeTest {
 protected:
  // What the reader sees who comes while the first render is under way.
  std::string SecondReader() {
    std::string seen;
    bool once = true;
    Edge* itself = nullptr;
    Edge edge(store_, memory_, PartsWith([&](auto&&...) {
                auto page = MakePage();
                if (std::exchange(once, false)) {
                  itself->Get(Context(), kHome, "/en/", [&](const Result<EdgeAnswer>& answer) {
                    seen = answer ? *answer->page->variants[0].body : answer.error().message();
                  });
                  if (touch_) Touch();
                }
                return page;
              }),
              clock_, {});
    itself = &edge;
    EXPECT_EQ(AskOf(edge).has_value(), !sources_down_);
    return seen;
  }
  bool touch_ = false;
};

TEST_F(UnfencedFlightTest, APageThatIsNotKeptIsMadeAgainForWhoeverCameLater) {
  cacheable_ = false;
  EXPECT_EQ(SecondReader(), "render 2");
}

TEST_F(UnfencedFlightTest, WithoutTheStoreMemoryDecides) {
  store_.down = true;
  EXPECT_EQ(SecondReader(), "render 1");
}

TEST_F(UnfencedFlightTest, WithoutTheStoreAndTouchedItIsMadeAgain) {
  store_.down = true;
  touch_ = true;
  EXPECT_EQ(SecondReader(), "render 2");
}

TEST_F(UnfencedFlightTest, WithoutSourcesAllWhoWaitHearOfItAtOnce) {
  sources_down_ = true;
  EXPECT_EQ(SecondReader(), "down");
}

TEST_F(EdgeTest, ManyThreadsSeeNothingOlderThanWhatTheyWerePromised) {
  // The source counts up; after each step the event is applied and then announced. Whatever a reader gets is at least
  // what was announced before it asked.
  std::atomic<int> source = 0, announced = 0;
  Edge edge(store_, memory_, PartsWith([&](auto&&...) {
              Page page;
              page.dependencies = {{"article:1"}};
              page.body = std::to_string(source.load());
              return page;
            }),
            clock_, {});
  std::atomic<bool> stop = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const int promised = announced;
        const auto kept = memory_.FindByPath("/en/");
        const auto answer = kept ? EdgeAnswer{kept} : *AskOf(edge);
        EXPECT_GE(std::stoi(*answer.page->variants[0].body), promised);
      }
    });
  }
  for (int i = 1; i <= 500; ++i) {
    source = i;
    {
      const std::lock_guard lock(store_.mutex);
      store_.pages.clear();
      // The store refuses the fills that are under way now.
      store_.refusals = 1;
    }
    memory_.Apply(std::vector<Touched>{{"article:1", ""}}, false);
    {
      const std::lock_guard lock(store_.mutex);
      store_.pages.clear();
    }
    announced = i;
    std::this_thread::yield();
  }
  stop = true;
}

TEST_F(EdgeTest, AnExceptionReachesThoseWhoWaitAndTheKeyGoesOn) {
  bool bad = true;
  Edge edge(store_, memory_, PartsWith([&](auto&&...) -> Result<Page> {
              if (bad) throw std::runtime_error("broken");
              return MakePage();
            }),
            clock_, {});
  EXPECT_EQ(AskOf(edge).error().code(), Code::kInternal);
  bad = false;
  EXPECT_TRUE(AskOf(edge));
}

}  // namespace
}  // namespace kimberlite::rendering
