// Receipts and waiting on a real Redis, for several edges.
#include "services/rendering/adapters/visibility.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "libs/testing/servers.h"
#include "services/rendering/adapters/page_coding.h"

namespace kimberlite::rendering {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class VisibilityTest : public ::testing::Test {
 protected:
  static constexpr char kAggregate[] = "article:7";
  static constexpr char kTopic[] = "kimberlite.content.article.v1";

  static std::string Facts(std::int32_t version) {
    return WriteFacts({{.language_code = "sah", .version = version, .is_public = true, .places = "aa"}});
  }
  // What an edge does with an event: Redis, its memory, the ledger.
  void Apply(EdgeLedger& ledger, std::int64_t sequence, std::int64_t offset, std::int32_t version = 1) {
    EdgeLedger::Entry entry{kAggregate, sequence, Facts(version), {}, {kTopic, 0, offset + 1}};
    const auto dropped =
        store_.Apply({{{kAggregate, ""}, {"list:en", "0500"}}, {}, kAggregate, sequence, entry.place}, &entry.purged);
    ASSERT_TRUE(dropped) << dropped.error().ToString();
    const auto recorded = ledger.Record(entry);
    ASSERT_TRUE(recorded) << recorded.error().ToString();
    ++applied_;
  }
  void Keep(const std::string& key, std::vector<Dependency> dependencies) {
    Page page;
    page.body = key;
    page.dependencies = std::move(dependencies);
    const auto ticket = store_.BeginFill(key);
    ASSERT_TRUE(ticket);
    ASSERT_TRUE(*store_.CommitFill(key, *ticket, *CodePage(page, Time{}), std::chrono::hours(1)));
  }
  Result<v1::WaitVisibleResponse> Wait(std::int64_t sequence, std::chrono::milliseconds time) {
    v1::WaitVisibleRequest request;
    request.set_article_id(7);
    request.set_sequence(sequence);
    return visibility_.Wait(Context::WithTimeout(time), request);
  }
  v1::GetReceiptResponse Receipt(std::int64_t sequence = 0) {
    v1::GetReceiptRequest request;
    request.set_article_id(7);
    request.set_sequence(sequence);
    const auto receipt = visibility_.Receipt(Context::WithTimeout(std::chrono::seconds(5)), request);
    EXPECT_TRUE(receipt) << receipt.error().ToString();
    return receipt.value_or(v1::GetReceiptResponse());
  }
  void EmptyRedis() {
    const auto keys = client_.Command({"KEYS", prefix_ + "*"});
    ASSERT_TRUE(keys);
    for (const redis::Reply& key : keys->elements) ASSERT_TRUE(client_.Command({"DEL", key.text}));
  }

  const std::string prefix_ = testing::UniqueName("visible") + ":";
  redis::Client client_{{.url = testing::RedisUrl()}};
  RedisPageStore store_{client_, prefix_, "v1"};
  EdgeLedger a_{client_, prefix_, "a"};
  EdgeLedger b_{client_, prefix_, "b"};
  content::v1::Article article_;
  std::atomic<std::uint64_t> applied_ = 0;
  std::atomic<std::int64_t> sent_ = 0, end_ = 0;
  std::atomic<int> log_asked_ = 0;
  Visibility visibility_{
      {.store = store_,
       .ledger = a_,
       .get_article = [this](const Context&, std::int64_t) -> Result<content::v1::Article> { return article_; },
       .sent_sequence = [this](const Context&, std::int64_t) -> Result<std::int64_t> { return sent_.load(); },
       .log_ends = [this](const Context&) -> Result<std::vector<AppliedPlace>> {
         ++log_asked_;
         return std::vector<AppliedPlace>{{kTopic, 0, end_}};
       },
       .applied_count = [this] { return applied_.load(); },
       .wait = [](const Context&, std::uint64_t, std::chrono::steady_clock::time_point until) -> Result<void> {
         std::this_thread::sleep_until(
             std::min(until, std::chrono::steady_clock::now() + std::chrono::milliseconds(5)));
         return {};
       }}};
};

TEST_F(VisibilityTest, WaitsForEveryEdgeThatIsAlive) {
  a_.Start();
  b_.Start();
  Apply(a_, 1, 10);
  const auto early = Wait(1, std::chrono::milliseconds(100));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code(), Code::kDeadlineExceeded);
  EXPECT_THAT(early.error().message(), HasSubstr("not yet applied at b"));
  auto waiting = std::async(std::launch::async, [&] { return Wait(1, std::chrono::seconds(10)); });
  Apply(b_, 1, 10);
  const auto done = waiting.get();
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_EQ(done->applied_sequence(), 1);
  EXPECT_THAT(done->edges(), ElementsAre("a", "b"));
  EXPECT_EQ(log_asked_, 0);
}

TEST_F(VisibilityTest, AnEdgeThatHasGoneIsNotWaitedFor) {
  a_.Start();
  b_.Start();
  b_.Stop();
  Apply(a_, 1, 10);
  EXPECT_TRUE(Wait(1, std::chrono::seconds(5)));
  // And one that died without a word, once it has been silent for three seconds.
  ASSERT_TRUE(client_.Command({"SADD", prefix_ + "edges", "dead"}));
  ASSERT_TRUE(client_.Command({"HSET", prefix_ + "edge:dead", "seen", "1000"}));
  const auto done = Wait(1, std::chrono::seconds(5));
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_THAT(done->edges(), ElementsAre("a"));
}

TEST_F(VisibilityTest, AfterRedisWasEmptiedTheLogProvesWhatWasAppliedBefore) {
  a_.Start();
  Apply(a_, 3, 10);
  EmptyRedis();
  sent_ = 3;
  end_ = 11;
  const auto done = Wait(3, std::chrono::seconds(10));
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_EQ(done->applied_sequence(), 3);
  EXPECT_GE(log_asked_, 1);
  const auto receipt = Receipt(3);
  EXPECT_THAT(receipt.receipts(), IsEmpty());
  EXPECT_TRUE(receipt.has_proved_time());
  // One that content has not handed over yet is not proved by anything.
  EXPECT_EQ(Wait(4, std::chrono::milliseconds(1500)).error().code(), Code::kDeadlineExceeded);
  EXPECT_FALSE(Receipt(4).has_proved_time());
  // Nor one that is on the bus and not applied.
  sent_ = 4;
  end_ = 12;
  EXPECT_EQ(Wait(4, std::chrono::milliseconds(1500)).error().code(), Code::kDeadlineExceeded);
  EXPECT_THAT(Receipt(4).missing_edges(), ElementsAre("a"));
}

TEST_F(VisibilityTest, AReceiptTellsSinceWhenEachEdgeShowsIt) {
  a_.Start();
  b_.Start();
  Apply(a_, 1, 10);
  Apply(b_, 1, 10);
  Apply(a_, 2, 11, 2);
  const auto newest = Receipt();
  EXPECT_EQ(newest.sequence(), 2);
  EXPECT_THAT(newest.receipts(), SizeIs(4));
  EXPECT_THAT(newest.missing_edges(), ElementsAre("b"));
  const auto first = Receipt(1);
  EXPECT_THAT(first.receipts(), SizeIs(8));
  EXPECT_THAT(first.missing_edges(), IsEmpty());
  EXPECT_EQ(first.receipts(0).surface(), v1::SURFACE_PAGE);
  EXPECT_EQ(first.receipts(0).edge(), "a");
  EXPECT_TRUE(first.receipts(0).edge_alive());
  EXPECT_EQ(first.receipts(0).sequence(), 1);
  EXPECT_GT(first.receipts(0).visible_time().seconds(), 1'700'000'000);
  // Repeated, an event does not move the time.
  const auto time = first.receipts(0).visible_time();
  Apply(a_, 1, 10);
  EXPECT_EQ(Receipt(1).receipts(0).visible_time().nanos(), time.nanos());
}

TEST_F(VisibilityTest, OfAnArticleTheNewestTenSequencesAreKept) {
  a_.Start();
  for (int i = 1; i <= 25; ++i) Apply(a_, i, i, i);
  const auto records = a_.Records(kAggregate);
  ASSERT_TRUE(records);
  ASSERT_THAT(*records, SizeIs(10));
  EXPECT_EQ(records->front().sequence, 25);
  EXPECT_EQ(records->back().sequence, 16);
  EXPECT_EQ(client_.Command({"HLEN", prefix_ + "receipt:" + std::string(kAggregate)})->integer, 20);
}

TEST_F(VisibilityTest, ExplainsWhatAnEventDroppedAndWhatOneWould) {
  a_.Start();
  Keep("en/article/7", {{kAggregate}});
  Keep("en/home", {{"list:en", "0300", ""}, {"site"}});
  Keep("en/home#1", {{"list:en", "0100", "0299"}, {"site"}});
  Apply(a_, 1, 10);
  v1::ExplainPurgeRequest request;
  request.set_article_id(7);
  const auto past = visibility_.Explain(request);
  ASSERT_TRUE(past) << past.error().ToString();
  EXPECT_EQ(past->sequence(), 1);
  ASSERT_THAT(past->pages(), SizeIs(2));
  EXPECT_EQ(past->pages(0).key(), "en/article/7");
  EXPECT_EQ(past->pages(1).key(), "en/home");
  EXPECT_EQ(past->pages(1).low_sort_key(), "0300");
  EXPECT_THAT(past->pages(1).reason(), HasSubstr("enters or leaves the part of the list en"));

  v1::ExplainPurgeRequest would;
  would.mutable_event()->set_article_id(8);
  auto* place = would.mutable_event()->mutable_before()->add_lists();
  place->set_list_key("en");
  place->set_sort_key("0200");
  const auto future = visibility_.Explain(would);
  ASSERT_TRUE(future) << future.error().ToString();
  ASSERT_THAT(future->pages(), SizeIs(1));
  EXPECT_EQ(future->pages(0).key(), "en/home#1");
  EXPECT_TRUE(*store_.Inspect("en/home#1"));
  EXPECT_EQ(visibility_.Explain({}).error().code(), Code::kInvalidArgument);
}

TEST_F(VisibilityTest, AVersionThatDoesNotExistYetIsNotWaitedFor) {
  a_.Start();
  auto& translation = *article_.add_translations();
  translation.set_language_code("sah");
  translation.set_version(2);
  article_.set_sequence(5);
  Apply(a_, 5, 10, 2);
  v1::WaitVisibleRequest request;
  request.set_article_id(7);
  request.set_language_code("sah");
  request.set_version(2);
  const auto done = visibility_.Wait(Context::WithTimeout(std::chrono::seconds(5)), request);
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_EQ(done->applied_sequence(), 5);
  request.set_version(3);
  EXPECT_EQ(visibility_.Wait(Context::WithTimeout(std::chrono::seconds(5)), request).error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace kimberlite::rendering
