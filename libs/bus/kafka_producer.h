#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "libs/bus/bus.h"

namespace kimberlite::bus {

// Writes to the cluster: events, and topics. Connects when first used. Safe for any thread.
class KafkaProducer {
 public:
  explicit KafkaProducer(const Options& options) : options_(options) {}

  // As Publisher::Publish, without CheckEvent.
  Result<void> Produce(std::span<const Event> events);
  // As Produce for one event; its topic is made when it is missing.
  Result<void> ProduceDeadLetter(const Event& letter);

  struct NewTopic {
    std::string name;
    std::int32_t partitions;
  };
  // Creates those that do not exist and returns when they can be written to.
  Result<void> CreateTopics(const std::vector<NewTopic>& topics);

 private:
  struct Connection;
  Result<std::shared_ptr<Connection>> Connect();

  const Options options_;
  std::mutex mutex_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace kimberlite::bus
