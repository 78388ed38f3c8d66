#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "kimberlite/ingest/v1/events.pb.h"
#include "libs/base/id.h"
#include "libs/testing/servers.h"
#include "services/ingest/adapters/pg_document_store.h"
#include "services/ingest/adapters/pg_item_store.h"
#include "services/ingest/adapters/pg_source_store.h"
#include "services/ingest/app.h"

namespace kimberlite::ingest {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

Source ASource(const std::string& id) {
  Source source;
  source.source_id = id;
  source.name = "Провод";
  source.feed_url = "https://wire.example/" + id;
  source.home_url = "https://wire.example/";
  source.default_language_code = "ru";
  source.default_section_id = "economy";
  source.publish_at_once = true;
  source.poll_interval = source.max_poll_interval = hours(1);
  source.time_zone = "Asia/Yakutsk";
  return source;
}

RecognisedItem AnItem(const std::string& id, const std::string& digest = "d1") {
  RecognisedItem item;
  item.external_id = id;
  item.digest = digest;
  item.credit_name = "Якутия24";
  item.credit_url = "https://y24.example/";
  item.link = "https://wire.example/" + id;
  item.language_code = "ru";
  item.headline = "Алмаз " + digest;
  item.summary = "Коротко";
  item.body_html = "<p>Камень</p>";
  item.authors = {"Анна", "О\"Нил, \\ {}"};
  item.categories = {"Экономика"};
  item.published_time = Time(seconds(1'800'000'000));
  return item;
}

PollResult Went(milliseconds next_in = hours(1)) {
  PollResult result;
  result.http_status = 200;
  result.report = "";
  result.validators = Validators{"\"e\"", "m"};
  result.seen = 3;
  result.next_in = next_in;
  return result;
}

int Count(const Result<Taken>& taken) {
  EXPECT_TRUE(taken) << taken.error().ToString();
  return taken ? taken->count() : -1;
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    Config config;
    config.common.postgres_url = database_.url();
    const auto migrated = MigrateAll(config);
    EXPECT_TRUE(migrated) << migrated.error().ToString();
  }

  Lease Claim(PgSourceStore& store) {
    auto lease = store.Claim();
    EXPECT_TRUE(lease && *lease) << (lease ? "nothing was due" : lease.error().ToString());
    return lease && *lease ? **lease : Lease();
  }
  Lease Claim() { return Claim(sources_); }
  bool NothingDue() {
    const auto lease = sources_.Claim();
    EXPECT_TRUE(lease) << lease.error().ToString();
    return lease && !*lease;
  }

  // The payloads of the events that were written, oldest first.
  std::vector<v1::ItemTaken> Events() {
    std::vector<v1::ItemTaken> events;
    const auto rows = pool_.Read([](pg::Transaction& transaction) {
      return transaction.Query(
          "SELECT topic, key, type, sequence, payload FROM ingest.outbox WHERE topic = 'kimberlite.ingest.item.v1' "
          "ORDER BY event_time, sequence");
    });
    EXPECT_TRUE(rows) << rows.error().ToString();
    for (const pg::Row row : *rows) {
      v1::ItemTaken taken;
      EXPECT_TRUE(taken.ParseFromString(row.Bytes("payload")));
      EXPECT_EQ(row.Text("topic"), "kimberlite.ingest.item.v1");
      EXPECT_EQ(row.Text("key"), taken.source_id() + "/" + taken.external_id());
      EXPECT_EQ(row.Text("type"), "kimberlite.ingest.v1.ItemTaken");
      EXPECT_EQ(row.Int("sequence"), taken.sequence());
      events.push_back(taken);
    }
    return events;
  }

  testing::TestDatabase database_;
  pg::Pool pool_{{.url = database_.url()}};
  SystemClock clock_;
  // The sources of these tests are of one host, but where that is what is tested.
  PgSourceStore sources_{pool_, {.host_polls = 1000}};
  PgStoryStore stories_{pool_, clock_, {}, "me"};
  PgItemStore items_{pool_, sources_, stories_, clock_};
};

TEST_F(StoreTest, ClaimsWhatIsDueOnceAndGivesEverythingNeeded) {
  ASSERT_TRUE(NothingDue());
  ASSERT_TRUE(sources_.Put(ASource("a")));
  const Lease lease = Claim();
  EXPECT_EQ(lease.source.source_id, "a");
  EXPECT_EQ(lease.source.name, "Провод");
  EXPECT_EQ(lease.source.poll_interval, hours(1));
  EXPECT_EQ(lease.source.time_zone, "Asia/Yakutsk");
  EXPECT_TRUE(lease.source.publish_at_once);
  EXPECT_EQ(lease.validators.etag, "");
  EXPECT_TRUE(NothingDue());

  ASSERT_TRUE(sources_.Finish(lease, Went(milliseconds(0))));
  const Lease next = Claim();
  EXPECT_NE(next.token, lease.token);
  EXPECT_EQ(next.validators.etag, "\"e\"");
  EXPECT_EQ(next.validators.last_modified, "m");
  ASSERT_TRUE(sources_.Finish(next, Went()));
  EXPECT_TRUE(NothingDue());
}

TEST_F(StoreTest, NeverGivesOneSourceToTwo) {
  constexpr int kSources = 60;
  for (int i = 0; i < kSources; ++i) ASSERT_TRUE(sources_.Put(ASource("s" + std::to_string(i))));
  std::mutex mutex;
  std::vector<std::string> claimed;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (true) {
        const auto lease = sources_.Claim();
        if (!lease || !*lease) return;
        const std::lock_guard lock(mutex);
        claimed.push_back((*lease)->source.source_id);
      }
    });
  }
  threads.clear();
  // A claim that met only rows which others had locked found nothing; what it left is still there.
  for (auto lease = sources_.Claim(); lease && *lease; lease = sources_.Claim())
    claimed.push_back((*lease)->source.source_id);
  EXPECT_EQ(claimed.size(), static_cast<std::size_t>(kSources));
  EXPECT_EQ(std::set(claimed.begin(), claimed.end()).size(), static_cast<std::size_t>(kSources));
}

TEST_F(StoreTest, TakesTheSourceOfADeadReplicaOver) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  PgSourceStore hasty(pool_, {.lease = milliseconds(300)});
  const Lease dead = Claim(hasty);
  const auto wait = sources_.UntilNextDue();
  ASSERT_TRUE(wait && *wait);
  EXPECT_LE(**wait, milliseconds(300));
  std::optional<Lease> taken_over;
  const auto give_up = std::chrono::steady_clock::now() + seconds(10);
  while (!taken_over && std::chrono::steady_clock::now() < give_up) {
    const auto lease = sources_.Claim();
    ASSERT_TRUE(lease) << lease.error().ToString();
    taken_over = *lease;
  }
  ASSERT_TRUE(taken_over);
  // The dead one was only slow: nothing that it writes counts.
  EXPECT_EQ(items_.Take(dead, clock_.Now(), std::vector{AnItem("1")}).error().code(), Code::kAborted);
  EXPECT_EQ(sources_.Finish(dead, Went()).error().code(), Code::kAborted);
  EXPECT_TRUE(Events().empty());
  EXPECT_EQ(sources_.Get("a")->status.items_taken, 0);
  EXPECT_EQ(Count(items_.Take(*taken_over, clock_.Now(), std::vector{AnItem("1")})), 1);
  EXPECT_TRUE(sources_.Finish(*taken_over, Went()));
}

TEST_F(StoreTest, RenewsALeaseUnlessItIsLost) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  PgSourceStore hasty(pool_, {.lease = milliseconds(1)});
  Lease lease = Claim(hasty);
  ASSERT_TRUE(sources_.Renew(lease));
  const auto wait = sources_.UntilNextDue();
  ASSERT_TRUE(wait && *wait);
  EXPECT_GT(**wait, seconds(20));
  lease.token = "another";
  EXPECT_EQ(sources_.Renew(lease).error().code(), Code::kAborted);
}

TEST_F(StoreTest, ReleasesALeaseAsIfNothingHadHappened) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  ASSERT_TRUE(sources_.Release(Claim()));
  EXPECT_FALSE(sources_.Get("a")->status.last_poll_time);
  Claim();
}

TEST_F(StoreTest, TakesNewAndChangedItemsWithTheirEvents) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  const Lease lease = Claim();
  ASSERT_EQ(Count(items_.Take(lease, clock_.Now(), std::vector{AnItem("2"), AnItem("1")})), 2);
  ASSERT_EQ(Count(items_.Take(lease, clock_.Now(), std::vector{AnItem("2"), AnItem("1")})), 0);
  ASSERT_EQ(Count(items_.Take(lease, clock_.Now(), std::vector{AnItem("3"), AnItem("1", "d2")})), 2);
  ASSERT_EQ(Count(items_.Take(lease, clock_.Now(), {})), 0);  // a feed that shrank

  const std::vector<v1::ItemTaken> events = Events();
  ASSERT_EQ(events.size(), 4u);
  std::vector<std::string> said;
  for (const v1::ItemTaken& event : events)
    said.push_back(event.external_id() + " " + std::to_string(event.sequence()) + " " + event.headline());
  EXPECT_THAT(said, ElementsAre("1 1 Алмаз d1", "2 1 Алмаз d1", "1 2 Алмаз d2", "3 1 Алмаз d1"));
  const v1::ItemTaken& event = events[2];
  EXPECT_EQ(event.source_id(), "a");
  EXPECT_EQ(event.credit_name(), "Якутия24");
  EXPECT_EQ(event.credit_url(), "https://y24.example/");
  EXPECT_EQ(event.link(), "https://wire.example/1");
  EXPECT_EQ(event.language_code(), "ru");
  EXPECT_EQ(event.summary(), "Коротко");
  EXPECT_EQ(event.body_html(), "<p>Камень</p>");
  EXPECT_THAT(event.authors(), ElementsAre("Анна", "О\"Нил, \\ {}"));
  EXPECT_THAT(event.categories(), ElementsAre("Экономика"));
  EXPECT_EQ(event.published_time().seconds(), 1'800'000'000);
  EXPECT_EQ(event.default_section_id(), "economy");
  EXPECT_TRUE(event.publish_at_once());

  ASSERT_TRUE(sources_.Finish(lease, Went()));
  const SourceStatus status = sources_.Get("a")->status;
  EXPECT_EQ(status.items_seen, 3);
  EXPECT_EQ(status.items_taken, 4);
}

TEST_F(StoreTest, TakesLargeFeedsInParts) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  std::vector<RecognisedItem> many;
  for (int i = 0; i < 250; ++i) many.push_back(AnItem(std::to_string(i)));
  EXPECT_EQ(Count(items_.Take(Claim(), clock_.Now(), many)), 250);
  EXPECT_EQ(Events().size(), 250u);
  EXPECT_EQ(sources_.Get("a")->status.items_taken, 250);
}

TEST_F(StoreTest, ListsItemsNewestFirstByCursor) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  ASSERT_TRUE(sources_.Put(ASource("b")));
  const Lease a = Claim();
  const Lease b = Claim();
  ASSERT_EQ(Count(items_.Take(a, clock_.Now(), std::vector{AnItem("3"), AnItem("2"), AnItem("1")})), 3);
  ASSERT_EQ(Count(items_.Take(b, clock_.Now(), std::vector{AnItem("4")})), 1);
  const auto ids = [&](const std::string& source, int limit) {
    std::vector<std::string> all;
    std::optional<ItemCursor> cursor;
    while (true) {
      const auto page = items_.List(source, cursor, limit);
      EXPECT_TRUE(page) << page.error().ToString();
      if (!page || page->empty()) return all;
      for (const ItemRecord& record : *page) all.push_back(record.source_id + record.external_id);
      cursor = ItemCursor{page->back().taken_time, page->back().source_id, page->back().external_id};
    }
  };
  const std::string first = a.source.source_id;
  const std::string second = b.source.source_id;
  EXPECT_THAT(ids("", 100), ElementsAre(second + "4", first + "3", first + "2", first + "1"));
  EXPECT_EQ(ids("", 1), ids("", 100));
  EXPECT_THAT(ids(first, 2), ElementsAre(first + "3", first + "2", first + "1"));
  // A change brings an item back to the top.
  ASSERT_EQ(Count(items_.Take(a, clock_.Now(), std::vector{AnItem("1", "d2")})), 1);
  EXPECT_EQ(ids("", 100).front(), first + "1");
  EXPECT_EQ(items_.List(first, {}, 1)->at(0).sequence, 2);
}

TEST_F(StoreTest, ShowsHowASourceFares) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  PollResult bad;
  bad.error = "there is no feed at this address (HTTP 404)";
  bad.http_status = 404;
  ASSERT_TRUE(sources_.Finish(Claim(), bad));
  ASSERT_TRUE(sources_.Finish(Claim(), bad));
  SourceStatus status = sources_.Get("a")->status;
  EXPECT_EQ(status.last_http_status, 404);
  EXPECT_EQ(status.last_error, bad.error);
  EXPECT_EQ(status.consecutive_failures, 2);
  EXPECT_TRUE(status.last_poll_time);
  const Lease lease = Claim();
  EXPECT_EQ(lease.consecutive_failures, 2);
  PollResult good = Went(milliseconds(0));
  good.report = "1 of 3 items were not taken: 1 without a headline";
  ASSERT_TRUE(sources_.Finish(lease, good));
  // "Not modified" leaves what is known of the document.
  PollResult same = Went();
  same.report.reset();
  ASSERT_TRUE(sources_.Finish(Claim(), same));
  status = sources_.Get("a")->status;
  EXPECT_EQ(status.consecutive_failures, 0);
  EXPECT_EQ(status.last_error, *good.report);
  const auto due_in = *status.next_poll_time - clock_.Now();
  EXPECT_GT(due_in, std::chrono::minutes(58));
  EXPECT_LE(due_in, hours(1));
  EXPECT_EQ(sources_.Get("none").error().code(), Code::kNotFound);
}

TEST_F(StoreTest, PollsAgainWhatWasAskedForDuringAPoll) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  const Lease lease = Claim();
  ASSERT_TRUE(sources_.MakeDue("a"));
  EXPECT_TRUE(NothingDue());
  ASSERT_TRUE(sources_.Finish(lease, Went()));
  ASSERT_TRUE(sources_.Finish(Claim(), Went()));
  EXPECT_TRUE(NothingDue());
  ASSERT_TRUE(sources_.MakeDue("a"));
  Claim();
  EXPECT_EQ(sources_.MakeDue("none").error().code(), Code::kNotFound);
}

TEST_F(StoreTest, AsksForTheWholeDocumentAfterASettingChanged) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  ASSERT_TRUE(sources_.Finish(Claim(), Went()));
  Source changed = ASource("a");
  changed.default_language_code = "sah";
  ASSERT_TRUE(sources_.Put(changed));
  Lease lease = Claim();
  EXPECT_EQ(lease.validators.etag, "");
  EXPECT_EQ(lease.source.default_language_code, "sah");
  // The same when the setting changes while a poll runs.
  changed.default_language_code = "ru";
  ASSERT_TRUE(sources_.Put(changed));
  EXPECT_TRUE(NothingDue());
  ASSERT_TRUE(sources_.Finish(lease, Went()));
  lease = Claim();
  EXPECT_EQ(lease.validators.etag, "");
}

TEST_F(StoreTest, DisownsAPollOfAnotherAddress) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  const Lease old = Claim();
  Source moved = ASource("a");
  moved.feed_url = "https://elsewhere.example/";
  ASSERT_TRUE(sources_.Put(moved));
  EXPECT_EQ(items_.Take(old, clock_.Now(), std::vector{AnItem("1")}).error().code(), Code::kAborted);
  EXPECT_EQ(Claim().source.feed_url, "https://elsewhere.example/");
}

TEST_F(StoreTest, DoesNotPollWhatIsPaused) {
  Source paused = ASource("a");
  paused.paused = true;
  ASSERT_TRUE(sources_.Put(paused));
  EXPECT_TRUE(NothingDue());
  EXPECT_EQ(*sources_.UntilNextDue(), std::nullopt);
  EXPECT_EQ(sources_.MakeDue("a").error().code(), Code::kFailedPrecondition);
  EXPECT_FALSE(sources_.Get("a")->status.next_poll_time);
  EXPECT_TRUE(NothingDue());
  ASSERT_TRUE(sources_.Put(ASource("a")));
  Claim();
}

TEST_F(StoreTest, NeverAsksAHostMoreThanItMayBeAsked) {
  PgSourceStore sources(pool_, {.host_polls = 2});
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(sources.Put(ASource(id)));
  Source other = ASource("d");
  other.feed_url = "https://other.example/";
  const Lease first = Claim(sources);
  const Lease second = Claim(sources);
  EXPECT_FALSE(*sources.Claim());
  const auto wait = sources.UntilNextDue();
  ASSERT_TRUE(wait && *wait);
  EXPECT_GT(**wait, seconds(1));  // no busy waiting
  ASSERT_TRUE(sources.Put(other));
  EXPECT_EQ(Claim(sources).source.source_id, "d");
  ASSERT_TRUE(sources.Finish(first, Went()));
  Claim(sources);
  EXPECT_FALSE(*sources.Claim());
  ASSERT_TRUE(sources.Release(second));
  EXPECT_EQ(Claim(sources).source.source_id, second.source.source_id);
}

TEST_F(StoreTest, LeavesTimeBetweenTwoPollsOfAHostUnlessItIsFree) {
  PgSourceStore sources(pool_, {.host_polls = 10, .host_gap = hours(1)});
  for (const char* id : {"a", "b"}) ASSERT_TRUE(sources.Put(ASource(id)));
  ASSERT_TRUE(sources.Finish(Claim(sources), Went()));
  EXPECT_FALSE(*sources.Claim());
  PgSourceStore free(pool_, {.host_polls = 1, .host_gap = hours(1), .free_hosts = {"wire.example"}});
  Claim(free);
}

TEST_F(StoreTest, SparesTheWholeHostThatAsksForIt) {
  PgSourceStore sources(pool_, {.host_polls = 10});
  for (const char* id : {"a", "b"}) ASSERT_TRUE(sources.Put(ASource(id)));
  PollResult busy;
  busy.error = "the server asks to be polled less often (HTTP 429)";
  busy.spare_host = true;
  busy.next_in = hours(5);
  ASSERT_TRUE(sources.Finish(Claim(sources), busy));
  EXPECT_FALSE(*sources.Claim());
  const auto wait = sources.UntilNextDue();
  ASSERT_TRUE(wait && *wait);
  EXPECT_GT(**wait, std::chrono::minutes(59));
  EXPECT_LE(**wait, hours(1));
}

TEST_F(StoreTest, KeepsWhatWasLearnt) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  PollResult went = Went(milliseconds(0));
  const Time now = clock_.Now();
  went.rhythm.emplace().Observe(now - hours(24), now, std::vector{now - hours(1), now - hours(2)});
  went.hints = FeedHints{.ttl = std::chrono::minutes(7), .skip_hours = 5, .skip_days = 3};
  went.moved = Moved{"https://new.example/", now, 3};
  went.why = "because";
  ASSERT_TRUE(sources_.Finish(Claim(), went));
  const Lease lease = Claim();
  EXPECT_NEAR(lease.rhythm.ItemsPerDay(), 2, 0.01);
  EXPECT_EQ(lease.hints, *went.hints);
  EXPECT_EQ(lease.moved.url, "https://new.example/");
  EXPECT_EQ(lease.moved.polls, 3);
  EXPECT_TRUE(lease.last_success_time);
  PollResult same = Went();
  same.rhythm.reset();
  ASSERT_TRUE(sources_.Finish(lease, same));
  SourceStatus status = sources_.Get("a")->status;
  EXPECT_NEAR(status.items_per_day, 2, 0.01);
  EXPECT_EQ(status.moved_to, "https://new.example/");
  // Another feed has another rhythm.
  Source moved = ASource("a");
  moved.feed_url = "https://elsewhere.example/";
  ASSERT_TRUE(sources_.Put(moved));
  const Lease anew = Claim();
  EXPECT_TRUE(anew.rhythm.empty());
  EXPECT_EQ(anew.moved.url, "");
  EXPECT_FALSE(anew.last_success_time);
}

TEST_F(StoreTest, MovesWithTheFeed) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  PollResult went = Went(milliseconds(0));
  went.new_feed_url = "https://new.example/feed";
  ASSERT_TRUE(sources_.Finish(Claim(), went));
  EXPECT_EQ(Claim().source.feed_url, "https://new.example/feed");
}

TEST_F(StoreTest, TellsHowASourceFaredInStretches) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  PollResult bad;
  bad.error = "the server has a fault (HTTP 503)";
  bad.http_status = 503;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(sources_.Finish(Claim(), Went(milliseconds(0))));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(sources_.Finish(Claim(), bad));
  std::vector<PollRun> history = sources_.Get("a")->status.history;
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].error, bad.error);
  EXPECT_EQ(history[0].polls, 2);
  EXPECT_EQ(history[0].http_status, 503);
  EXPECT_EQ(history[1].error, "");
  EXPECT_EQ(history[1].polls, 3);
  // Bounded, the oldest forgotten.
  for (int i = 0; i < 60; ++i) {
    bad.error = std::to_string(i);
    ASSERT_TRUE(sources_.Finish(Claim(), bad));
  }
  history = sources_.Get("a")->status.history;
  EXPECT_EQ(history.size(), 50u);
  EXPECT_EQ(history.front().error, "59");
  EXPECT_EQ(history.back().error, "10");
}

TEST_F(StoreTest, PausesWhatIsGoneAndSaysSo) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  PollResult gone;
  gone.error = gone.pause_reason = "the feed is gone for good (HTTP 410)";
  gone.http_status = 410;
  gone.finished_time = clock_.Now();
  ASSERT_TRUE(sources_.Finish(Claim(), gone));
  EXPECT_TRUE(sources_.Get("a")->source.paused);
  EXPECT_EQ(sources_.Get("a")->status.pause_reason, gone.pause_reason);
  EXPECT_TRUE(NothingDue());
  ASSERT_TRUE(sources_.Pause("a", "дважды", clock_.Now(), ""));  // it is paused already: nothing is said
  ASSERT_TRUE(sources_.Resume("a"));
  ASSERT_TRUE(sources_.Resume("a"));
  EXPECT_EQ(sources_.Get("a")->status.pause_reason, "");
  const Lease lease = Claim();
  ASSERT_TRUE(sources_.Pause("a", "не нужен", clock_.Now(), ""));
  EXPECT_EQ(sources_.Finish(lease, Went()).error().code(), Code::kAborted);
  EXPECT_EQ(sources_.Get("a")->status.pause_reason, "не нужен");
  EXPECT_EQ(sources_.Pause("none", "", clock_.Now(), "").error().code(), Code::kNotFound);
  EXPECT_EQ(sources_.Resume("none").error().code(), Code::kNotFound);

  const auto rows = pool_.Read([](pg::Transaction& transaction) {
    return transaction.Query("SELECT key, sequence, payload FROM ingest.outbox WHERE topic = $1 ORDER BY id",
                             pg::Params(kSourceTopic));
  });
  ASSERT_TRUE(rows) << rows.error().ToString();
  ASSERT_EQ(rows->size(), 2);
  v1::SourcePaused said;
  ASSERT_TRUE(said.ParseFromString((*rows)[0].Bytes("payload")));
  EXPECT_EQ(said.source_id(), "a");
  EXPECT_EQ(said.sequence(), 1);
  EXPECT_EQ(said.reason(), gone.pause_reason);
  EXPECT_EQ(said.http_status(), 410);
  EXPECT_TRUE(said.by_service());
  ASSERT_TRUE(said.ParseFromString((*rows)[1].Bytes("payload")));
  EXPECT_EQ(said.sequence(), 2);
  EXPECT_FALSE(said.by_service());
}

TEST_F(StoreTest, KnowsItemsByTheirLinksWhenTheirIdsChange) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  const Lease lease = Claim();
  const auto item = [](const std::string& id, const std::string& link, const std::string& digest = "d1") {
    RecognisedItem made = AnItem(id, digest);
    made.link_key = link;
    return made;
  };
  ASSERT_EQ(Count(items_.Take(lease, clock_.Now(), std::vector{item("1", "x"), item("2", "y")})), 2);
  const auto renamed =
      items_.Take(lease, clock_.Now(), std::vector{item("3", "x"), item("4", "y"), item("5", "y", "d2")});
  ASSERT_TRUE(renamed) << renamed.error().ToString();
  EXPECT_EQ(renamed->renamed, 2);
  EXPECT_EQ(renamed->fresh, 1);
  ASSERT_TRUE(sources_.Finish(lease, Went(milliseconds(0))));
  EXPECT_FALSE(Claim().ids_churn);
  Lease next = lease;
  ASSERT_TRUE(sources_.Put(ASource("a")));
  ASSERT_TRUE(sources_.Pause("a", "", clock_.Now(), ""));
  ASSERT_TRUE(sources_.Resume("a"));
  next = Claim();
  ASSERT_EQ(items_.Take(next, clock_.Now(), std::vector{item("6", "x")})->renamed, 1);
  ASSERT_TRUE(sources_.Finish(next, Went(milliseconds(0))));
  next = Claim();
  EXPECT_TRUE(next.ids_churn);
  // Now a changed item with a new id is the old one.
  const auto changed = items_.Take(next, clock_.Now(), std::vector{item("7", "x", "d3")});
  EXPECT_EQ(changed->renamed, 1);
  EXPECT_EQ(changed->changed, 1);
  EXPECT_EQ(Events().back().external_id(), "1");
  EXPECT_EQ(Events().back().sequence(), 2);
}

TEST_F(StoreTest, SaysWhatWasRemovedAndThatItCameBack) {
  Source source = ASource("a");
  source.withdraw_removed = true;
  ASSERT_TRUE(sources_.Put(source));
  const Lease lease = Claim();
  ASSERT_EQ(Count(items_.Take(lease, clock_.Now(), std::vector{AnItem("1"), AnItem("2")})), 2);
  const std::vector<std::string> ids = {"1", "none"};
  EXPECT_EQ(items_.Remove(lease, ids, RemovalReason::kDeclared), 1);
  EXPECT_EQ(items_.Remove(lease, ids, RemovalReason::kDeclared), 0);
  EXPECT_TRUE(items_.List("a", {}, 10)->at(0).removed_time);
  const auto rows = pool_.Read([](pg::Transaction& transaction) {
    return transaction.Query("SELECT key, type, sequence, payload FROM ingest.outbox ORDER BY id DESC LIMIT 1");
  });
  ASSERT_TRUE(rows) << rows.error().ToString();
  EXPECT_EQ((*rows)[0].Text("type"), "kimberlite.ingest.v1.ItemRemoved");
  EXPECT_EQ((*rows)[0].Text("key"), "a/1");
  EXPECT_EQ((*rows)[0].Int("sequence"), 2);
  v1::ItemRemoved removed;
  ASSERT_TRUE(removed.ParseFromString((*rows)[0].Bytes("payload")));
  EXPECT_EQ(removed.sequence(), 2);
  EXPECT_EQ(removed.reason(), v1::REMOVAL_REASON_DECLARED);
  EXPECT_TRUE(removed.withdraw());
  EXPECT_EQ(removed.headline(), "Алмаз d1");
  EXPECT_EQ(Count(items_.Take(lease, clock_.Now(), std::vector{AnItem("1"), AnItem("2")})), 1);
  EXPECT_FALSE(items_.List("a", {}, 10)->at(0).removed_time);
  EXPECT_EQ(items_.List("a", {}, 10)->at(0).sequence, 3);
}

TEST_F(StoreTest, FindsWhatLeftTheFeedBeforeOlderItems) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  const Lease lease = Claim();
  const auto item = [](const std::string& id, int hour) {
    RecognisedItem made = AnItem(id);
    made.link_key = "k" + id;
    made.published_time = Time(hours(500'000 + hour));
    return made;
  };
  ASSERT_EQ(Count(items_.Take(lease, clock_.Now(), std::vector{item("old", 1), item("mid", 2), item("new", 3)})), 3);
  // The oldest went out of the window: nothing to look at.
  EXPECT_EQ(*items_.Vanished(lease, std::vector{item("mid", 2), item("new", 3)}), std::nullopt);
  const auto vanished = items_.Vanished(lease, std::vector{item("old", 1), item("new", 3)});
  ASSERT_TRUE(vanished && *vanished);
  EXPECT_EQ((*vanished)->external_id, "mid");
  EXPECT_EQ((*vanished)->link, "https://wire.example/mid");
  EXPECT_EQ(items_.MarkChecked(lease, "mid", true), 1);
  // Looked at: not again at once.
  EXPECT_EQ(*items_.Vanished(lease, std::vector{item("old", 1), item("new", 3)}), std::nullopt);
  EXPECT_EQ(items_.MarkChecked(lease, "mid", true), 2);
  EXPECT_EQ(items_.MarkChecked(lease, "mid", false), 0);
}

TEST_F(StoreTest, ReplaysWithoutUndoingWhatCameLater) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  const Lease lease = Claim();
  const Time first = clock_.Now() - hours(2), second = first + hours(1);
  ASSERT_EQ(Count(items_.Take(lease, first, std::vector{AnItem("1", "a1"), AnItem("2", "b1")})), 2);
  ASSERT_EQ(Count(items_.Take(lease, second, std::vector{AnItem("1", "a2"), AnItem("2", "b1")})), 1);
  const Source source = lease.source;
  // The first document gives another content of both today, and one more item: only what no later one overtook counts.
  EXPECT_EQ(Count(items_.Replay(source, first, std::vector{AnItem("1", "a1x"), AnItem("2", "b1x"), AnItem("3")})), 2);
  EXPECT_EQ(Count(items_.Replay(source, second, std::vector{AnItem("1", "a2x"), AnItem("2", "b1x")})), 1);
  // Again: nothing.
  EXPECT_EQ(Count(items_.Replay(source, first, std::vector{AnItem("1", "a1x"), AnItem("2", "b1x"), AnItem("3")})), 0);
  EXPECT_EQ(Count(items_.Replay(source, second, std::vector{AnItem("1", "a2x"), AnItem("2", "b1x")})), 0);
  EXPECT_EQ(items_.Replay(ASource("none"), first, std::vector{AnItem("1")}).error().code(), Code::kNotFound);
}

TEST_F(StoreTest, KeepsDocumentsAsLongAsTheyMayStay) {
  PgDocumentStore documents(pool_, {.source_bytes = 300, .total_bytes = 100'000});
  ASSERT_TRUE(sources_.Put(ASource("a")));
  Source other = ASource("b");
  other.keep_documents_days = 0;
  ASSERT_TRUE(sources_.Put(other));
  Lease lease = Claim();
  lease.source.source_id = "a";
  const Time now = clock_.Now();
  const auto keep = [&](Time time, const std::string& body) {
    FetchedDocument document;
    document.body = body;
    document.url = "https://wire.example/a";
    document.content_type = "text/xml; charset=windows-1251";
    const auto kept = documents.Keep(lease, time, document);
    ASSERT_TRUE(kept) << kept.error().ToString();
  };
  const auto bodies = [&](const std::string& source_id) {
    std::vector<std::string> found;
    DocumentCursor cursor{Time(), 0};
    while (true) {
      const auto page = documents.List(source_id, cursor, 1);
      EXPECT_TRUE(page) << page.error().ToString();
      if (!page || page->empty()) return found;
      found.push_back(page->front().body);
      cursor = {page->front().fetched_time, page->front().document_id};
    }
  };
  keep(now - hours(24 * 15), "old");
  keep(now - hours(2), std::string("\xc0\0\xff", 3));
  keep(now - hours(1), std::string("\xc0\0\xff", 3));  // the same again
  keep(now, "last");
  EXPECT_THAT(bodies("a"), ElementsAre("old", std::string("\xc0\0\xff", 3), "last"));
  EXPECT_THAT(bodies("b"), ElementsAre());
  EXPECT_EQ(documents.List("a", {Time(), 0}, 1)->front().content_type, "text/xml; charset=windows-1251");
  ASSERT_EQ(documents.Sweep({}, now), 1);
  EXPECT_THAT(bodies(""), ElementsAre(std::string("\xc0\0\xff", 3), "last"));
  // What does not compress, above the bytes of a source: the newest stays however large.
  std::string noise;
  for (int i = 0; i < 20; ++i) noise += NewUuid();
  keep(now, noise);
  ASSERT_EQ(documents.Sweep({}, now), 2);
  EXPECT_THAT(bodies("a"), ElementsAre(noise));
  // None is kept where the source says so.
  lease.source = other;
  keep(now, "x");
  EXPECT_THAT(bodies("b"), ElementsAre());
}

// A story of some length; `cut` leaves its last sentences out.
RecognisedItem AStory(const std::string& id, const std::string& headline, int cut = 0) {
  RecognisedItem item = AnItem(id, id);
  item.headline = headline;
  item.body_html = "<p>";
  const char* const sentences[] = {
      "Ледовая переправа через Лену у Якутска откроется двенадцатого декабря при толщине льда сорок сантиметров.",
      "По ней пропустят легковые машины массой до трёх тонн, сообщило управление автомобильных дорог республики.",
      "В прошлом году зимник начал работу неделей позже из-за тёплой осени и высокой воды в верховьях реки.",
      "Дорожники намораживают лёд насосами круглые сутки и проверяют его георадаром каждые двести метров пути.",
      "Паром между правым и левым берегом закончил навигацию ещё в октябре, людей возят на воздушной подушке.",
  };
  for (int i = 0; i < 5 - cut; ++i) item.body_html += std::string(sentences[i]) + " ";
  item.body_html += "</p>";
  item.link = "https://wire.example/" + id;
  return item;
}

TEST_F(StoreTest, PutsRepetitionsIntoClustersAndSaysSo) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  ASSERT_TRUE(sources_.Put(ASource("b")));
  ASSERT_TRUE(sources_.Put(ASource("c")));
  std::map<std::string, Lease> leases;
  for (int i = 0; i < 3; ++i) {
    const Lease lease = Claim();
    leases.emplace(lease.source.source_id, lease);
  }
  ASSERT_EQ(
      Count(items_.Take(leases["a"], clock_.Now(), std::vector{AStory("1", "Зимник откроют в декабре"), AnItem("9")})),
      2);
  ASSERT_EQ(Count(items_.Take(leases["b"], clock_.Now(), std::vector{AStory("2", "Переправа: названа дата", 1)})), 1);
  std::vector<v1::ItemTaken> events = Events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].cluster_id(), 0);
  EXPECT_EQ(events[1].cluster_id(), 0);
  EXPECT_EQ(events[1].identified_language_code(), "ru");
  EXPECT_FALSE(events[1].language_mismatch());
  EXPECT_GT(events[2].cluster_id(), 0);
  EXPECT_EQ(events[2].relation(), v1::STORY_RELATION_REPUBLISHED);
  EXPECT_EQ(events[2].related_source_id(), "a");
  EXPECT_EQ(events[2].related_external_id(), "1");
  EXPECT_GT(events[2].relation_score(), 0.5);
  // A third joins the same cluster, and a change of one leaves it there.
  ASSERT_EQ(Count(items_.Take(leases["c"], clock_.Now(), std::vector{AStory("3", "Якутск ждёт зимник")})), 1);
  RecognisedItem changed = AStory("2", "Переправа: дата перенесена", 1);
  changed.digest = "new";
  ASSERT_EQ(Count(items_.Take(leases["b"], clock_.Now(), std::vector{changed})), 1);
  events = Events();
  EXPECT_EQ(events[3].cluster_id(), events[2].cluster_id());
  EXPECT_EQ(events[4].cluster_id(), events[2].cluster_id());
  EXPECT_EQ(events[4].related_external_id(), "1");
  const auto members = stories_.Get(events[2].cluster_id());
  ASSERT_TRUE(members) << members.error().ToString();
  ASSERT_EQ(members->size(), 3u);
  EXPECT_EQ((*members)[0].key.external_id, "1");
  EXPECT_EQ((*members)[0].relation, Relation::kNone);
  EXPECT_EQ((*members)[0].headline, "Зимник откроют в декабре");
  EXPECT_NE((*members)[1].why.find("shingles"), std::string::npos);
  EXPECT_EQ(stories_.List(INT64_MAX, 10)->size(), 3u);
  EXPECT_TRUE(stories_.List(events[2].cluster_id(), 10)->empty());
}

TEST_F(StoreTest, KnowsWhatWasTakenInBeforeAndByOthers) {
  ASSERT_TRUE(sources_.Put(ASource("a")));
  ASSERT_TRUE(sources_.Put(ASource("b")));
  const Lease first = Claim(), second = Claim();
  ASSERT_EQ(Count(items_.Take(first, clock_.Now(), std::vector{AStory("1", "Зимник откроют в декабре")})), 1);
  PgStoryStore later(pool_, clock_, {}, "another");
  ASSERT_EQ(later.Load(seconds(20)), true);
  EXPECT_EQ(later.index().size(), 1u);
  // What this process takes in afterwards is heard of by the other, which skips its own.
  ASSERT_EQ(Count(items_.Take(second, clock_.Now(), std::vector{AStory("2", "Переправа: названа дата")})), 1);
  ASSERT_EQ(later.Load(seconds(20)), true);
  EXPECT_EQ(later.index().size(), 2u);
  PgItemStore others(pool_, sources_, later, clock_);
  ASSERT_EQ(Count(others.Take(second, clock_.Now(), std::vector{AStory("3", "Третий раз о том же")})), 1);
  EXPECT_EQ(Events().back().cluster_id(), Events()[1].cluster_id());
}

class SubmitTest : public StoreTest {
 protected:
  SubmitTest() {
    Source source = ASource("desk");
    source.feed_url = "";
    source.max_pushed_per_minute = 5;
    EXPECT_TRUE(sources_.Put(source));
  }
  static Submission ASubmission(const std::string& id, const std::string& digest = "d1", const std::string& key = "") {
    return {.key = key, .request_digest = digest, .item = AnItem(id, digest)};
  }
  Result<std::vector<Submitted>> Submit(const std::vector<Submission>& submissions) {
    return items_.Submit("desk", submissions);
  }
};

TEST_F(SubmitTest, TakesNewAndChangedItemsOnce) {
  EXPECT_TRUE(NothingDue());  // it has no feed
  const auto first = Submit({ASubmission("1"), ASubmission("2"), ASubmission("1", "d2")});
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_EQ((*first)[0].outcome, SubmitOutcome::kNew);
  EXPECT_EQ((*first)[2].outcome, SubmitOutcome::kChanged);
  EXPECT_EQ((*first)[2].sequence, 2);
  const auto again = Submit({ASubmission("1", "d2")});
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ((*again)[0].outcome, SubmitOutcome::kUnchanged);
  EXPECT_EQ((*again)[0].sequence, 2);
  EXPECT_EQ(Events().size(), 3u);
  EXPECT_EQ(sources_.Get("desk")->status.items_taken, 3);
}

TEST_F(SubmitTest, GivesTheFirstAnswerToARepetition) {
  ASSERT_EQ(Submit({ASubmission("1", "d1", "me desk k")})->at(0).outcome, SubmitOutcome::kNew);
  ASSERT_EQ(Submit({ASubmission("1", "d2")})->at(0).sequence, 2);
  const auto repeated = Submit({ASubmission("1", "d1", "me desk k")});
  ASSERT_TRUE(repeated) << repeated.error().ToString();
  EXPECT_EQ(repeated->at(0).outcome, SubmitOutcome::kNew);
  EXPECT_EQ(repeated->at(0).sequence, 1);
  EXPECT_TRUE(repeated->at(0).repeated);
  EXPECT_EQ(Events().size(), 2u);
  EXPECT_EQ(Submit({ASubmission("1", "d3", "me desk k")}).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(Submit({ASubmission("5", "d1", "k2"), ASubmission("6", "d2", "k2")}).error().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(Events().size(), 2u);
}

TEST_F(SubmitTest, HoldsBackWhoPushesTooMuch) {
  const auto many = Submit(
      {ASubmission("1"), ASubmission("2"), ASubmission("3"), ASubmission("4"), ASubmission("5"), ASubmission("6")});
  EXPECT_EQ(many.error().code(), Code::kResourceExhausted);
  EXPECT_TRUE(Events().empty());
  ASSERT_TRUE(Submit({ASubmission("1", "d1", "a"), ASubmission("2"), ASubmission("3"), ASubmission("4")}));
  ASSERT_TRUE(Submit({ASubmission("5")}));
  const auto refused = Submit({ASubmission("6")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_NE(refused.error().message().find("5 items a minute; try again in"), std::string::npos);
  // A repetition costs nothing.
  EXPECT_TRUE(Submit({ASubmission("1", "d1", "a")}));
  // A minute later there is room.
  ASSERT_TRUE(pool_.Write([](pg::Transaction& transaction) {
    return transaction.Query("UPDATE ingest.sources SET push_tokens_time = push_tokens_time - interval '1 minute'");
  }));
  EXPECT_TRUE(Submit({ASubmission("6"), ASubmission("7")}));
}

TEST_F(SubmitTest, RefusesWhereNothingIsTaken) {
  EXPECT_EQ(items_.Submit("none", std::vector{ASubmission("1")}).error().code(), Code::kNotFound);
  ASSERT_TRUE(sources_.Pause("desk", "", clock_.Now(), ""));
  EXPECT_EQ(Submit({ASubmission("1")}).error().code(), Code::kFailedPrecondition);
  Source none = ASource("desk");
  none.max_pushed_per_minute = 0;
  ASSERT_TRUE(sources_.Put(none));
  EXPECT_EQ(Submit({ASubmission("1")}).error().code(), Code::kFailedPrecondition);
}

TEST_F(SubmitTest, HoldsBackWhileEventsWait) {
  PgItemStore full(pool_, sources_, stories_, clock_, {.max_backlog = 2});
  ASSERT_TRUE(full.Submit("desk", std::vector{ASubmission("1"), ASubmission("2")}));
  PgItemStore looks(pool_, sources_, stories_, clock_, {.max_backlog = 2});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(looks.Submit("desk", std::vector{ASubmission("3")}).error().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace kimberlite::ingest
