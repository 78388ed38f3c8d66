#include "libs/bus/kafka_client.h"

#include <cstdio>
#include <cstdlib>

#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus {
namespace {

// What librdkafka has to say, lost and regained connections included. Called from its threads.
void OnLog(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  const telemetry::Level to = level <= 3   ? telemetry::Level::kError
                              : level <= 5 ? telemetry::Level::kWarning
                              : level == 6 ? telemetry::Level::kInfo
                                           : telemetry::Level::kDebug;
  telemetry::Log(to, "kafka client",
                 {{"client", client ? rd_kafka_name(client) : ""}, {"facility", facility}, {"detail", text}});
}

}  // namespace

Error KafkaError(rd_kafka_resp_err_t error, const std::string& what) {
  Code code = Code::kUnavailable;
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: code = Code::kNotFound; break;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: code = Code::kResourceExhausted; break;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: code = Code::kInternal; break;
    default: break;
  }
  return Error(code, "Kafka: " + what + ": " + rd_kafka_err2str(error) + " [" + rd_kafka_err2name(error) + "]");
}

KafkaConf NewKafkaConf(const Options& options, std::initializer_list<std::pair<const char*, std::string>> settings) {
  KafkaConf conf(rd_kafka_conf_new());
  const auto set = [&](const char* name, const std::string& value) {
    char why[512];
    if (rd_kafka_conf_set(conf.get(), name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) {
      std::fprintf(stderr, "bus: librdkafka refuses %s=%s: %s\n", name, value.c_str(), why);
      std::abort();
    }
  };
  set("bootstrap.servers", options.kafka_brokers);
  set("client.id", "kimberlite-" + options.client_name);
  set("socket.nagle.disable", "true");
  set("socket.keepalive.enable", "true");
  set("socket.timeout.ms", "10000");
  set("socket.connection.setup.timeout.ms", "3000");
  set("reconnect.backoff.ms", "50");
  set("reconnect.backoff.max.ms", "1000");
  set("topic.metadata.refresh.interval.ms", "5000");  // until a subscription notices a topic that was missing
  for (const auto& [name, value] : settings) set(name, value);
  rd_kafka_conf_set_log_cb(conf.get(), OnLog);
  return conf;
}

Result<KafkaClient> NewKafkaClient(rd_kafka_type_t type, KafkaConf conf) {
  char why[512];
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), why, sizeof why);
  if (!client) return Fail(Code::kInternal, std::string("Kafka: no client: ") + why);
  static_cast<void>(conf.release());  // the client owns it now
  return KafkaClient(client);
}

Result<std::int32_t> KafkaPartitionCount(rd_kafka_t* client, const std::string& topic) {
  const KafkaHandle<rd_kafka_topic_t, rd_kafka_topic_destroy> handle(
      rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* found = nullptr;
  const auto error = rd_kafka_metadata(client, 0, handle.get(), &found, kKafkaRequestMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(KafkaError(error, "topic " + topic));
  const std::unique_ptr<const rd_kafka_metadata_t, void (*)(const rd_kafka_metadata_t*)> metadata(
      found, rd_kafka_metadata_destroy);
  if (metadata->topic_cnt != 1) return Fail(Code::kNotFound, "the bus has no topic " + topic);
  const auto& answer = metadata->topics[0];
  if (answer.err != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(KafkaError(answer.err, "topic " + topic));
  if (answer.partition_cnt == 0) return Fail(Code::kNotFound, "the bus has no topic " + topic);
  return answer.partition_cnt;
}

}  // namespace kimberlite::bus
