#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "libs/bus/delivery.h"
#include "libs/bus/kafka_client.h"
#include "libs/bus/metrics.h"

namespace kimberlite::bus {

// One client of the cluster and the thread that reads from it and hands over one event after another.
class KafkaLoop {
 public:
  using PartitionId = std::pair<std::string, std::int32_t>;  // topic, partition

  // A member of the policy's group. All references outlive the loop.
  KafkaLoop(const Options& options, const DeliveryPolicy& policy, const std::vector<std::string>& topics);
  // A broadcast: reads all partitions from places of its own.
  KafkaLoop(const Options& options, const DeliveryPolicy& policy, const BroadcastSubscription& broadcast);

  // Runs until stopped, after the event in hand; then the places are kept and the group is left. A client that fails
  // for good is made anew.
  void Run(const std::stop_token& stop);

  // From any thread: when the brokers of this loop's partitions were last heard, all of them.
  Time last_heard() const { return last_heard_; }

 private:
  struct Pending {
    Event event;
    Position position;
  };
  struct Partition {
    Delivery delivery;
    std::optional<Pending> pending;               // to be tried again; the partition is paused
    std::chrono::steady_clock::time_point moved;  // when it last gave an event, or had none
  };

  Result<void> Connect();
  Result<void> JoinGroup();
  Result<void> BeginBroadcast();
  void Disconnect();
  void Close();
  bool Turn(const std::stop_token& stop);
  void TakeUp(KafkaMessage message);
  bool TakeError(const rd_kafka_message_t& message);
  void Try(const PartitionId& id, Partition& partition, const Event& event, const Position& position);
  void Passed(const PartitionId& id, const Position& position);
  void Pause(const PartitionId& id, bool pause);
  void Rebalance(rd_kafka_t* client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions);
  void ReadStatistics(std::string_view json);

  static void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions,
                          void* self);
  static int OnStatistics(rd_kafka_t* client, char* json, std::size_t size, void* self);
  static void OnError(rd_kafka_t* client, int error, const char* reason, void* self);

  const Options& options_;
  const DeliveryPolicy& policy_;
  const std::vector<std::string>& topics_;
  const BroadcastSubscription* const broadcast_;  // null for a group

  KafkaClient client_;
  std::map<PartitionId, Partition> partitions_;  // assigned to this loop
  std::map<PartitionId, std::int64_t> places_;   // of a broadcast that has begun: next offsets
  metrics::Lag lag_{policy_.group};
  bool begun_ = false;
  bool stuck_ = false;
  std::chrono::steady_clock::time_point empty_poll_{};  // when last nothing that was fetched waited to be taken
  std::atomic<Time> last_heard_{};
};

}  // namespace kimberlite::bus
