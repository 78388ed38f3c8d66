// What only the embedded driver has: its own log, leases and retention.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>

#include "libs/bus/postgres_group.h"
#include "libs/bus/postgres_log.h"
#include "libs/bus/tests/harness.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PostgresBusTest : public ::testing::Test {
 protected:
  PostgresBusTest() {
    EXPECT_TRUE(Migrate(options_));
    bus_ = std::move(*Open(options_));
    EXPECT_TRUE(bus_->EnsureTopics(std::vector{topic_}, {}));
  }
  void Run(const std::string& sql) {
    auto done = pool_.Write([&](pg::Transaction& transaction) { return transaction.Query(sql); });
    ASSERT_TRUE(done) << done.error().ToString();
  }
  void Publish(const std::vector<Event>& events) {
    auto done = bus_->NewPublisher()->Publish(events);
    ASSERT_TRUE(done) << done.error().ToString();
  }
  PostgresGroup Member(const std::string& name) { return PostgresGroup(&pool_, "g", name, {topic_}); }
  std::vector<PostgresLog::Extent> Extents() { return std::move(PostgresLog(&pool_).Extents({topic_})).value(); }
  // How many partitions are the member's by its fair share.
  int Wanted(const std::string& member) {
    const auto shares = Member(member).Heartbeat();
    EXPECT_TRUE(shares) << shares.error().ToString();
    return static_cast<int>(std::ranges::count_if(*shares, &PostgresGroup::Share::wanted));
  }
  std::vector<PartitionId> All() const { return {{topic_, 0}, {topic_, 1}}; }

  testing::TestDatabase database_;
  const std::string topic_ = "kimberlite.test.thing.v1";
  const Options options_{.driver = "postgres", .postgres_url = database_.url(), .client_name = "test", .partitions = 2};
  pg::Pool pool_{{.url = database_.url()}};
  std::unique_ptr<Bus> bus_;
};

TEST_F(PostgresBusTest, OffsetsHaveNoHoles) {
  Publish(MakeEvents(topic_, 20, 10));
  // A batch that fails after it has taken its offsets gives them back.
  std::vector<Event> broken = MakeEvents(topic_, 10, 10);
  broken.push_back(MakeEvent("kimberlite.test.zzz", "key", 1));
  EXPECT_FALSE(bus_->NewPublisher()->Publish(broken));
  Publish(MakeEvents(topic_, 20, 10));
  std::int64_t events = 0;
  for (const PostgresLog::Extent& extent : Extents()) events += extent.end - extent.first;
  EXPECT_EQ(events, 40);
}

TEST_F(PostgresBusTest, AMemberThatLostItsPartitionCannotMoveItsPlace) {
  PostgresGroup slow = Member("slow"), heir = Member("heir");
  ASSERT_THAT(*slow.Heartbeat(), SizeIs(2));
  const auto had = *slow.Claim(All());
  ASSERT_THAT(had, SizeIs(2));
  ASSERT_TRUE(heir.Heartbeat());
  EXPECT_THAT(*heir.Claim(All()), IsEmpty()) << "the owner lives";

  // The owner goes silent for longer than it may.
  Run("UPDATE bus.members SET heartbeat_time = heartbeat_time - interval '10 s' WHERE member = 'slow'");
  const auto taken = *heir.Claim(All());
  ASSERT_THAT(taken, SizeIs(2));
  EXPECT_EQ(taken[0].next_offset, had[0].next_offset);
  EXPECT_GT(taken[0].epoch, had[0].epoch);
  ASSERT_TRUE(slow.Heartbeat()) << "it wakes up and knows nothing";
  EXPECT_THAT(
      *slow.Commit(std::vector<PostgresGroup::Progress>{{had[0].partition, had[0].epoch, had[0].next_offset + 7}}),
      IsEmpty());
  const auto kept = *heir.Commit(
      std::vector<PostgresGroup::Progress>{{taken[0].partition, taken[0].epoch, taken[0].next_offset + 1, true}});
  EXPECT_THAT(kept, ElementsAre(taken[0].partition));
  EXPECT_EQ((*slow.Claim({taken[0].partition}))[0].next_offset, taken[0].next_offset + 1);
}

TEST_F(PostgresBusTest, MembersShareFairly) {
  ASSERT_TRUE(Member("a").Heartbeat());
  ASSERT_TRUE(Member("b").Heartbeat());
  EXPECT_EQ(Wanted("a"), 1);
  EXPECT_EQ(Wanted("b"), 1);
  ASSERT_TRUE(Member("a").Leave());
  EXPECT_EQ(Wanted("b"), 2);
}

TEST_F(PostgresBusTest, AConsumerThatIsCutOffKnowsItAndResumes) {
  Seen by_group, by_broadcast;
  std::atomic<bool> begun = false;
  const auto group = bus_->Subscribe(GroupSubscription{.group = "g", .topics = {topic_}, .handler = by_group.Taking()});
  const auto broadcast =
      bus_->Subscribe(BroadcastSubscription{.topics = {topic_},
                                            .on_start = [&](std::span<const Position>, bool) -> Result<void> {
                                              begun = true;
                                              return {};
                                            },
                                            .handler = by_broadcast.Taking()});
  ASSERT_TRUE(Eventually([&] { return begun.load(); }));
  Publish({MakeEvent(topic_, "a", 1)});
  ASSERT_TRUE(by_group.WaitForCount(1));
  ASSERT_TRUE(by_broadcast.WaitForCount(1));

  pg::Pool outside({.url = testing::PostgresUrl()});
  const auto administer = [&](const std::string& sql) {
    auto done = outside.Write([&](pg::Transaction& transaction) { return transaction.Query(sql); });
    EXPECT_TRUE(done) << done.error().ToString();
  };
  const std::string name = database_.url().substr(database_.url().rfind('=') + 1);
  administer("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
  administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
  const Time cut = SystemClock().Now();
  for (const Consumer* consumer : {group.get(), broadcast.get()}) {
    EXPECT_TRUE(Eventually([&] { return SystemClock().Now() - consumer->last_heard() > std::chrono::seconds(2); }));
    EXPECT_LE(consumer->last_heard(), cut);
  }
  administer("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
  const Event after = MakeEvent(topic_, "a", 2);
  ASSERT_TRUE(Eventually([&] { return bus_->NewPublisher()->Publish({&after, 1}).has_value(); }));
  EXPECT_TRUE(by_group.WaitForAll({after}));
  EXPECT_TRUE(by_broadcast.WaitForAll({after}));
  EXPECT_TRUE(Eventually([&] { return broadcast->last_heard() > cut && group->last_heard() > cut; }));
}

TEST_F(PostgresBusTest, DeletesWhatIsOldAndNothingElse) {
  PostgresLog log(&pool_);
  Publish(MakeEvents(topic_, 1200, 1));
  const Time between = SystemClock().Now();
  const std::vector<Event> young = MakeEvents(topic_, 3, 1);
  Publish(young);
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(*log.DeleteBefore(between, stopped.get_token()), 0) << "told to stop";
  EXPECT_EQ(*log.DeleteBefore(between), 1200);
  EXPECT_EQ(*log.DeleteBefore(between), 0);
  Seen seen;
  const auto consumer = bus_->Subscribe(GroupSubscription{.group = "g", .topics = {topic_}, .handler = seen.Taking()});
  ASSERT_TRUE(seen.WaitForCount(3));
  EXPECT_THAT(seen.ids(), ElementsAre(young[0].id, young[1].id, young[2].id));
}

TEST_F(PostgresBusTest, LargeEventsAreFetchedFewAtATimeAndAllArrive) {
  std::vector<Event> large;
  for (int i = 1; i <= 7; ++i) large.push_back(MakeEvent(topic_, "a", i, std::string(600 << 10, 'x')));
  std::vector<Position> from;
  for (const PostgresLog::Extent& extent : Extents()) from.push_back({topic_, extent.partition, extent.end});
  Publish(large);
  PostgresLog log(&pool_);
  EXPECT_THAT(*log.Fetch(from, 50, 1), SizeIs(1)) << "one in any case";
  const auto some = *log.Fetch(from, 50, 1 << 20);
  ASSERT_THAT(some, SizeIs(2));
  EXPECT_EQ(some[0].event.id, large[0].id);
  EXPECT_EQ(some[1].event.id, large[1].id);
  EXPECT_THAT(*log.Fetch(from, 50, 64 << 20), SizeIs(7));
  Seen seen;
  const auto consumer = bus_->Subscribe(GroupSubscription{.group = "g", .topics = {topic_}, .handler = seen.Taking()});
  ASSERT_TRUE(seen.WaitForCount(7));
  for (std::size_t i = 0; i < large.size(); ++i) EXPECT_EQ(seen.ids()[i], large[i].id);
}

TEST_F(PostgresBusTest, ABroadcastIsToldOfAGapAtItsStartAndLater) {
  PostgresLog log(&pool_);
  std::vector<Position> start;
  for (const PostgresLog::Extent& extent : Extents()) start.push_back({extent.topic, extent.partition, extent.end});
  Publish(MakeEvents(topic_, 10, 1));
  ASSERT_EQ(*log.DeleteBefore(SystemClock().Now()), 10);
  Seen seen;
  std::atomic<int> gaps = 0;
  std::atomic<bool> hold = false, held = false;
  const auto consumer = bus_->Subscribe(
      BroadcastSubscription{.topics = {topic_},
                            .start = start,
                            .on_start = [&](std::span<const Position>, bool gap) -> Result<void> {
                              if (gap) ++gaps;
                              return {};
                            },
                            .handler = [&](const Event& event, const Position& position) -> Result<void> {
                              held = hold.load();
                              if (hold) return Fail(Code::kUnavailable, "held");
                              seen.Add(event, position);
                              return {};
                            }});
  ASSERT_TRUE(Eventually([&] { return gaps == 1; })) << "the place is older than the log";
  // While its handler is held up, what it has not yet fetched is deleted.
  hold = true;
  Publish(MakeEvents(topic_, 200, 1));
  ASSERT_TRUE(Eventually([&] { return held.load(); }));
  ASSERT_EQ(*log.DeleteBefore(SystemClock().Now()), 200);
  Publish(MakeEvents(topic_, 1, 1));
  hold = false;
  ASSERT_TRUE(Eventually([&] { return gaps == 2; }));
  const std::vector<Event> after = MakeEvents(topic_, 3, 1);
  Publish(after);
  EXPECT_TRUE(seen.WaitForAll(after));
}

TEST_F(PostgresBusTest, ALogMadeAnewIsRecognised) {
  Publish(MakeEvents(topic_, 10, 2));
  const auto old = Extents();
  Run("DELETE FROM bus.log");
  Run("DELETE FROM bus.partitions");
  bus_ = std::move(*Open(options_));
  ASSERT_TRUE(bus_->EnsureTopics(std::vector{topic_}, {}));
  const auto anew = Extents();
  for (std::size_t i = 0; i < old.size(); ++i) EXPECT_GT(anew[i].first, old[i].end);
}

TEST_F(PostgresBusTest, ShowsTheLag) {
  std::atomic<bool> down = true;
  Publish(MakeEvents(topic_, 10, 5));
  const auto consumer = bus_->Subscribe(GroupSubscription{
      .group = "slow", .topics = {topic_}, .handler = [&](const Event&, const Position&) -> Result<void> {
        if (down) return Fail(Code::kUnavailable, "down");
        return {};
      }});
  const auto shows = [&](const std::string& events) {
    return telemetry::Metrics::Scrape().find("kimberlite_bus_consumer_lag_events{group=\"slow\",topic=\"" + topic_ +
                                             "\"} " + events + "\n") != std::string::npos;
  };
  EXPECT_TRUE(Eventually([&] { return shows("10"); }));
  down = false;
  EXPECT_TRUE(Eventually([&] { return shows("0"); }));
  EXPECT_THAT(telemetry::Metrics::Scrape(),
              HasSubstr("kimberlite_bus_handled_events_total{group=\"slow\",topic=\"" + topic_ + "\"} 10\n"));
}

}  // namespace
}  // namespace kimberlite::bus
