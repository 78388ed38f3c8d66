#include "libs/bus/outbox.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "libs/bus/tests/harness.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Remembers what it is given; fails on demand.
class FakePublisher final : public Publisher {
 public:
  FakePublisher(Seen* seen, std::atomic<int>* failures) : seen_(seen), failures_(failures) {}
  Result<void> Publish(std::span<const Event> events) override {
    if (failures_ && failures_->fetch_sub(1) > 0) return Fail(Code::kUnavailable, "the bus is away");
    for (const Event& event : events) seen_->Add(event, {});
    return {};
  }

 private:
  Seen* seen_;
  std::atomic<int>* failures_;
};

// Does with a batch what it is told to.
class FunctionPublisher final : public Publisher {
 public:
  using Function = std::function<Result<void>(std::span<const Event>)>;
  explicit FunctionPublisher(Function function) : function_(std::move(function)) {}
  Result<void> Publish(std::span<const Event> events) override { return function_(events); }

 private:
  const Function function_;
};

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() {
    EXPECT_TRUE(pg::Migrate(database_.url(), "news", {}));
    EXPECT_TRUE(MigrateOutbox(database_.url(), "news"));
  }
  std::unique_ptr<Relay> NewRelay(Seen& seen, std::atomic<int>* failures = nullptr, int batch = 200) {
    return std::make_unique<Relay>(Relay::Options{.postgres_url = database_.url(), .schema = "news", .batch = batch},
                                   std::make_unique<FakePublisher>(&seen, failures));
  }
  std::unique_ptr<Relay> NewRelay(FunctionPublisher::Function publish) {
    return std::make_unique<Relay>(Relay::Options{.postgres_url = database_.url(), .schema = "news"},
                                   std::make_unique<FunctionPublisher>(std::move(publish)));
  }
  Event Add(const std::string& key, std::int64_t sequence, std::string payload = "") {
    const Event event = MakeEvent("kimberlite.test.thing.v1", key, sequence, std::move(payload));
    auto done = pool_.Write([&](pg::Transaction& transaction) { return Append(transaction, "news", event); });
    EXPECT_TRUE(done) << done.error().ToString();
    return event;
  }
  std::int64_t Count(const std::string& sql) {
    auto rows = pool_.Read([&](pg::Transaction& transaction) { return transaction.Query(sql); });
    EXPECT_TRUE(rows) << rows.error().ToString();
    return (*rows)[0].Int("n");
  }
  std::int64_t Unsent() { return Count("SELECT count(*) AS n FROM news.outbox WHERE sent_time IS NULL"); }
  void Run(const std::string& sql) {
    auto done = pool_.Write([&](pg::Transaction& transaction) { return transaction.Query(sql); });
    ASSERT_TRUE(done) << done.error().ToString();
  }

  testing::TestDatabase database_;
  pg::Pool pool_{{.url = database_.url()}};
};

TEST_F(OutboxTest, SendsWhatIsCommittedInTheOrderOfEachKey) {
  Seen seen;
  const Event first = Add("a", 1), second = Add("a", 2);
  const auto relay = NewRelay(seen, nullptr, 1);
  const Event third = Add("a", 3);
  ASSERT_TRUE(seen.WaitForCount(3));
  EXPECT_THAT(seen.ids(), ElementsAre(first.id, second.id, third.id));
  EXPECT_TRUE(Eventually([&] { return Unsent() == 0; }));
}

TEST_F(OutboxTest, ARollbackSendsNothing) {
  Seen seen;
  const auto relay = NewRelay(seen);
  const auto outcome = pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(Append(transaction, "news", MakeEvent("t", "a", 1)));
    return Fail(Code::kFailedPrecondition, "changed my mind");
  });
  EXPECT_FALSE(outcome);
  const Event after = Add("a", 1);
  ASSERT_TRUE(seen.WaitForCount(1));
  EXPECT_THAT(seen.ids(), ElementsAre(after.id));
}

TEST_F(OutboxTest, RefusesInTheTransactionWhatTheBusWouldRefuse) {
  const auto outcome = pool_.Write([&](pg::Transaction& transaction) {
    return Append(transaction, "news", MakeEvent("t", "a", 1, std::string(kMaxEventBytes + 1, 'x')));
  });
  EXPECT_EQ(outcome.error().code(), Code::kResourceExhausted);
}

TEST_F(OutboxTest, AFailingBusDelaysAndKeepsTheOrder) {
  Seen seen;
  std::atomic<int> failures = 3;
  const Event first = Add("a", 1), second = Add("b", 1), third = Add("a", 2);
  const auto relay = NewRelay(seen, &failures, 2);
  ASSERT_TRUE(seen.WaitForCount(3));
  EXPECT_THAT(seen.ids(), ElementsAre(first.id, second.id, third.id));
}

TEST_F(OutboxTest, LargeEventsGoInSmallBatches) {
  const std::size_t mib = 1 << 20;
  std::vector<std::string> added;
  for (const std::size_t size : {mib, 2 * mib, mib, 7 * mib, mib, 4 * mib}) {
    added.push_back(Add("a", static_cast<std::int64_t>(added.size()) + 1, std::string(size, 'x')).id);
  }
  Seen seen;
  std::mutex mutex;
  std::vector<std::size_t> batches;
  const auto relay = NewRelay([&](std::span<const Event> events) -> Result<void> {
    const std::lock_guard lock(mutex);
    batches.push_back(events.size());
    for (const Event& event : events) seen.Add(event, {});
    return {};
  });
  ASSERT_TRUE(seen.WaitForCount(added.size()));
  EXPECT_EQ(seen.ids(), added);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(batches, ElementsAre(3, 1, 1, 1));
}

TEST_F(OutboxTest, ABatchThatIsTooMuchForTheBusGoesInParts) {
  std::vector<std::string> added;
  for (int i = 1; i <= 20; ++i) added.push_back(Add("a", i).id);
  Seen seen;
  const auto relay = NewRelay([&](std::span<const Event> events) -> Result<void> {
    if (events.size() > 6) return Fail(Code::kDeadlineExceeded, "too much at once");
    for (const Event& event : events) seen.Add(event, {});
    return {};
  });
  ASSERT_TRUE(seen.WaitForCount(added.size()));
  EXPECT_EQ(seen.ids(), added);
}

TEST_F(OutboxTest, ACrashBetweenPublishAndMarkRepeatsButLosesNothing) {
  const std::string topic = "kimberlite.test.thing.v1";
  const Options options = {.driver = "postgres", .postgres_url = database_.url(), .client_name = "test"};
  ASSERT_TRUE(Migrate(options));
  auto bus = Open(options);
  ASSERT_TRUE(bus);
  ASSERT_TRUE((*bus)->EnsureTopics(std::vector{topic}, {}));
  const Event first = Add("a", 1), second = Add("a", 2);
  HelperProcess victim({"relay", "postgres", database_.url(), database_.url(), "news"});
  ASSERT_EQ(victim.WaitForEnd(), SIGKILL);
  EXPECT_EQ(Unsent(), 2) << "published, but not marked";

  Relay relay({.postgres_url = database_.url(), .schema = "news"}, (*bus)->NewPublisher());
  Seen seen;
  const auto consumer = (*bus)->Subscribe(GroupSubscription{.group = "g", .topics = {topic}, .handler = seen.Taking()});
  ASSERT_TRUE(seen.WaitForCount(4));
  EXPECT_THAT(seen.ids(), ElementsAre(first.id, second.id, first.id, second.id));
  EXPECT_TRUE(Eventually([&] { return Unsent() == 0; }));
}

TEST_F(OutboxTest, AStandbyTakesOverFromARelayThatStops) {
  Seen by_first, by_second;
  auto first = NewRelay(by_first);
  Add("a", 1);
  ASSERT_TRUE(by_first.WaitForCount(1));
  auto second = NewRelay(by_second);
  // The second has asked for the lock in vain: two sessions have ended a transaction.
  ASSERT_TRUE(Eventually([&] {
    return Count(
               "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'kimberlite-relay news'"
               " AND datname = current_database() AND state = 'idle' AND query = 'COMMIT'") == 2;
  }));
  const Event while_standing_by = Add("a", 2);
  ASSERT_TRUE(by_first.WaitForCount(2));
  EXPECT_THAT(by_second.ids(), IsEmpty());
  first.reset();
  const Event after = Add("a", 3);
  ASSERT_TRUE(by_second.WaitForCount(1));
  EXPECT_THAT(by_second.ids(), ElementsAre(after.id));
}

TEST_F(OutboxTest, ARelayWhoseSessionDiedLeadsNoMoreUntilItHasTheLock) {
  Seen seen;
  const auto relay = NewRelay(seen);
  Add("a", 1);
  ASSERT_TRUE(seen.WaitForCount(1));
  ASSERT_TRUE(Eventually([&] { return Unsent() == 0; }));
  // Its session is ended and another takes the lock.
  const std::string lock = "hashtextextended('kimberlite.relay.news', 0)";
  Event second;
  const auto done = pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE application_name = 'kimberlite-relay news'"));
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("SELECT pg_advisory_xact_lock(" + lock + ")"));
    second = Add("a", 2);
    // It looked and found that it does not lead: seen by its new session asking for the lock in vain.
    EXPECT_TRUE(Eventually([&] {
      return Count(
                 "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'kimberlite-relay news'"
                 " AND backend_start < clock_timestamp() - interval '1 s' AND datname = current_database()") > 0;
    }));
    EXPECT_EQ(seen.ids().size(), 1u);
    return {};
  });
  ASSERT_TRUE(done) << done.error().ToString();
  ASSERT_TRUE(seen.WaitForCount(2));
  EXPECT_EQ(seen.ids().back(), second.id);
}

TEST_F(OutboxTest, StoppingSendsWhatIsCommitted) {
  Seen seen;
  std::atomic<int> failures = 2;
  auto relay = NewRelay(seen, &failures, 3);
  for (int i = 1; i <= 10; ++i) Add("a", i);
  relay.reset();
  EXPECT_EQ(seen.ids().size(), 10u);
  EXPECT_EQ(Unsent(), 0);
}

TEST_F(OutboxTest, StoppingTakesThreeSecondsWhenTheBusTimesOut) {
  Add("a", 1);
  std::atomic<int> attempts = 0;
  auto relay = NewRelay([&](std::span<const Event>) -> Result<void> {
    ++attempts;
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));  // what the bus's time-out takes
    return Fail(Code::kDeadlineExceeded, "no answer");
  });
  ASSERT_TRUE(Eventually([&] { return attempts == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  relay.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(3500));
  EXPECT_EQ(Unsent(), 1);
}

TEST_F(OutboxTest, DeletesWhatIsOld) {
  Run("INSERT INTO news.outbox (topic, key, event_id, type, source, event_time, sequence, traceparent, headers, "
      "payload, sent_time)"
      " SELECT 't', 'k', 'old-' || i, 't', 's', now(), i, '', '{}', '', now() - CASE i WHEN 1 THEN interval '25 hours'"
      " ELSE interval '23 hours' END FROM generate_series(1, 2) AS i");
  Run("INSERT INTO news.inbox (consumer, event_id, seen_time) VALUES ('c', 'old', now() - interval '8 days'),"
      " ('c', 'new', now() - interval '6 days')");
  Seen seen;
  const auto relay = NewRelay(seen);
  EXPECT_TRUE(Eventually([&] { return Count("SELECT count(*) AS n FROM news.outbox") == 1; }));
  EXPECT_TRUE(Eventually([&] { return Count("SELECT count(*) AS n FROM news.inbox") == 1; }));
  EXPECT_EQ(Count("SELECT count(*) AS n FROM news.outbox WHERE event_id = 'old-2'"), 1);
  EXPECT_EQ(Count("SELECT count(*) AS n FROM news.inbox WHERE event_id = 'new'"), 1);
}

TEST_F(OutboxTest, ShowsWhatWaits) {
  Seen seen;
  std::atomic<int> failures = 1'000'000;
  Add("a", 1);
  const auto relay = NewRelay(seen, &failures);
  EXPECT_TRUE(Eventually([&] {
    return telemetry::Metrics::Scrape().find("kimberlite_outbox_unsent_events{schema=\"news\"} 1\n") !=
           std::string::npos;
  }));
  failures = 0;
  EXPECT_TRUE(Eventually([&] {
    const std::string metrics = telemetry::Metrics::Scrape();
    return metrics.find("kimberlite_outbox_unsent_events{schema=\"news\"} 0\n") != std::string::npos &&
           metrics.find("kimberlite_outbox_oldest_unsent_seconds{schema=\"news\"} 0\n") != std::string::npos;
  }));
}

TEST_F(OutboxTest, TheInboxKnowsWhatWasHandled) {
  const Event event = MakeEvent("t", "a", 1);
  const auto first_time = [&](std::string_view consumer, bool commit) {
    std::optional<bool> answer;
    const auto done = pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
      auto first = FirstTime(transaction, "news", consumer, event);
      if (!first) return std::unexpected(first.error());
      answer = *first;
      if (!commit) return Fail(Code::kFailedPrecondition, "rolled back");
      return {};
    });
    EXPECT_EQ(done.has_value(), commit);
    return answer.value();
  };
  EXPECT_TRUE(first_time("content", false));
  EXPECT_TRUE(first_time("content", true)) << "what was rolled back did not happen";
  EXPECT_FALSE(first_time("content", true));
  EXPECT_TRUE(first_time("tagging", true)) << "each consumer for itself";
}

TEST_F(OutboxTest, OfTwoAtOnceOneIsTheFirst) {
  const Event event = MakeEvent("t", "a", 1);
  std::atomic<int> firsts = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto first =
            pool_.Write([&](pg::Transaction& transaction) { return FirstTime(transaction, "news", "c", event); });
        ASSERT_TRUE(first) << first.error().ToString();
        firsts += *first ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(firsts, 1);
}

}  // namespace
}  // namespace kimberlite::bus
