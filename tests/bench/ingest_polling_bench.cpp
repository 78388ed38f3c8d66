// A week of a thousand feeds in virtual time: how soon an item is taken in after it appeared, and at how many requests,
// polled by their own rhythm and hourly. The poller, its policy and the parser are the real ones; servers, stores and
// the clock are played. Everything is drawn from a seed: two runs give the same.
//
// Exit code 1 when an aim is missed: no request before the server's Retry-After or max-age, the feed's ttl or the
// source's shortest interval; 95 % of later polls conditional; both fewer requests and a shorter wait than hourly
// polls.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <numbers>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "libs/base/time.h"
#include "services/ingest/core/poller.h"

namespace {

using namespace kimberlite;
using namespace kimberlite::ingest;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kFeeds = 1000;
constexpr hours kWeek{7 * 24};
constexpr std::size_t kWindow = 30;                                           // items that a feed shows
const Time kStart{std::chrono::sys_days(std::chrono::year(2026) / 11 / 16)};  // a Monday
constexpr double kConditionalAim = 0.95;

using Random = std::mt19937_64;

double Uniform(Random& random, double from = 0, double to = 1) {
  return std::uniform_real_distribution<double>(from, to)(random);
}

enum class Kind : std::uint8_t { kFast, kDiurnal, kBursty, kSlow, kDead };
constexpr const char* kKindNames[] = {"fast", "diurnal", "bursty", "slow", "dead"};

struct Item {
  Time appeared;
  std::optional<Time> taken;
};

struct Outage {
  Time from, to;
  int status = 503;  // 0: no answer
  std::optional<seconds> retry_after;
};

// A feed and its server.
struct FeedModel {
  Kind kind = Kind::kDead;
  std::vector<Item> items;  // by time, from two days before the start
  bool validators = true;
  std::optional<seconds> max_age;
  minutes ttl{0};
  bool dated = true;
  std::vector<Outage> outages;
};

Time After(Time from, double in_hours) { return from + microseconds(static_cast<std::int64_t>(in_hours * 3.6e9)); }

// Items by a rate that may change with the hour, by thinning.
void Poisson(Random& random, double highest_per_hour, const std::function<double(Time)>& part,
             std::vector<Item>& items) {
  Time at = kStart - hours(48);
  while (true) {
    at = After(at, std::exponential_distribution<double>(highest_per_hour)(random));
    if (at >= kStart + kWeek) return;
    if (Uniform(random) < part(at)) items.push_back({at, {}});
  }
}

// A newsroom's day: from nothing at night to all at noon, in its own time zone.
std::function<double(Time)> Day(double shift_hours, double night) {
  return [=](Time at) {
    const double hour =
        std::fmod(std::chrono::duration<double, std::ratio<3600>>(at - kStart).count() + 480 + shift_hours, 24);
    const double sun = std::sin((hour - 6) / 16 * std::numbers::pi);
    return hour < 6 || hour > 22 ? night : std::max(night, sun);
  };
}

FeedModel Draw(Random& random) {
  FeedModel feed;
  const double kind = Uniform(random);
  const double shift = std::floor(Uniform(random, 0, 24));
  if (kind < 0.15) {
    feed.kind = Kind::kFast;
    Poisson(random, Uniform(random, 6, 25), Day(shift, 0.3), feed.items);
  } else if (kind < 0.50) {
    feed.kind = Kind::kDiurnal;
    Poisson(random, Uniform(random, 1, 5), Day(shift, 0.01), feed.items);
  } else if (kind < 0.70) {
    feed.kind = Kind::kBursty;
    std::vector<Item> bursts;
    Poisson(random, Uniform(random, 0.04, 0.15), Day(shift, 0.3), bursts);
    for (const Item& burst : bursts) {
      const int size = 1 + std::geometric_distribution<int>(0.15)(random);
      for (int i = 0; i < size; ++i) feed.items.push_back({After(burst.appeared, Uniform(random, 0, 1.5)), {}});
    }
    std::erase_if(feed.items, [](const Item& item) { return item.appeared >= kStart + kWeek; });
    std::ranges::sort(feed.items, {}, &Item::appeared);
  } else if (kind < 0.80) {
    feed.kind = Kind::kSlow;
    Poisson(random, Uniform(random, 0.05, 0.2), Day(shift, 0.2), feed.items);
  }
  feed.validators = Uniform(random) >= 0.02;
  feed.dated = Uniform(random) >= 0.05;
  constexpr int kMaxAges[] = {60, 300, 900, 1800};
  if (Uniform(random) < 0.2) feed.max_age = seconds(kMaxAges[random() % std::size(kMaxAges)]);
  if (Uniform(random) < 0.05) feed.ttl = minutes(15 + random() % 46);
  if (Uniform(random) < 0.15) {
    Outage outage;
    outage.from = After(kStart, Uniform(random, 0, 160));
    outage.to = After(outage.from, Uniform(random, 0.2, 6));
    if (random() % 2 == 0) outage.retry_after = seconds(300 + random() % 6900);
    outage.status = outage.retry_after ? (random() % 2 == 0 ? 503 : 429) : (random() % 2 == 0 ? 500 : 0);
    feed.outages.push_back(outage);
  }
  return feed;
}

struct Tally {
  std::vector<double> waits;  // minutes
  std::int64_t requests = 0;
  std::int64_t lost = 0;  // fell out of the feed before they were seen
  double feed_days = 0;
};

struct Outcome {
  Tally all;
  Tally by_kind[5];
  std::int64_t later = 0, conditional = 0;
  std::int64_t too_early = 0;
};

// Plays one feed's server, stores and lease at a time.
class Week final : public Clock, FeedFetcher, LeaseStore, ItemStore, DocumentStore {
 public:
  Week(std::vector<FeedModel> feeds, PollBounds bounds) : feeds_(std::move(feeds)), bounds_(bounds) {}

  Outcome Play() {
    Random jitter(7);
    Poller poller({.fetch_timeout = seconds(15), .jitter = [&] { return Uniform(jitter); }}, *this, *this, *this, *this,
                  *this);
    states_.resize(feeds_.size());
    std::priority_queue<std::pair<Time, std::size_t>, std::vector<std::pair<Time, std::size_t>>, std::greater<>> due;
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
      Source& source = states_[i].lease.source;
      source.source_id = std::to_string(i);
      source.name = "Feed";
      source.feed_url = "https://feed" + std::to_string(i) + ".example/rss";
      source.default_language_code = "en";
      source.default_section_id = "economy";
      source.poll_interval = bounds_.floor;
      source.max_poll_interval = bounds_.ceiling;
      // Added over the first hour.
      due.emplace(kStart + seconds(jitter() % 3600), i);
    }
    while (!due.empty() && due.top().first < kStart + kWeek) {
      const auto [time, feed] = due.top();
      due.pop();
      now_ = time;
      at_ = feed;
      State& state = states_[feed];
      ++state.requests;
      if (time < state.not_before) ++outcome_.too_early;
      poller.Poll({}, state.lease);
      due.emplace(now_ + state.next_in, feed);
    }
    Count();
    return std::move(outcome_);
  }

  Time Now() const override { return now_; }

 private:
  struct State {
    Lease lease;
    Time first_poll{};
    Time not_before{};
    milliseconds next_in{0};
    std::set<std::string> known;
    std::int64_t requests = 0;
  };

  Result<FetchedDocument> Fetch(const Context&, const std::string& url, const Validators& validators) override {
    FeedModel& feed = feeds_[at_];
    State& state = states_[at_];
    state.not_before = now_ + bounds_.floor;
    if (state.first_poll == Time()) {
      state.first_poll = now_;
    } else {
      ++outcome_.later;
      outcome_.conditional += !validators.etag.empty() || !validators.last_modified.empty();
    }
    FetchedDocument document;
    document.url = url;
    for (const Outage& outage : feed.outages) {
      if (now_ < outage.from || now_ >= outage.to) continue;
      if (outage.status == 0) return Fail(Code::kDeadlineExceeded, "no answer");
      document.status = outage.status;
      document.retry_after = outage.retry_after;
      if (outage.retry_after) state.not_before = std::max(state.not_before, now_ + Time::duration(*outage.retry_after));
      return document;
    }
    const auto end = std::ranges::upper_bound(feed.items, now_, {}, &Item::appeared);
    const auto count = static_cast<std::size_t>(end - feed.items.begin());
    const std::string etag = "\"" + std::to_string(count) + "\"";
    document.fresh_for = feed.max_age;
    state.not_before = std::max(state.not_before, now_ + Time::duration(feed.max_age.value_or(seconds(0))));
    state.not_before = std::max(state.not_before, now_ + Time::duration(feed.ttl));
    if (feed.validators) document.validators.etag = etag;
    if (feed.validators && validators.etag == etag) {
      document.status = 304;
      return document;
    }
    document.status = 200;
    document.body = "<rss version=\"2.0\"><channel><title>T</title>";
    if (feed.ttl.count() > 0) document.body += fmt::format("<ttl>{}</ttl>", feed.ttl.count());
    for (std::size_t i = count; i-- > 0 && count - i <= kWindow;) {
      const std::string date =
          feed.dated ? "<pubDate>" + FormatHttpDate(feed.items[i].appeared) + "</pubDate>" : std::string();
      document.body +=
          fmt::format("<item><title>Item {0}</title><guid isPermaLink=\"false\">{0}</guid>{1}</item>", i, date);
    }
    document.body += "</channel></rss>";
    return document;
  }
  Result<int> Probe(const Context&, const std::string&) override { return 200; }

  Result<std::optional<Lease>> Claim() override { return std::nullopt; }
  Result<void> Renew(const Lease&) override { return {}; }
  Result<void> Release(const Lease&) override { return {}; }
  Result<std::optional<milliseconds>> UntilNextDue() override { return std::nullopt; }
  Result<void> Finish(const Lease&, const PollResult& result) override {
    State& state = states_[at_];
    Lease& lease = state.lease;
    state.next_in = result.next_in;
    lease.consecutive_failures = result.error.empty() ? 0 : lease.consecutive_failures + 1;
    if (result.error.empty()) lease.last_success_time = now_;
    if (result.validators) lease.validators = *result.validators;
    if (result.rhythm) lease.rhythm = Rhythm::Decode(result.rhythm->Encode());
    if (result.hints) lease.hints = *result.hints;
    return {};
  }
  Result<Taken> Take(const Lease&, Time, std::span<const RecognisedItem> items) override {
    State& state = states_[at_];
    Taken taken;
    for (const RecognisedItem& item : items) {
      if (!state.known.insert(item.external_id).second) continue;
      ++taken.fresh;
      taken.fresh_published.push_back(item.published_time);
      feeds_[at_].items[static_cast<std::size_t>(std::atoi(item.external_id.c_str()))].taken = now_;
    }
    return taken;
  }
  Result<int> Remove(const Lease&, std::span<const std::string>, RemovalReason) override { return 0; }
  Result<std::optional<VanishedItem>> Vanished(const Lease&, std::span<const RecognisedItem>) override {
    return std::nullopt;
  }
  Result<int> MarkChecked(const Lease&, const std::string&, bool) override { return 0; }
  Result<void> Keep(const Lease&, Time, const FetchedDocument&) override { return {}; }

  void Count() {
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
      for (Tally* tally : {&outcome_.all, &outcome_.by_kind[static_cast<int>(feeds_[i].kind)]}) {
        tally->requests += states_[i].requests;
        tally->feed_days += 7;
        for (const Item& item : feeds_[i].items) {
          if (item.appeared < states_[i].first_poll) continue;
          // What the week's end cut off has waited at least so long.
          const Time until = item.taken.value_or(kStart + kWeek);
          const bool in_window = item.taken || item.appeared > kStart + kWeek - hours(6);
          if (!in_window) ++tally->lost;
          tally->waits.push_back(std::chrono::duration<double, std::ratio<60>>(until - item.appeared).count());
        }
      }
    }
  }

  std::vector<FeedModel> feeds_;
  PollBounds bounds_;
  std::vector<State> states_;
  Outcome outcome_;
  Time now_{};
  std::size_t at_ = 0;
};

double Quantile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

void Print(const char* name, const char* kind, const Tally& tally) {
  fmt::print(
      "{:<10} {:<9} {:>8} items   wait p50 {:>6.1f} min  p95 {:>6.1f} min   {:>6.1f} requests/feed/day   {} lost\n",
      name, kind, tally.waits.size(), Quantile(tally.waits, 0.5), Quantile(tally.waits, 0.95),
      static_cast<double>(tally.requests) / tally.feed_days, tally.lost);
}

}  // namespace

int main() {
  Random random(20261124);
  std::vector<FeedModel> feeds;
  for (int i = 0; i < kFeeds; ++i) feeds.push_back(Draw(random));
  fmt::print("{} feeds, 7 days: rhythm between 5 minutes and 3 hours, beside fixed 60 minutes\n", kFeeds);
  const Outcome rhythm = Week(feeds, {.floor = minutes(5), .ceiling = hours(3)}).Play();
  const Outcome fixed = Week(feeds, {.floor = minutes(60), .ceiling = minutes(60)}).Play();
  for (int kind = 0; kind < 5; ++kind) {
    Print("rhythm", kKindNames[kind], rhythm.by_kind[kind]);
    Print("fixed", kKindNames[kind], fixed.by_kind[kind]);
  }
  Print("rhythm", "all", rhythm.all);
  Print("fixed", "all", fixed.all);
  const double conditional = static_cast<double>(rhythm.conditional) / static_cast<double>(rhythm.later);
  fmt::print("conditional: {:.2f} % of {} later polls; too early: {} of {}\n", 100 * conditional, rhythm.later,
             rhythm.too_early + fixed.too_early, rhythm.all.requests + fixed.all.requests);
  const bool good = rhythm.too_early == 0 && fixed.too_early == 0 && conditional >= kConditionalAim &&
                    rhythm.all.requests < fixed.all.requests && rhythm.all.lost <= fixed.all.lost &&
                    Quantile(rhythm.all.waits, 0.95) < Quantile(fixed.all.waits, 0.95);
  fmt::print("{}\n", good ? "all aims reached" : "AN AIM WAS MISSED");
  return good ? 0 : 1;
}
