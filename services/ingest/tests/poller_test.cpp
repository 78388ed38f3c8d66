#include "services/ingest/core/poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "libs/base/text.h"
#include "services/ingest/core/scheduler.h"

namespace kimberlite::ingest {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr const char* kDocument =
    "<rss version=\"2.0\"><channel><title>T</title><language>ru</language>"
    "<item><title>Один</title><guid>1</guid></item><item><guid>2</guid></item></channel></rss>";

// The ports, as plain as can be. Guarded, since the scheduler's threads use them.
struct FakeFetcher final : FeedFetcher {
  std::function<Result<FetchedDocument>(const Context&, const Validators&)> answer;
  Result<FetchedDocument> Fetch(const Context& context, const std::string&, const Validators& validators) override {
    return answer(context, validators);
  }
  Result<int> probe_answer = 200;
  std::vector<std::string> probed;
  Result<int> Probe(const Context&, const std::string& url) override {
    probed.push_back(url);
    return probe_answer;
  }
};

struct FakeClock final : Clock {
  Time now = Time(hours(24 * 365 * 55));
  Time Now() const override { return now; }
};

struct FakeStore final : LeaseStore, ItemStore, DocumentStore {
  std::mutex mutex;
  std::vector<Lease> due;
  std::vector<std::pair<std::string, PollResult>> finished;
  std::vector<std::string> released;
  std::vector<std::string> taken;
  std::vector<std::string> renewed;
  Result<void> renew_answer;
  Result<void> finish_answer;
  Result<void> take_answer;
  Result<void> claim_answer;

  Result<std::optional<Lease>> Claim() override {
    const std::lock_guard lock(mutex);
    if (!claim_answer) return std::unexpected(claim_answer.error());
    if (due.empty()) return std::nullopt;
    Lease lease = due.back();
    due.pop_back();
    return lease;
  }
  Result<void> Renew(const Lease& lease) override {
    const std::lock_guard lock(mutex);
    renewed.push_back(lease.source.source_id);
    return renew_answer;
  }
  Result<void> Finish(const Lease& lease, const PollResult& result) override {
    const std::lock_guard lock(mutex);
    if (finish_answer) finished.emplace_back(lease.source.source_id, result);
    return finish_answer;
  }
  Result<void> Release(const Lease& lease) override {
    const std::lock_guard lock(mutex);
    released.push_back(lease.source.source_id);
    return {};
  }
  Result<std::optional<milliseconds>> UntilNextDue() override { return std::nullopt; }
  Result<void> keep_answer;
  std::vector<std::string> kept;
  Result<void> Keep(const Lease&, Time, const FetchedDocument& document) override {
    const std::lock_guard lock(mutex);
    kept.push_back(document.body);
    return keep_answer;
  }
  std::vector<std::string> removed;
  Result<int> Remove(const Lease&, std::span<const std::string> ids, RemovalReason reason) override {
    for (const std::string& id : ids)
      removed.push_back((reason == RemovalReason::kDeclared ? "declared " : "gone ") + id);
    return static_cast<int>(ids.size());
  }
  std::optional<VanishedItem> vanished;
  Result<std::optional<VanishedItem>> Vanished(const Lease&, std::span<const RecognisedItem>) override {
    return vanished;
  }
  int gone = 0;
  Result<int> MarkChecked(const Lease&, const std::string&, bool is_gone) override {
    gone = is_gone ? gone + 1 : 0;
    return gone;
  }
  Result<Taken> Take(const Lease&, Time, std::span<const RecognisedItem> items) override {
    const std::lock_guard lock(mutex);
    if (!take_answer) return std::unexpected(take_answer.error());
    Taken answer;
    for (const RecognisedItem& item : items) {
      taken.push_back(item.external_id);
      ++answer.fresh;
      answer.fresh_published.push_back(item.published_time);
    }
    return answer;
  }
};

Lease ALease(const std::string& id = "wire") {
  Lease lease;
  lease.token = "t";
  lease.source.source_id = id;
  lease.source.name = "Провод";
  lease.source.default_section_id = "economy";
  lease.source.feed_url = "https://wire.example/rss";
  lease.source.poll_interval = lease.source.max_poll_interval = minutes(5);
  lease.validators = {"\"old\"", "Mon, 23 Nov 2026 00:00:00 GMT"};
  return lease;
}

FetchedDocument Answer(int status, std::string body = "") {
  FetchedDocument document;
  document.status = status;
  document.body = std::move(body);
  document.url = "https://wire.example/rss";
  document.validators = {"\"new\"", ""};
  return document;
}

class PollerTest : public ::testing::Test {
 protected:
  PollSummary Poll(Result<FetchedDocument> answer, const Lease& lease = ALease()) {
    fetcher_.answer = [&](const Context&, const Validators& validators) {
      asked_ = validators;
      return answer;
    };
    return poller_.Poll({}, lease);
  }
  const PollResult& result() const { return store_.finished.at(0).second; }

  FakeClock clock_;
  FakeFetcher fetcher_;
  FakeStore store_;
  Validators asked_;
  Poller poller_{
      {.fetch_timeout = seconds(15), .jitter = [] { return 0.5; }}, clock_, fetcher_, store_, store_, store_};
};

TEST_F(PollerTest, TakesItemsAndKeepsValidators) {
  const PollSummary summary = Poll(Answer(200, kDocument));
  EXPECT_EQ(summary.outcome, PollOutcome::kRead);
  EXPECT_EQ(summary.taken.fresh, 1);
  EXPECT_EQ(summary.counts.seen, 2);
  EXPECT_THAT(store_.taken, ::testing::ElementsAre("1"));
  EXPECT_EQ(asked_.etag, "\"old\"");
  EXPECT_EQ(asked_.last_modified, "Mon, 23 Nov 2026 00:00:00 GMT");
  EXPECT_EQ(result().http_status, 200);
  EXPECT_EQ(result().error, "");
  EXPECT_EQ(result().report, "1 of 2 items were not taken: 1 without a headline");
  EXPECT_EQ(result().seen, 2);
  EXPECT_EQ(result().next_in, minutes(5));
  // A validator that the answer lacks does not hold for it.
  EXPECT_EQ(result().validators->etag, "\"new\"");
  EXPECT_EQ(result().validators->last_modified, "");
}

TEST_F(PollerTest, KeepsTheReportWhenNothingWasModified) {
  EXPECT_EQ(Poll(Answer(304)).outcome, PollOutcome::kNotModified);
  EXPECT_FALSE(result().report);
  EXPECT_EQ(result().error, "");
  EXPECT_EQ(result().seen, 0);
  EXPECT_EQ(result().validators->etag, "\"new\"");
  EXPECT_EQ(result().validators->last_modified, "Mon, 23 Nov 2026 00:00:00 GMT");
}

TEST_F(PollerTest, SaysWhyAPollFailed) {
  const std::pair<Result<FetchedDocument>, const char*> cases[] = {
      {Fail(Code::kDeadlineExceeded, "wire.example:443 did not answer in time"), "did not answer in time"},
      {Answer(404), "no feed at this address"},
      {Answer(403), "refuses"},
      {Answer(429), "less often"},
      {Answer(503), "a fault (HTTP 503)"},
      {Answer(204), "HTTP 204"},
      {Answer(302), "HTTP 302"},
      {Answer(200, "<html></html>"), "a web page"},
      {Answer(200, ""), "empty"},
  };
  for (const auto& [answer, sentence] : cases) {
    store_.finished.clear();
    const PollSummary summary = Poll(answer);
    EXPECT_EQ(summary.outcome, PollOutcome::kFailed);
    EXPECT_THAT(result().error, HasSubstr(sentence));
    EXPECT_EQ(summary.error, result().error);
    // What cannot be read must be sent again.
    EXPECT_FALSE(result().validators) << sentence;
    EXPECT_EQ(result().next_in, minutes(10));
  }
}

TEST_F(PollerTest, ForgetsValidatorsThatCannotBeStoredAndSentBack) {
  for (const std::string& bad : {std::string("\"caf\xE9\""), std::string("\"лёд\""), std::string("a\tb"),
                                 std::string("a\0b", 3), std::string("a\x7F"), std::string(1025, 'x')}) {
    store_.finished.clear();
    FetchedDocument document = Answer(200, kDocument);
    document.validators = {bad, bad};
    EXPECT_EQ(Poll(document).outcome, PollOutcome::kRead);
    EXPECT_EQ(result().validators->etag, "");
    EXPECT_EQ(result().validators->last_modified, "");
    store_.finished.clear();
    document.status = 304;
    Poll(document);
    EXPECT_EQ(result().validators->etag, "\"old\"");
  }
  store_.finished.clear();
  FetchedDocument document = Answer(200, kDocument);
  document.validators.etag.assign(1024, 'x');
  Poll(document);
  EXPECT_EQ(result().validators->etag.size(), 1024u);
}

TEST_F(PollerTest, WritesDownWhatIsUtf8) {
  // The root's name is cut within a character, as the first byte shifts it.
  std::string name = "x";
  for (int i = 0; i < 60; ++i) name += "ё";
  for (const Result<FetchedDocument>& answer :
       {Result<FetchedDocument>(Answer(200, "<" + name + "/>")),
        Result<FetchedDocument>(Fail(Code::kUnavailable, std::string("host \xFF\xD0 ") + '\0' + ": лёд"))}) {
    store_.finished.clear();
    const PollSummary summary = Poll(answer);
    EXPECT_EQ(summary.outcome, PollOutcome::kFailed);
    EXPECT_TRUE(IsValidUtf8(result().error)) << result().error;
    EXPECT_EQ(result().error.find('\0'), std::string::npos);
    EXPECT_THAT(result().error, HasSubstr("\uFFFD"));
    EXPECT_EQ(summary.error, result().error);
  }
  EXPECT_THAT(result().error, HasSubstr("host \uFFFD\uFFFD : лёд"));
}

TEST_F(PollerTest, RenewsTheLeaseBeforeItReads) {
  Poll(Answer(304));
  EXPECT_TRUE(store_.renewed.empty());
  Poll(Answer(200, kDocument));
  EXPECT_THAT(store_.renewed, ::testing::ElementsAre("wire"));
  store_.finished.clear();
  store_.taken.clear();
  store_.renew_answer = Fail(Code::kAborted, "lost");
  EXPECT_EQ(Poll(Answer(200, kDocument)).outcome, PollOutcome::kLost);
  EXPECT_TRUE(store_.finished.empty());
  store_.renew_answer = Fail(Code::kUnavailable, "down");
  EXPECT_EQ(Poll(Answer(200, kDocument)).outcome, PollOutcome::kFailed);
  EXPECT_THAT(result().error, HasSubstr("down"));
  EXPECT_TRUE(store_.taken.empty());
}

TEST_F(PollerTest, WaitsAsLongAsTheServerAsks) {
  FetchedDocument busy = Answer(503);
  busy.retry_after = hours(3);
  Poll(busy);
  EXPECT_EQ(result().next_in, hours(3));
}

TEST_F(PollerTest, LeavesTheSourceAloneWhenTheLeaseIsLost) {
  store_.take_answer = Fail(Code::kAborted, "lost");
  EXPECT_EQ(Poll(Answer(200, kDocument)).outcome, PollOutcome::kLost);
  EXPECT_TRUE(store_.finished.empty());
  store_.take_answer = {};
  store_.finish_answer = Fail(Code::kAborted, "lost");
  EXPECT_EQ(Poll(Answer(200, kDocument)).outcome, PollOutcome::kLost);
}

TEST_F(PollerTest, SaysWhenItemsCannotBeStored) {
  store_.take_answer = Fail(Code::kInternal, "disk full");
  EXPECT_EQ(Poll(Answer(200, kDocument)).outcome, PollOutcome::kFailed);
  EXPECT_THAT(result().error, HasSubstr("disk full"));
  EXPECT_FALSE(result().validators);
}

TEST_F(PollerTest, GivesTheLeaseBackWhenStopped) {
  EXPECT_EQ(Poll(Fail(Code::kCancelled, "stopped")).outcome, PollOutcome::kStopped);
  EXPECT_THAT(store_.released, ::testing::ElementsAre("wire"));
  EXPECT_TRUE(store_.finished.empty());
}

TEST_F(PollerTest, PausesWhatIsGone) {
  EXPECT_EQ(Poll(Answer(410)).outcome, PollOutcome::kGone);
  EXPECT_THAT(result().pause_reason, HasSubstr("gone for good (HTTP 410)"));
  EXPECT_EQ(result().error, result().pause_reason);
}

TEST_F(PollerTest, SparesAHostThatAsksForIt) {
  Poll(Answer(429));
  EXPECT_TRUE(result().spare_host);
  store_.finished.clear();
  Poll(Answer(503));
  EXPECT_FALSE(result().spare_host);
}

TEST_F(PollerTest, DoesNotAskForWhatIsStillFresh) {
  for (int status : {200, 304}) {
    store_.finished.clear();
    FetchedDocument document = Answer(status, status == 200 ? kDocument : "");
    document.fresh_for = minutes(20);
    Poll(document);
    EXPECT_EQ(result().next_in, minutes(20));
    EXPECT_THAT(result().why, HasSubstr("stays fresh for 1200 s"));
  }
}

TEST_F(PollerTest, LearnsTheRhythmFromTheDatesOfTheFirstDocument) {
  // Eight items, one in each of the last eight hours.
  std::string items;
  for (int i = 1; i <= 8; ++i) {
    items += "<item><title>A</title><guid>" + std::to_string(i) + "</guid><pubDate>" +
             FormatHttpDate(clock_.now - hours(i)) + "</pubDate></item>";
  }
  Lease lease = ALease();
  lease.source.max_poll_interval = hours(6);
  Poll(
      Answer(200, "<rss version=\"2.0\"><channel><title>T</title><language>ru</language>" + items + "</channel></rss>"),
      lease);
  ASSERT_TRUE(result().rhythm);
  EXPECT_NEAR(result().rhythm->ItemsPerDay(), 24, 1);
  EXPECT_GT(result().next_in, minutes(45));
  EXPECT_LT(result().next_in, minutes(80));
  EXPECT_THAT(result().why, HasSubstr("own rhythm"));
}

TEST_F(PollerTest, BelievesAPermanentRedirectAfterADayAndFivePolls) {
  FetchedDocument moved = Answer(304);
  moved.permanent_url = "https://new.example/rss";
  Lease lease = ALease();
  const auto poll = [&] {
    store_.finished.clear();
    Poll(moved, lease);
    lease.moved = *result().moved;
    return result().new_feed_url;
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(poll(), "");
  clock_.now += hours(24);
  EXPECT_EQ(poll(), "https://new.example/rss");
  EXPECT_EQ(result().moved->url, "");
  // Too few of them, however long.
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(poll(), "");
    clock_.now += hours(24);
  }
  // Another address, or none, begins anew.
  moved.permanent_url = "https://other.example/rss";
  EXPECT_EQ(poll(), "");
  EXPECT_EQ(lease.moved.polls, 1);
  moved.permanent_url = "";
  poll();
  EXPECT_EQ(lease.moved.url, "");
  // A failure tells nothing of it.
  store_.finished.clear();
  Poll(Answer(500), lease);
  EXPECT_FALSE(result().moved);
}

TEST_F(PollerTest, DoesNotMoveWhereNoOperatorCouldPutIt) {
  FetchedDocument moved = Answer(304);
  moved.permanent_url = "https://new.example/" + std::string(3000, 'x');
  Lease lease = ALease();
  lease.moved = {moved.permanent_url, clock_.now - hours(48), 100};
  Poll(moved, lease);
  EXPECT_EQ(result().new_feed_url, "");
}

TEST_F(PollerTest, KeepsTheDocumentEvenWhenItCannotBeRead) {
  Poll(Answer(200, "<html></html>"));
  EXPECT_THAT(store_.kept, ::testing::ElementsAre("<html></html>"));
  store_.finished.clear();
  store_.keep_answer = Fail(Code::kUnavailable, "disk full");
  EXPECT_EQ(Poll(Answer(200, kDocument)).outcome, PollOutcome::kFailed);
  EXPECT_THAT(result().error, HasSubstr("disk full"));
  EXPECT_TRUE(store_.taken.empty());
}

TEST_F(PollerTest, ReadsWhenTheFeedWantsToBeRead) {
  clock_.now += hours(3);
  Poll(Answer(200,
              "<rss version=\"2.0\"><channel><title>T</title><ttl>30</ttl><skipHours><hour>0</hour><hour>24</hour>"
              "<hour>7</hour><hour>x</hour></skipHours><skipDays><day>Saturday</day><day>SUNDAY</day><day>Off</day>"
              "</skipDays></channel></rss>"));
  ASSERT_TRUE(result().hints);
  EXPECT_EQ(result().hints->ttl, minutes(30));
  EXPECT_EQ(result().hints->skip_hours, 0b10000001u);
  EXPECT_EQ(result().hints->skip_days, 0b1000001u);
  EXPECT_EQ(result().next_in, minutes(30));
  // "Not modified" leaves them as they are.
  store_.finished.clear();
  Lease lease = ALease();
  lease.hints.ttl = minutes(40);
  Poll(Answer(304), lease);
  EXPECT_FALSE(result().hints);
  EXPECT_EQ(result().next_in, minutes(40));
}

constexpr const char* kTombstones =
    "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:at=\"http://purl.org/atompub/tombstones/1.0\" xml:lang=\"ru\">"
    "<title>T</title><entry><id>kept</id><title>Один</title></entry>"
    "<at:deleted-entry ref=\"gone\" when=\"2026-11-23T00:00:00Z\"/><at:deleted-entry ref=\"kept\"/>"
    "<at:deleted-entry/></feed>";

TEST_F(PollerTest, RemovesWhatTheFeedDeclaresDeleted) {
  EXPECT_EQ(Poll(Answer(200, kTombstones)).taken.removed, 1);
  EXPECT_THAT(store_.removed, ::testing::ElementsAre("declared gone"));
  store_.removed.clear();
  Lease lease = ALease();
  lease.source.removal_rule = RemovalRule::kIgnore;
  Poll(Answer(200, kTombstones), lease);
  EXPECT_TRUE(store_.removed.empty());
}

TEST_F(PollerTest, LooksTwiceAtThePageOfWhatVanishedWhereTheSourceSaysSo) {
  store_.vanished = VanishedItem{"7", "https://wire.example/7"};
  fetcher_.probe_answer = 404;
  Poll(Answer(200, kDocument));
  EXPECT_TRUE(fetcher_.probed.empty());
  Lease lease = ALease();
  lease.source.removal_rule = RemovalRule::kPageGone;
  Poll(Answer(200, kDocument), lease);
  EXPECT_THAT(fetcher_.probed, ::testing::ElementsAre("https://wire.example/7"));
  EXPECT_TRUE(store_.removed.empty());
  fetcher_.probe_answer = 200;
  Poll(Answer(200, kDocument), lease);
  EXPECT_EQ(store_.gone, 0);
  for (const Result<int>& answer :
       {Result<int>(410), Result<int>(Fail(Code::kUnavailable, "no answer")), Result<int>(404)}) {
    fetcher_.probe_answer = answer;
    Poll(Answer(200, kDocument), lease);
  }
  EXPECT_TRUE(store_.removed.empty());
  Poll(Answer(200, kDocument), lease);
  EXPECT_THAT(store_.removed, ::testing::ElementsAre("gone 7"));
}

// Waits for what the scheduler's threads report.
class Reports {
 public:
  void Add(const std::string& id) {
    const std::lock_guard lock(mutex_);
    ids_.insert(id);
    changed_.notify_all();
  }
  bool Await(const std::set<std::string>& wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(20), [&] { return ids_ == wanted; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> ids_;
};

TEST_F(PollerTest, SchedulerPollsWhatIsDueAndWakesForMore) {
  fetcher_.answer = [](const Context&, const Validators&) { return Answer(304); };
  Reports reports;
  store_.due = {ALease("a"), ALease("b"), ALease("c")};
  Scheduler scheduler({.workers = 2,
                       .longest_wait = hours(1),
                       .on_poll = [&](const Source& source, const PollSummary&) { reports.Add(source.source_id); },
                       .on_store_error = [](const Error&) {}},
                      store_, poller_);
  ASSERT_TRUE(reports.Await({"a", "b", "c"}));
  {
    const std::lock_guard lock(store_.mutex);
    store_.due = {ALease("d")};
  }
  scheduler.Wake();
  EXPECT_TRUE(reports.Await({"a", "b", "c", "d"}));
}

TEST_F(PollerTest, SchedulerOutlivesAStoreThatFails) {
  fetcher_.answer = [](const Context&, const Validators&) { return Answer(304); };
  Reports reports;
  store_.claim_answer = Fail(Code::kUnavailable, "down");
  store_.due = {ALease("a")};
  Scheduler scheduler({.workers = 1,
                       .on_poll = [&](const Source& source, const PollSummary&) { reports.Add(source.source_id); },
                       .on_store_error =
                           [&](const Error& error) {
                             reports.Add(error.message());
                             const std::lock_guard lock(store_.mutex);
                             store_.claim_answer = {};
                           }},
                      store_, poller_);
  EXPECT_TRUE(reports.Await({"down", "a"}));
}

TEST_F(PollerTest, SchedulerEndsFetchesWhenItStops) {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool fetching = false;
  fetcher_.answer = [&](const Context& context, const Validators&) -> Result<FetchedDocument> {
    std::unique_lock lock(mutex);
    fetching = true;
    changed.notify_all();
    changed.wait(lock, context.stop, [] { return false; });
    return Fail(Code::kCancelled, "stopped");
  };
  store_.due = {ALease("a")};
  {
    Scheduler scheduler(
        {.workers = 1, .on_poll = [](const Source&, const PollSummary&) {}, .on_store_error = [](const Error&) {}},
        store_, poller_);
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, seconds(20), [&] { return fetching; }));
  }
  EXPECT_THAT(store_.released, ::testing::ElementsAre("a"));
}

}  // namespace
}  // namespace kimberlite::ingest
