#include "libs/bus/postgres_bus.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <thread>

#include "libs/base/id.h"
#include "libs/bus/delivery.h"
#include "libs/bus/metrics.h"
#include "libs/bus/postgres_group.h"
#include "libs/bus/postgres_log.h"
#include "libs/bus/postgres_loop.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus {
namespace {

using std::chrono::milliseconds;

// A stoppable wait. False when stopped.
class Pause {
 public:
  bool For(const std::stop_token& stop, milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
};

// What the publishers and consumers of one bus share.
class Core {
 public:
  explicit Core(const Options& options)
      : options_(options),
        pool_({.url = options.postgres_url,
               .connections = 16,
               .application_name = "kimberlite-bus " + options.client_name}),
        log_(&pool_) {}

  const Options& options() const { return options_; }
  pg::Pool& pool() { return pool_; }
  PostgresLog& log() { return log_; }

  // Calls `wake(topic)` after appends, from the listener's thread, until RemoveListener.
  int AddListener(std::function<void(std::string_view topic)> wake) {
    const std::lock_guard lock(mutex_);
    listeners_.emplace(++last_listener_, std::move(wake));
    if (!channel_) {
      channel_ = std::make_unique<pg::Listener>(options_.postgres_url, kBusChannel, [this](std::string_view topic) {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, listener] : listeners_) listener(topic);
      });
      retention_ = std::jthread([this](std::stop_token stop) { Retain(stop); });
    }
    return last_listener_;
  }
  void RemoveListener(int id) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(id);
  }

  // A dead-letter topic that nobody has created is made on the spot: its event would hold the partition back.
  Result<void> AppendDeadLetter(const Event& letter) {
    auto done = log_.Append({&letter, 1});
    if (done || done.error().code() != Code::kNotFound) return done;
    KIMBERLITE_RETURN_IF_ERROR(log_.EnsureTopic(letter.topic, 1));
    return log_.Append({&letter, 1});
  }

 private:
  // Every process that consumes does this; meeting another at it is harmless.
  void Retain(const std::stop_token& stop) {
    Pause pause;
    while (pause.For(stop, std::chrono::minutes(1))) {
      auto deleted = log_.DeleteBefore(SystemClock().Now() - std::chrono::days(7), stop);
      if (!deleted) {
        telemetry::Warning("old events not deleted from the bus, will be tried again",
                           {{"error", deleted.error().ToString()}});
      } else if (*deleted > 0) {
        telemetry::Info("old events deleted from the bus", {{"events", *deleted}});
      }
    }
  }

  const Options options_;
  pg::Pool pool_;
  PostgresLog log_;
  std::mutex mutex_;
  std::map<int, std::function<void(std::string_view)>> listeners_;
  int last_listener_ = 0;
  std::unique_ptr<pg::Listener> channel_;
  std::jthread retention_;
};

class PostgresPublisher final : public Publisher {
 public:
  explicit PostgresPublisher(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  Result<void> Publish(std::span<const Event> events) override {
    for (const Event& event : events) KIMBERLITE_RETURN_IF_ERROR(CheckEvent(event));
    return core_->log().Append(events);
  }

 private:
  std::shared_ptr<Core> core_;
};

// Loops that handle, and a thread that takes part in the group for them: it goes on saying that this member is alive
// while handlers work.
class GroupConsumer final : public Consumer {
 public:
  GroupConsumer(std::shared_ptr<Core> core, GroupSubscription subscription)
      : core_(std::move(core)),
        topics_(std::move(subscription.topics)),
        policy_{.group = std::move(subscription.group),
                .handler = std::move(subscription.handler),
                .set_aside = [this](const Event& letter) { return core_->AppendDeadLetter(letter); }},
        group_(&core_->pool(), policy_.group, core_->options().client_name + "-" + RandomHex(8), topics_) {
    for (int i = 0; i < std::max(1, subscription.threads); ++i) {
      loops_.push_back(std::make_unique<PartitionLoop>(
          &core_->log(), &policy_,
          [this](std::span<const PostgresGroup::Progress> progress) { return group_.Commit(progress); }));
    }
    for (const auto& loop : loops_) {
      threads_.emplace_back([loop = loop.get()](std::stop_token stop) { loop->Run(stop); });
    }
    listener_ = core_->AddListener([this](std::string_view topic) {
      for (const auto& loop : loops_) loop->Wake(topic);
    });
    membership_ = std::jthread([this](std::stop_token stop) { TakePart(stop); });
  }

  ~GroupConsumer() override {
    core_->RemoveListener(listener_);
    membership_.request_stop();
    membership_.join();
    for (std::jthread& thread : threads_) thread.request_stop();
    threads_.clear();
    if (auto left = group_.Leave(); !left) {
      telemetry::Warning("group not left; the others wait until this member expires",
                         {{"group", policy_.group}, {"error", left.error().ToString()}});
    }
  }

  Time last_heard() const override {
    Time latest = last_heartbeat_;  // a member without partitions hears no more than that
    for (const auto& loop : loops_) latest = std::max(latest, loop->last_heard());
    return latest;
  }

 private:
  void TakePart(const std::stop_token& stop) {
    constexpr milliseconds kEvery{500};
    Pause pause;
    Backoff trouble;
    bool healthy = true;
    do {
      auto done = Rebalance();
      if (done) {
        if (!healthy) telemetry::Info("group rejoined", {{"group", policy_.group}});
        healthy = true;
        trouble.Reset();
        continue;
      }
      healthy = false;
      telemetry::Warning("group not reached, will be tried again",
                         {{"group", policy_.group}, {"error", done.error().ToString()}});
      if (!pause.For(stop, trouble.Next())) return;
    } while (pause.For(stop, kEvery));
  }

  Result<void> Rebalance() {
    const Time asked = SystemClock().Now();
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<PostgresGroup::Share> shares, group_.Heartbeat());
    last_heartbeat_ = asked;
    std::vector<std::map<PartitionId, std::int64_t>> held;
    for (const auto& loop : loops_) held.push_back(loop->held());
    std::vector<PartitionId> claims;
    std::map<std::string, std::int64_t> lag;
    for (const std::string& topic : topics_) lag[topic] = 0;
    for (const PostgresGroup::Share& share : shares) {
      if (share.mine) lag[share.partition.first] += share.lag;
      const auto loop =
          std::ranges::find_if(held, [&](const auto& partitions) { return partitions.contains(share.partition); });
      if (loop == held.end()) {
        if (share.wanted && share.free) claims.push_back(share.partition);
        continue;
      }
      const std::int64_t epoch = loop->at(share.partition);
      const bool lost = !share.mine || share.epoch != epoch;
      if (lost || !share.wanted)
        loops_[static_cast<std::size_t>(loop - held.begin())]->Revoke(share.partition, epoch, lost);
    }
    for (const auto& [topic, events] : lag) lag_.Set(topic, events);
    if (claims.empty()) return {};
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<PostgresGroup::Claimed> claimed, group_.Claim(claims));
    for (const PostgresGroup::Claimed& one : claimed) {
      const auto least = std::ranges::min_element(held, {}, [](const auto& partitions) { return partitions.size(); });
      (*least)[one.partition] = one.epoch;
      loops_[static_cast<std::size_t>(least - held.begin())]->Assign(one);
    }
    telemetry::Info("partitions taken", {{"group", policy_.group}, {"partitions", claimed.size()}});
    return {};
  }

  const std::shared_ptr<Core> core_;
  const std::vector<std::string> topics_;
  const DeliveryPolicy policy_;
  PostgresGroup group_;
  std::vector<std::unique_ptr<PartitionLoop>> loops_;
  std::vector<std::jthread> threads_;
  std::atomic<Time> last_heartbeat_{};
  metrics::Lag lag_{policy_.group};
  int listener_ = 0;
  std::jthread membership_;
};

class BroadcastConsumer final : public Consumer {
 public:
  BroadcastConsumer(std::shared_ptr<Core> core, BroadcastSubscription subscription)
      : core_(std::move(core)),
        subscription_(std::move(subscription)),
        policy_{.handler = subscription_.handler},
        loop_(&core_->log(), &policy_, nullptr) {
    listener_ = core_->AddListener([this](std::string_view topic) { loop_.Wake(topic); });
    for (const Position& place : subscription_.start) places_[{place.topic, place.partition}] = place.offset;
    thread_ = std::jthread([this](std::stop_token stop) {
      while (Begin(stop)) places_ = loop_.Run(stop);
    });
  }
  ~BroadcastConsumer() override {
    core_->RemoveListener(listener_);
    thread_.request_stop();
    thread_.join();
  }

  Time last_heard() const override { return loop_.last_heard(); }

 private:
  // False when stopped before the places were known and accepted.
  bool Begin(const std::stop_token& stop) {
    Pause pause;
    Backoff trouble;
    while (!stop.stop_requested()) {
      auto done = Start();
      if (done) return true;
      telemetry::Warning("broadcast not begun, will be tried again",
                         {{"topic", subscription_.topics.front()}, {"error", done.error().ToString()}});
      pause.For(stop, trouble.Next());
    }
    return false;
  }

  Result<void> Start() {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<PostgresLog::Extent> extents,
                                core_->log().Extents(subscription_.topics));
    for (const std::string& topic : subscription_.topics) {
      if (!std::ranges::any_of(extents, [&](const auto& extent) { return extent.topic == topic; })) {
        return Fail(Code::kNotFound, "the bus has no topic " + topic);
      }
    }
    std::map<PartitionId, std::int64_t> wanted = places_;
    std::vector<Position> places;
    bool gap = false;
    for (const PostgresLog::Extent& extent : extents) {
      std::int64_t offset = extent.end;
      if (const auto known = wanted.find({extent.topic, extent.partition}); known != wanted.end()) {
        const bool exists = known->second >= extent.first && known->second <= extent.end;
        if (exists) {
          offset = known->second;
        } else {
          telemetry::Warning("place in the bus no longer exists: events were missed", {{"topic", extent.topic},
                                                                                       {"partition", extent.partition},
                                                                                       {"offset", known->second},
                                                                                       {"first_offset", extent.first},
                                                                                       {"end_offset", extent.end}});
          gap = true;
        }
        wanted.erase(known);
      }
      places.push_back({extent.topic, extent.partition, offset});
    }
    if (!wanted.empty()) gap = true;  // a partition that is gone
    if (subscription_.on_start) KIMBERLITE_RETURN_IF_ERROR(subscription_.on_start(places, gap));
    for (const Position& place : places) loop_.Assign({{place.topic, place.partition}, place.offset, 0});
    return {};
  }

  const std::shared_ptr<Core> core_;
  const BroadcastSubscription subscription_;
  const DeliveryPolicy policy_;
  PartitionLoop loop_;
  std::map<PartitionId, std::int64_t> places_;  // where to begin; of the thread once it runs
  int listener_ = 0;
  std::jthread thread_;
};

class PostgresBus final : public Bus {
 public:
  explicit PostgresBus(const Options& options) : core_(std::make_shared<Core>(options)) {}

  Result<void> EnsureTopics(std::span<const std::string> topics, std::span<const std::string> groups) override {
    for (const std::string& topic : topics) {
      KIMBERLITE_RETURN_IF_ERROR(core_->log().EnsureTopic(topic, core_->options().partitions));
      for (const std::string& group : groups) {
        KIMBERLITE_RETURN_IF_ERROR(core_->log().EnsureTopic(DeadLetterTopic(topic, group), 1));
      }
    }
    return {};
  }
  std::unique_ptr<Publisher> NewPublisher() override { return std::make_unique<PostgresPublisher>(core_); }
  std::unique_ptr<Consumer> Subscribe(GroupSubscription subscription) override {
    return std::make_unique<GroupConsumer>(core_, std::move(subscription));
  }
  std::unique_ptr<Consumer> Subscribe(BroadcastSubscription subscription) override {
    return std::make_unique<BroadcastConsumer>(core_, std::move(subscription));
  }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<Bus> NewPostgresBus(const Options& options) { return std::make_unique<PostgresBus>(options); }

}  // namespace kimberlite::bus
