#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "libs/bus/bus.h"

// What becomes of one event after another of one partition, the same for every driver: the handler, its retries, the
// dead letter.
namespace kimberlite::bus {

std::string DeadLetterTopic(std::string_view topic, std::string_view group);

// Doubles from 50 ms to 2 s, less up to a quarter at random.
class Backoff {
 public:
  std::chrono::milliseconds Next();
  void Reset() { doublings_ = 0; }

 private:
  int doublings_ = 0;
};

// What the partitions of one subscription share. Outlives their Deliveries.
struct DeliveryPolicy {
  std::string group;  // empty for a broadcast
  Handler handler;
  // Makes a dead letter durable; empty for a broadcast, which sets nothing aside.
  std::function<Result<void>(const Event& dead_letter)> set_aside;
};

// One partition. Used by one thread at a time.
class Delivery {
 public:
  explicit Delivery(const DeliveryPolicy* policy) : policy_(policy) {}

  // Tries the event at the front of the partition once. True: it is done, handled or set aside. False: call again with
  // the same event, not before not_before().
  bool Try(const Event& event, const Position& position);
  std::chrono::steady_clock::time_point not_before() const { return not_before_; }

 private:
  bool Later();
  bool SetAside(const Event& event, const Position& position);

  const DeliveryPolicy* policy_;
  std::chrono::steady_clock::time_point not_before_{};
  Backoff backoff_;
  int attempts_ = 0;
  std::optional<Error> verdict_;  // why the event is to be set aside, until it is
};

}  // namespace kimberlite::bus
