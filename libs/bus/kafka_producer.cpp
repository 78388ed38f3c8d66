#include "libs/bus/kafka_producer.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <optional>
#include <thread>

#include "libs/bus/kafka_client.h"
#include "libs/bus/kafka_codec.h"
#include "libs/bus/metrics.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus {
namespace {

// A batch whose delivery reports are awaited.
struct Batch {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t waiting = 0;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  Batch& batch = *static_cast<Batch*>(message->_private);
  const std::lock_guard lock(batch.mutex);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    batch.error = message->err;
  } else if (message->offset < 0) {
    // The broker took it for a repetition, and does not say where the first one stands: no proof that it has it.
    batch.error = RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER;
  }
  --batch.waiting;
  batch.changed.notify_all();
}

}  // namespace

struct KafkaProducer::Connection {
  explicit Connection(KafkaClient made)
      : client(std::move(made)), reports([this](std::stop_token stop) {
          while (!stop.stop_requested()) rd_kafka_poll(client.get(), 100);
        }) {}

  std::optional<std::string> FatalError() const {
    char why[512];
    if (rd_kafka_fatal_error(client.get(), why, sizeof why) == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    return why;
  }

  // Writing to a missing topic would wait long for it to appear.
  Result<void> CheckTopic(const std::string& topic) {
    {
      const std::lock_guard lock(mutex);
      if (topics.contains(topic)) return {};
    }
    KIMBERLITE_RETURN_IF_ERROR(KafkaPartitionCount(client.get(), topic));
    const std::lock_guard lock(mutex);
    topics.insert(topic);
    return {};
  }

  KafkaClient client;
  std::mutex mutex;
  std::set<std::string, std::less<>> topics;  // known to exist
  std::jthread reports;                       // calls OnDelivery
};

Result<std::shared_ptr<KafkaProducer::Connection>> KafkaProducer::Connect() {
  const std::lock_guard lock(mutex_);
  if (connection_) {
    const auto fatal = connection_->FatalError();
    if (!fatal) return connection_;
    telemetry::LogError("kafka producer failed for good and is made anew", {{"error", *fatal}});
    connection_.reset();
  }
  // The time-out of a message bounds Produce, and with it the stop of a process whose brokers are away.
  KafkaConf conf = NewKafkaConf(options_, {{"enable.idempotence", "true"},
                                           {"acks", "all"},
                                           // One request at a time to a broker. With more, the second batch of a new
                                           // producer may be taken by a partition's leader that refused the first a
                                           // moment ago, being not yet in office; the first, sent again, then passes
                                           // for a repetition: acknowledged and lost.
                                           {"max.in.flight.requests.per.connection", "1"},
                                           {"linger.ms", "0"},
                                           {"message.timeout.ms", "3000"},
                                           {"message.max.bytes", std::to_string(kMaxKafkaMessageBytes)},
                                           // As its other clients: the same key always falls on the same partition.
                                           {"partitioner", "murmur2_random"}});
  rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
  KIMBERLITE_ASSIGN_OR_RETURN(KafkaClient client, NewKafkaClient(RD_KAFKA_PRODUCER, std::move(conf)));
  connection_ = std::make_shared<Connection>(std::move(client));
  return connection_;
}

Result<void> KafkaProducer::Produce(std::span<const Event> events) {
  if (events.empty()) return {};
  KIMBERLITE_ASSIGN_OR_RETURN(const std::shared_ptr<Connection> connection, Connect());
  for (const Event& event : events) KIMBERLITE_RETURN_IF_ERROR(connection->CheckTopic(event.topic));
  Batch batch;
  std::optional<Error> refused;
  for (const Event& event : events) {
    rd_kafka_headers_t* headers = EncodeHeaders(event);
    while (true) {
      {
        const std::lock_guard lock(batch.mutex);
        ++batch.waiting;
      }
      const auto error = rd_kafka_producev(
          connection->client.get(), RD_KAFKA_V_TOPIC(event.topic.c_str()),
          RD_KAFKA_V_KEY(event.key.data(), event.key.size()),
          RD_KAFKA_V_VALUE(const_cast<char*>(event.payload.data()), event.payload.size()), RD_KAFKA_V_HEADERS(headers),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&batch), RD_KAFKA_V_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      std::unique_lock lock(batch.mutex);
      --batch.waiting;
      if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && batch.waiting > 0) {
        const std::size_t before = batch.waiting;
        batch.changed.wait(lock, [&] { return batch.waiting < before; });
        continue;
      }
      rd_kafka_headers_destroy(headers);
      refused = KafkaError(error, "event " + event.id + " to " + event.topic);
      break;
    }
    if (refused) break;
  }
  // Every report comes, at the latest with the message's time-out; until then they refer to this batch.
  std::unique_lock lock(batch.mutex);
  batch.changed.wait(lock, [&] { return batch.waiting == 0; });
  if (refused) return Fail(std::move(*refused));
  if (batch.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Error error = KafkaError(batch.error, "events not delivered");
    if (error.code() == Code::kNotFound) {
      const std::lock_guard known(connection->mutex);
      connection->topics.clear();
    }
    return Fail(std::move(error));
  }
  std::map<std::string_view, std::int64_t> by_topic;
  for (const Event& event : events) ++by_topic[event.topic];
  for (const auto& [topic, count] : by_topic) metrics::Published(topic, count);
  return {};
}

Result<void> KafkaProducer::ProduceDeadLetter(const Event& letter) {
  auto done = Produce({&letter, 1});
  if (done || done.error().code() != Code::kNotFound) return done;
  KIMBERLITE_RETURN_IF_ERROR(CreateTopics({{letter.topic, 1}}));
  return Produce({&letter, 1});
}

Result<void> KafkaProducer::CreateTopics(const std::vector<NewTopic>& topics) {
  KIMBERLITE_ASSIGN_OR_RETURN(const std::shared_ptr<Connection> connection, Connect());
  rd_kafka_t* client = connection->client.get();
  using Topic = KafkaHandle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
  std::vector<Topic> wanted;
  std::vector<rd_kafka_NewTopic_t*> raw;
  char why[512];
  for (const NewTopic& topic : topics) {
    // -1: as many replicas as the cluster makes by default.
    wanted.emplace_back(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, -1, why, sizeof why));
    if (!wanted.back()) return Fail(Code::kInvalidArgument, "topic " + topic.name + ": " + why);
    rd_kafka_NewTopic_set_config(wanted.back().get(), "cleanup.policy", "delete");
    rd_kafka_NewTopic_set_config(wanted.back().get(), "retention.ms", "604800000");  // 7 days
    rd_kafka_NewTopic_set_config(wanted.back().get(), "max.message.bytes",
                                 std::to_string(kMaxKafkaMessageBytes).c_str());
    raw.push_back(wanted.back().get());
  }
  const KafkaQueue queue(rd_kafka_queue_new(client));
  const KafkaHandle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy> admin(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(admin.get(), kKafkaRequestMs, why, sizeof why);
  rd_kafka_CreateTopics(client, raw.data(), raw.size(), admin.get(), queue.get());
  const KafkaEvent event(rd_kafka_queue_poll(queue.get(), 2 * kKafkaRequestMs));
  if (!event) return Fail(Code::kDeadlineExceeded, "Kafka: no answer about the topics to create");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Fail(KafkaError(rd_kafka_event_error(event.get()), "topics not created"));
  }
  std::size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    return Fail(KafkaError(error, std::string("topic ") + rd_kafka_topic_result_name(results[i]) + " not created"));
  }
  // The controller knows them; brokers hear of it a moment later.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kKafkaRequestMs);
  for (const NewTopic& topic : topics) {
    while (true) {
      auto known = connection->CheckTopic(topic.name);
      if (known) break;
      if (std::chrono::steady_clock::now() > deadline) return known;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  return {};
}

}  // namespace kimberlite::bus
