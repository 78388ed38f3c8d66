#include "libs/bus/kafka_bus.h"

#include <algorithm>
#include <thread>

#include "libs/bus/delivery.h"
#include "libs/bus/kafka_loop.h"
#include "libs/bus/kafka_producer.h"

namespace kimberlite::bus {
namespace {

// What the publishers and consumers of one bus share.
struct Core {
  explicit Core(const Options& given) : options(given), producer(given) {}
  const Options options;
  KafkaProducer producer;
};

class KafkaPublisher final : public Publisher {
 public:
  explicit KafkaPublisher(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  Result<void> Publish(std::span<const Event> events) override {
    for (const Event& event : events) KIMBERLITE_RETURN_IF_ERROR(CheckEvent(event));
    return core_->producer.Produce(events);
  }

 private:
  std::shared_ptr<Core> core_;
};

// Loops in threads of their own. Each of a group is a member of its own: Kafka spreads the partitions over them.
class KafkaConsumer final : public Consumer {
 public:
  KafkaConsumer(std::shared_ptr<Core> core, GroupSubscription subscription)
      : core_(std::move(core)),
        topics_(std::move(subscription.topics)),
        policy_{.group = std::move(subscription.group),
                .handler = std::move(subscription.handler),
                .set_aside = [this](const Event& letter) { return core_->producer.ProduceDeadLetter(letter); }} {
    for (int i = 0; i < std::max(1, subscription.threads); ++i) {
      loops_.push_back(std::make_unique<KafkaLoop>(core_->options, policy_, topics_));
    }
    Start();
  }
  KafkaConsumer(std::shared_ptr<Core> core, BroadcastSubscription subscription)
      : core_(std::move(core)), broadcast_(std::move(subscription)), policy_{.handler = broadcast_.handler} {
    loops_.push_back(std::make_unique<KafkaLoop>(core_->options, policy_, broadcast_));
    Start();
  }
  ~KafkaConsumer() override {
    for (std::jthread& thread : threads_) thread.request_stop();
    threads_.clear();
  }

  Time last_heard() const override {
    Time latest{};
    for (const auto& loop : loops_) latest = std::max(latest, loop->last_heard());
    return latest;
  }

 private:
  void Start() {
    for (const auto& loop : loops_) {
      threads_.emplace_back([loop = loop.get()](std::stop_token stop) { loop->Run(stop); });
    }
  }

  const std::shared_ptr<Core> core_;
  const std::vector<std::string> topics_;
  const BroadcastSubscription broadcast_;
  const DeliveryPolicy policy_;
  std::vector<std::unique_ptr<KafkaLoop>> loops_;
  std::vector<std::jthread> threads_;
};

class KafkaBus final : public Bus {
 public:
  explicit KafkaBus(const Options& options) : core_(std::make_shared<Core>(options)) {}

  Result<void> EnsureTopics(std::span<const std::string> topics, std::span<const std::string> groups) override {
    std::vector<KafkaProducer::NewTopic> wanted;
    for (const std::string& topic : topics) {
      wanted.push_back({topic, core_->options.partitions});
      for (const std::string& group : groups) wanted.push_back({DeadLetterTopic(topic, group), 1});
    }
    if (wanted.empty()) return {};
    return core_->producer.CreateTopics(wanted);
  }
  std::unique_ptr<Publisher> NewPublisher() override { return std::make_unique<KafkaPublisher>(core_); }
  std::unique_ptr<Consumer> Subscribe(GroupSubscription subscription) override {
    return std::make_unique<KafkaConsumer>(core_, std::move(subscription));
  }
  std::unique_ptr<Consumer> Subscribe(BroadcastSubscription subscription) override {
    return std::make_unique<KafkaConsumer>(core_, std::move(subscription));
  }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<Bus> NewKafkaBus(const Options& options) { return std::make_unique<KafkaBus>(options); }

}  // namespace kimberlite::bus
