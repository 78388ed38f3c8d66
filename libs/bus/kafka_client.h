#pragma once

#include <librdkafka/rdkafka.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "libs/bus/bus.h"

// librdkafka's handles, and what all its clients here have in common.
namespace kimberlite::bus {

template <typename T, void (*destroy)(T*)>
struct KafkaCloser {
  void operator()(T* handle) const { destroy(handle); }
};
template <typename T, void (*destroy)(T*)>
using KafkaHandle = std::unique_ptr<T, KafkaCloser<T, destroy>>;

using KafkaClient = KafkaHandle<rd_kafka_t, rd_kafka_destroy>;
using KafkaConf = KafkaHandle<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using KafkaMessage = KafkaHandle<rd_kafka_message_t, rd_kafka_message_destroy>;
using KafkaQueue = KafkaHandle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using KafkaEvent = KafkaHandle<rd_kafka_event_t, rd_kafka_event_destroy>;
using KafkaPartitions = KafkaHandle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

// Largest message of a topic: an event with its attributes and a dead letter's additional headers.
inline constexpr std::size_t kMaxKafkaMessageBytes = kMaxEventBytes + (64 << 10);

// How long a question to the cluster may take.
inline constexpr int kKafkaRequestMs = 3000;

// UNAVAILABLE for what may pass, NOT_FOUND for a topic that does not exist, else INTERNAL.
Error KafkaError(rd_kafka_resp_err_t error, const std::string& what);

// Settings common to all clients, and those given. A name or value that librdkafka does not know is a defect: aborts.
KafkaConf NewKafkaConf(const Options& options, std::initializer_list<std::pair<const char*, std::string>> settings);

// Takes the configuration whether it works or not.
Result<KafkaClient> NewKafkaClient(rd_kafka_type_t type, KafkaConf conf);

// The number of a topic's partitions; NOT_FOUND when it does not exist.
Result<std::int32_t> KafkaPartitionCount(rd_kafka_t* client, const std::string& topic);

}  // namespace kimberlite::bus
