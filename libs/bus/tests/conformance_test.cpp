// What every bus does, on each driver with its real server.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "libs/bus/outbox.h"
#include "libs/bus/tests/harness.h"

namespace kimberlite::bus {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

class BusTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    options_ = {.driver = GetParam(), .client_name = "test", .partitions = 4};
    if (options_.driver == "kafka") {
      const auto brokers = testing::KafkaBrokers();
      if (!brokers) GTEST_SKIP() << "no Kafka: KIMBERLITE_TEST_KAFKA_BROKERS is not set";
      options_.kafka_brokers = *brokers;
    } else {
      options_.postgres_url = database().url();
    }
    ASSERT_TRUE(Migrate(options_));
    bus_ = OpenBus();
    auto made = bus_->EnsureTopics(std::vector{topic_}, std::vector{group_});
    ASSERT_TRUE(made) << made.error().ToString();
    publisher_ = bus_->NewPublisher();
  }

  testing::TestDatabase& database() {
    if (!database_) database_.emplace();
    return *database_;
  }
  std::unique_ptr<Bus> OpenBus() {
    auto bus = Open(options_);
    EXPECT_TRUE(bus);
    return std::move(*bus);
  }
  void Publish(const std::vector<Event>& events) {
    auto done = publisher_->Publish(events);
    ASSERT_TRUE(done) << done.error().ToString();
  }
  std::unique_ptr<Consumer> Take(Handler handler, const std::string& group, int threads = 1) {
    return bus_->Subscribe(
        GroupSubscription{.group = group, .topics = {topic_}, .handler = std::move(handler), .threads = threads});
  }
  // A broadcast that has begun.
  std::unique_ptr<Consumer> Follow(Seen& seen, std::vector<Position> start, std::vector<Position>* places, bool* gap) {
    auto begun = std::make_shared<std::atomic<bool>>(false);
    auto consumer = bus_->Subscribe(
        BroadcastSubscription{.topics = {topic_},
                              .start = std::move(start),
                              .on_start = [=](std::span<const Position> found, bool missed) -> Result<void> {
                                if (places) places->assign(found.begin(), found.end());
                                if (gap) *gap = missed;
                                *begun = true;
                                return {};
                              },
                              .handler = seen.Taking()});
    EXPECT_TRUE(Eventually([&] { return begun->load(); })) << "the broadcast did not begin";
    return consumer;
  }
  const std::string& server() const {
    return options_.driver == "kafka" ? options_.kafka_brokers : options_.postgres_url;
  }

  std::optional<testing::TestDatabase> database_;
  Options options_;
  const std::string topic_ = testing::UniqueName("kimberlite.test.thing");
  const std::string group_ = testing::UniqueName("group");
  std::unique_ptr<Bus> bus_;
  std::unique_ptr<Publisher> publisher_;
};

std::vector<std::string> Ids(const std::vector<Event>& events) {
  std::vector<std::string> ids;
  for (const Event& event : events) ids.push_back(event.id);
  return ids;
}

TEST_P(BusTest, CarriesEveryPartOfAnEvent) {
  Event sent = MakeEvent(topic_, "Өлүөнэ/鑽石/ماس", 42, std::string("\x00\xff{}\"\\", 6));
  sent.time = *ParseRfc3339("2026-11-24T09:30:00.000001Z");
  sent.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  sent.headers = {{"note", "сонун, \"бэрт\" \\ {}"}, {"empty", ""}};
  Event large = MakeEvent(topic_, "large", 1, std::string(3 << 20, 'x'));
  Publish({sent, large});
  Seen seen;
  const auto consumer = Take(seen.Taking(), group_);
  ASSERT_TRUE(seen.WaitForCount(2));
  for (const Seen::Item& item : seen.items()) {
    const Event& expected = item.event.id == sent.id ? sent : large;
    EXPECT_EQ(item.event.topic, topic_);
    EXPECT_EQ(item.position.topic, topic_);
    EXPECT_EQ(item.event.key, expected.key);
    EXPECT_EQ(item.event.id, expected.id);
    EXPECT_EQ(item.event.type, expected.type);
    EXPECT_EQ(item.event.source, expected.source);
    EXPECT_EQ(item.event.time, expected.time);
    EXPECT_EQ(item.event.sequence, expected.sequence);
    EXPECT_EQ(item.event.traceparent, expected.traceparent);
    EXPECT_EQ(item.event.headers, expected.headers);
    EXPECT_TRUE(item.event.payload == expected.payload);
  }
}

TEST_P(BusTest, RefusesWhatItCannotCarry) {
  Event event = MakeEvent(topic_, "", 1);
  EXPECT_EQ(publisher_->Publish({&event, 1}).error().code(), Code::kInvalidArgument);
  event = MakeEvent(topic_, "key", 1, std::string(kMaxEventBytes, 'x'));
  EXPECT_EQ(publisher_->Publish({&event, 1}).error().code(), Code::kResourceExhausted);
  event = MakeEvent(testing::UniqueName("kimberlite.test.nobody"), "key", 1);
  EXPECT_EQ(publisher_->Publish({&event, 1}).error().code(), Code::kNotFound);
}

TEST_P(BusTest, KeepsTheOrderOfEachKey) {
  const std::vector<Event> events = MakeEvents(topic_, 400, 10);
  Seen seen;
  const auto consumer = Take(seen.Taking(), group_, 3);
  for (std::size_t at = 0; at < events.size(); at += 50) {
    Publish({events.begin() + static_cast<std::ptrdiff_t>(at), events.begin() + static_cast<std::ptrdiff_t>(at) + 50});
  }
  ASSERT_TRUE(seen.WaitForAll(events));
  EXPECT_THAT(seen.ids(), UnorderedElementsAreArray(Ids(events)));
  std::map<std::string, std::int64_t> last;
  std::map<std::string, std::int32_t> partition;
  std::set<std::int32_t> partitions;
  for (const auto& [event, position] : seen.items()) {
    EXPECT_EQ(event.sequence, last[event.key] + 1) << event.key;
    last[event.key] = event.sequence;
    EXPECT_EQ(partition.emplace(event.key, position.partition).first->second, position.partition) << event.key;
    partitions.insert(position.partition);
  }
  EXPECT_GT(partitions.size(), 1u);
}

// A producer whose first batches are under way at once, to a partition whose leader is just taking office, may be told
// that a batch is there which is not.
TEST_P(BusTest, WhatIsAcknowledgedIsThereInANewTopicToo) {
  std::vector<std::string> topics;
  std::vector<Event> events;
  for (int i = 0; i < 10; ++i) {
    const auto bus = OpenBus();
    topics.push_back(testing::UniqueName("kimberlite.test.fresh"));
    ASSERT_TRUE(bus->EnsureTopics({&topics.back(), 1}, {}));
    const std::vector<Event> batch = MakeEvents(topics.back(), 40, 10);
    auto done = bus->NewPublisher()->Publish(batch);
    // An error is honest: the caller sends all of them again.
    if (!done) done = bus->NewPublisher()->Publish(batch);
    ASSERT_TRUE(done) << done.error().ToString();
    events.insert(events.end(), batch.begin(), batch.end());
  }
  Seen seen;
  const auto consumer = bus_->Subscribe(GroupSubscription{.group = group_, .topics = topics, .handler = seen.Taking()});
  EXPECT_TRUE(seen.WaitForAll(events));
}

TEST_P(BusTest, AKilledConsumerLosesNothing) {
  std::vector<Event> events = MakeEvents(topic_, 40, 4);
  events[20].payload = "hold";
  HelperProcess victim({"consume", options_.driver, server(), topic_, group_});
  Publish(events);
  std::optional<std::string> line;
  do {
    line = victim.ReadLine();
    ASSERT_TRUE(line) << "the consumer did not reach the event that it holds";
  } while (*line != events[20].id);
  Seen seen;
  const auto heir = Take(seen.Taking(), group_);
  victim.Kill();
  const auto killed = std::chrono::steady_clock::now();
  // The event in hand and those behind it in its partition come to the heir.
  ASSERT_TRUE(seen.WaitFor([&](const std::vector<Seen::Item>& items) {
    return std::ranges::any_of(items, [&](const Seen::Item& item) { return item.event.id == events[20].id; });
  }));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - killed;
  std::printf("taken over after %.2f s\n", took.count());
  EXPECT_LT(took.count(), options_.driver == "kafka" ? 10 : 4);
  ASSERT_TRUE(seen.WaitFor([&](const std::vector<Seen::Item>& items) {
    std::set<std::string> behind;
    for (const Seen::Item& item : items) {
      if (item.event.key == events[20].key && item.event.sequence > events[20].sequence) behind.insert(item.event.id);
    }
    return behind.size() == 4;  // of ten of its key, the sixth was held
  }));
}

TEST_P(BusTest, ResumesAfterARestart) {
  const std::vector<Event> before = MakeEvents(topic_, 20, 5);
  Publish(before);
  Seen first;
  auto consumer = Take(first.Taking(), group_);
  ASSERT_TRUE(first.WaitForAll(before));
  consumer.reset();
  const std::vector<Event> after = MakeEvents(topic_, 20, 5);
  Publish(after);
  bus_ = OpenBus();
  Seen second;
  consumer = Take(second.Taking(), group_);
  ASSERT_TRUE(second.WaitForAll(after));
  EXPECT_THAT(second.ids(), UnorderedElementsAreArray(Ids(after))) << "a clean stop keeps the exact place";
}

TEST_P(BusTest, SetsAPoisonMessageAside) {
  const std::vector<Event> events = {MakeEvent(topic_, "a", 1), MakeEvent(topic_, "a", 2, "poison"),
                                     MakeEvent(topic_, "a", 3)};
  Publish(events);
  Seen seen, letters;
  Position poisoned;
  const auto consumer = Take(
      [&](const Event& event, const Position& position) -> Result<void> {
        if (event.payload == "poison") {
          poisoned = position;
          return Fail(Code::kInvalidArgument, "буор: not a message");
        }
        seen.Add(event, position);
        return {};
      },
      group_);
  const auto reader = bus_->Subscribe(GroupSubscription{
      .group = testing::UniqueName("letters"), .topics = {topic_ + ".dlq." + group_}, .handler = letters.Taking()});
  ASSERT_TRUE(seen.WaitForCount(2));
  EXPECT_THAT(seen.ids(), ElementsAre(events[0].id, events[2].id));
  ASSERT_TRUE(letters.WaitForCount(1));
  const Event letter = letters.items().front().event;
  EXPECT_EQ(letter.id, events[1].id);
  EXPECT_EQ(letter.key, "a");
  EXPECT_EQ(letter.payload, "poison");
  EXPECT_EQ(letter.sequence, 2);
  EXPECT_THAT(letter.headers.at("kimberlite_error"),
              AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("буор: not a message")));
  EXPECT_EQ(letter.headers.at("kimberlite_topic"), topic_);
  EXPECT_EQ(letter.headers.at("kimberlite_partition"), std::to_string(poisoned.partition));
  EXPECT_EQ(letter.headers.at("kimberlite_offset"), std::to_string(poisoned.offset));
  EXPECT_EQ(letter.headers.at("kimberlite_group"), group_);
}

TEST_P(BusTest, TriesADefectFiveTimesAndGoesOn) {
  const std::vector<Event> events = {MakeEvent(topic_, "a", 1, "defect"), MakeEvent(topic_, "a", 2)};
  Publish(events);
  Seen seen, letters;
  std::atomic<int> attempts = 0;
  const auto consumer = Take(
      [&](const Event& event, const Position& position) -> Result<void> {
        if (event.payload == "defect") {
          ++attempts;
          return Fail(Code::kInternal, "defect");
        }
        seen.Add(event, position);
        return {};
      },
      group_);
  const auto reader = bus_->Subscribe(GroupSubscription{
      .group = testing::UniqueName("letters"), .topics = {topic_ + ".dlq." + group_}, .handler = letters.Taking()});
  ASSERT_TRUE(seen.WaitForCount(1));
  ASSERT_TRUE(letters.WaitForCount(1));
  EXPECT_EQ(attempts, 5);
}

TEST_P(BusTest, WhatMayPassHoldsItsPartitionBackAndNoOther) {
  const std::vector<Event> events = MakeEvents(topic_, 40, 10);
  std::atomic<bool> down = true;
  Seen seen;
  const auto consumer = Take(
      [&](const Event& event, const Position& position) -> Result<void> {
        if (event.key == "key-0" && down) return Fail(Code::kUnavailable, "the database is away");
        seen.Add(event, position);
        return {};
      },
      group_);
  Publish(events);
  // All keys but those that share key-0's partition, and of those what came before it.
  ASSERT_TRUE(seen.WaitFor([&](const std::vector<Seen::Item>& items) {
    std::set<std::int32_t> done;
    std::map<std::string, int> of_key;
    for (const Seen::Item& item : items) {
      if (++of_key[item.event.key] == 4) done.insert(item.position.partition);
    }
    return done.size() >= 2;
  }));
  EXPECT_TRUE(std::ranges::none_of(seen.items(), [](const Seen::Item& item) { return item.event.key == "key-0"; }));
  down = false;
  ASSERT_TRUE(seen.WaitForAll(events));
  EXPECT_THAT(seen.ids(), UnorderedElementsAreArray(Ids(events)));
  std::map<std::string, std::int64_t> last;
  for (const auto& [event, position] : seen.items()) {
    EXPECT_EQ(event.sequence, last[event.key] + 1) << event.key;
    last[event.key] = event.sequence;
  }
}

TEST_P(BusTest, ALateCommittingTransactionIsNotSkipped) {
  ASSERT_TRUE(pg::Migrate(database().url(), "news", {}));
  ASSERT_TRUE(MigrateOutbox(database().url(), "news"));
  Relay relay({.postgres_url = database().url(), .schema = "news"}, bus_->NewPublisher());
  Seen seen;
  const auto consumer = Take(seen.Taking(), group_);
  pg::Pool pool({.url = database().url()});
  const Event early = MakeEvent(topic_, "early", 1), late = MakeEvent(topic_, "late", 1);
  // `early` writes first and commits last: only after the other has long been delivered.
  const auto done = pool.Write([&](pg::Transaction& slow) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(Append(slow, "news", early));
    KIMBERLITE_RETURN_IF_ERROR(pool.Write([&](pg::Transaction& fast) { return Append(fast, "news", late); }));
    EXPECT_TRUE(seen.WaitForCount(1));
    EXPECT_THAT(seen.ids(), ElementsAre(late.id)) << "an open transaction holds nothing back, and sends nothing";
    return {};
  });
  ASSERT_TRUE(done) << done.error().ToString();
  ASSERT_TRUE(seen.WaitForCount(2));
  EXPECT_THAT(seen.ids(), ElementsAre(late.id, early.id));
}

TEST_P(BusTest, TwoConsumersOfAGroupShareTheWork) {
  Seen a, b;
  const auto consumer_a = Take(a.Taking(), group_);
  const auto other_bus = OpenBus();
  const auto consumer_b =
      other_bus->Subscribe(GroupSubscription{.group = group_, .topics = {topic_}, .handler = b.Taking()});
  // Waves, until one is shared: joining takes its time.
  std::vector<Event> wave;
  ASSERT_TRUE(Eventually([&] {
    wave = MakeEvents(topic_, 40, 40);
    if (!publisher_->Publish(wave)) return false;
    const std::vector<std::string> ids = Ids(wave);
    std::set<std::string> left(ids.begin(), ids.end());
    bool by_a = false, by_b = false;
    return Eventually([&] {
             for (const std::string& id : a.ids()) by_a |= left.erase(id) > 0;
             for (const std::string& id : b.ids()) by_b |= left.erase(id) > 0;
             return left.empty();
           }) &&
           by_a && by_b;
  }));
  // Now that they share, each event goes to one of them.
  wave = MakeEvents(topic_, 100, 100);
  Publish(wave);
  ASSERT_TRUE(Eventually([&] {
    return std::ranges::all_of(wave, [&](const Event& event) { return a.Count(event.id) + b.Count(event.id) > 0; });
  }));
  std::size_t by_a = 0;
  for (const Event& event : wave) {
    EXPECT_EQ(a.Count(event.id) + b.Count(event.id), 1u);
    by_a += a.Count(event.id);
  }
  EXPECT_GT(by_a, 0u);
  EXPECT_LT(by_a, wave.size());
}

TEST_P(BusTest, TwoGroupsEachSeeEverything) {
  const std::vector<Event> early = MakeEvents(topic_, 20, 5);
  Publish(early);
  Seen a, b;
  const auto consumer_a = Take(a.Taking(), group_);
  const auto consumer_b = Take(b.Taking(), testing::UniqueName("group"));
  const std::vector<Event> later = MakeEvents(topic_, 20, 5);
  Publish(later);
  std::vector<Event> all = early;
  all.insert(all.end(), later.begin(), later.end());
  ASSERT_TRUE(a.WaitForAll(all));
  ASSERT_TRUE(b.WaitForAll(all)) << "a new group begins with the oldest event";
  EXPECT_THAT(a.ids(), UnorderedElementsAreArray(Ids(all)));
  EXPECT_THAT(b.ids(), UnorderedElementsAreArray(Ids(all)));
}

TEST_P(BusTest, ABroadcastBeginsAtTheEndOrWhereItIsTold) {
  Publish(MakeEvents(topic_, 10, 5));
  Seen a, b;
  std::vector<Position> places;
  bool gap = true;
  const auto consumer_a = Follow(a, {}, &places, &gap);
  EXPECT_FALSE(gap);
  EXPECT_EQ(places.size(), 4u);
  const auto consumer_b = Follow(b, {}, nullptr, nullptr);
  const std::vector<Event> events = MakeEvents(topic_, 10, 5);
  Publish(events);
  ASSERT_TRUE(a.WaitForAll(events));
  ASSERT_TRUE(b.WaitForAll(events)) << "every event goes to every broadcast consumer";
  EXPECT_THAT(a.ids(), UnorderedElementsAreArray(Ids(events)));

  Seen again;
  std::vector<Position> same;
  const auto consumer_c = Follow(again, places, &same, &gap);
  EXPECT_FALSE(gap);
  ASSERT_EQ(same.size(), places.size());
  for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(same[i].offset, places[i].offset);
  ASSERT_TRUE(again.WaitForAll(events));
  EXPECT_THAT(again.ids(), UnorderedElementsAreArray(Ids(events)));
}

TEST_P(BusTest, ABroadcastWhosePlaceIsGoneIsTold) {
  Publish(MakeEvents(topic_, 40, 20));
  std::vector<Position> ends;
  Seen seen;
  bool gap = true;
  Follow(seen, {}, &ends, &gap).reset();
  for (const std::int64_t offset : {ends[0].offset + 1'000'000, std::int64_t{-1}}) {
    std::vector<Position> start = ends;
    start[0].offset = offset;  // a log made anew ends before it; one cut off begins after it
    std::vector<Position> places;
    Follow(seen, start, &places, &gap).reset();
    EXPECT_TRUE(gap);
    EXPECT_EQ(places[0].offset, ends[0].offset);
    EXPECT_EQ(places[1].offset, ends[1].offset);
  }
  Follow(seen, ends, nullptr, &gap).reset();
  EXPECT_FALSE(gap);
  EXPECT_THAT(seen.ids(), IsEmpty());
}

TEST_P(BusTest, ABroadcastTriesAgainForEver) {
  std::atomic<int> attempts = 0;
  std::atomic<bool> begun = false;
  Seen seen;
  const auto consumer = bus_->Subscribe(
      BroadcastSubscription{.topics = {topic_},
                            .on_start = [&](std::span<const Position>, bool) -> Result<void> {
                              begun = true;
                              return {};
                            },
                            .handler = [&](const Event& event, const Position& position) -> Result<void> {
                              if (++attempts <= 6) return Fail(Code::kInvalidArgument, "no");
                              seen.Add(event, position);
                              return {};
                            }});
  ASSERT_TRUE(Eventually([&] { return begun.load(); }));
  Publish({MakeEvent(topic_, "a", 1)});
  ASSERT_TRUE(seen.WaitForCount(1));
  EXPECT_EQ(attempts, 7);
}

TEST_P(BusTest, HearsAnIdleBus) {
  Seen seen;
  const auto broadcast = Follow(seen, {}, nullptr, nullptr);
  const auto group = Take(seen.Taking(), group_);
  for (const Consumer* consumer : {broadcast.get(), group.get()}) {
    const Time now = SystemClock().Now();
    EXPECT_TRUE(Eventually([&] { return consumer->last_heard() > now; }));
    EXPECT_TRUE(Eventually([&] { return consumer->last_heard() > now + std::chrono::milliseconds(600); }));
    EXPECT_LE(consumer->last_heard(), SystemClock().Now());
  }
}

TEST_P(BusTest, DeliversWithinMillisecondsWhenIdle) {
  Seen seen;
  std::vector<double> times;
  const auto consumer = Follow(seen, {}, nullptr, nullptr);
  for (std::size_t i = 1; i <= 50; ++i) {
    const auto start = std::chrono::steady_clock::now();
    Publish({MakeEvent(topic_, "key-" + std::to_string(i), 1)});
    ASSERT_TRUE(seen.WaitForCount(i));
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::sort(times);
  std::printf("publish to handler: p50 %.2f ms, p90 %.2f ms, worst %.2f ms\n", times[25], times[45], times.back());
  EXPECT_LT(times[25], 50) << "notifications do not arrive: consumers only poll";
}

TEST_P(BusTest, StopsWhileAHandlerFails) {
  std::atomic<bool> tried = false;
  auto consumer = Take(
      [&](const Event&, const Position&) -> Result<void> {
        tried = true;
        return Fail(Code::kUnavailable, "down");
      },
      group_);
  const std::vector<Event> events = {MakeEvent(topic_, "a", 1)};
  Publish(events);
  ASSERT_TRUE(Eventually([&] { return tried.load(); }));
  consumer.reset();
  Seen seen;
  consumer = Take(seen.Taking(), group_);
  EXPECT_TRUE(seen.WaitForAll(events)) << "what was not handled is not passed over";
}

INSTANTIATE_TEST_SUITE_P(, BusTest, ::testing::Values("postgres", "kafka"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace kimberlite::bus
