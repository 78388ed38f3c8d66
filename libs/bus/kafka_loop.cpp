#include "libs/bus/kafka_loop.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "libs/bus/kafka_codec.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Also how long a stop or a repetition may have to wait.
constexpr milliseconds kPoll{100};
constexpr std::chrono::seconds kLeave{1};
// A partition that has events and gives none for so long is taken for stuck, unless events of others, fetched before,
// still wait for their turn.
constexpr std::chrono::seconds kStuck{30};

KafkaPartitions ListOf(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  return list;
}

}  // namespace

KafkaLoop::KafkaLoop(const Options& options, const DeliveryPolicy& policy, const std::vector<std::string>& topics)
    : options_(options), policy_(policy), topics_(topics), broadcast_(nullptr) {}

KafkaLoop::KafkaLoop(const Options& options, const DeliveryPolicy& policy, const BroadcastSubscription& broadcast)
    : options_(options), policy_(policy), topics_(broadcast.topics), broadcast_(&broadcast) {}

void KafkaLoop::Run(const std::stop_token& stop) {
  Backoff trouble;
  std::mutex mutex;
  std::condition_variable_any changed;
  while (!stop.stop_requested()) {
    auto connected = Connect();
    if (connected) {
      trouble.Reset();
      while (!stop.stop_requested() && Turn(stop)) {
      }
    } else {
      telemetry::Warning(
          "consumer not begun, will be tried again",
          {{"group", policy_.group}, {"topic", topics_.front()}, {"error", connected.error().ToString()}});
    }
    Disconnect();
    if (stop.stop_requested()) return;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, trouble.Next(), [] { return false; });
  }
}

Result<void> KafkaLoop::Connect() {
  KafkaConf conf =
      NewKafkaConf(options_, {// A broadcast commits nothing and joins nothing, but librdkafka wants a name.
                              {"group.id", broadcast_ ? "kimberlite-broadcast" : policy_.group},
                              {"partition.assignment.strategy", "range"},
                              {"session.timeout.ms", "6000"},
                              {"heartbeat.interval.ms", "500"},
                              {"max.poll.interval.ms", "60000"},
                              {"enable.auto.commit", broadcast_ ? "false" : "true"},
                              {"auto.commit.interval.ms", "200"},
                              {"enable.auto.offset.store", "false"},
                              {"auto.offset.reset", broadcast_ ? "error" : "earliest"},
                              {"fetch.wait.max.ms", "100"},
                              {"fetch.error.backoff.ms", "100"},
                              {"queued.min.messages", "1000"},
                              {"statistics.interval.ms", "500"}});
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_stats_cb(conf.get(), OnStatistics);
  rd_kafka_conf_set_error_cb(conf.get(), OnError);
  if (!broadcast_) rd_kafka_conf_set_rebalance_cb(conf.get(), OnRebalance);
  KIMBERLITE_ASSIGN_OR_RETURN(client_, NewKafkaClient(RD_KAFKA_CONSUMER, std::move(conf)));
  rd_kafka_poll_set_consumer(client_.get());
  stuck_ = false;
  return broadcast_ ? BeginBroadcast() : JoinGroup();
}

Result<void> KafkaLoop::JoinGroup() {
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(topics_.size())));
  for (const std::string& topic : topics_) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto error = rd_kafka_subscribe(client_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(KafkaError(error, "group " + policy_.group));
  return {};
}

Result<void> KafkaLoop::BeginBroadcast() {
  std::map<PartitionId, std::int64_t> wanted = places_;
  if (!begun_) {
    for (const Position& place : broadcast_->start) wanted[{place.topic, place.partition}] = place.offset;
  }
  std::vector<Position> places;
  bool gap = false;
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(8));
  for (const std::string& topic : topics_) {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::int32_t count, KafkaPartitionCount(client_.get(), topic));
    for (std::int32_t partition = 0; partition < count; ++partition) {
      std::int64_t first = 0, end = 0;
      const auto error =
          rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition, &first, &end, kKafkaRequestMs);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(KafkaError(error, "ends of " + topic));
      std::int64_t offset = end;
      if (const auto known = wanted.find({topic, partition}); known != wanted.end()) {
        if (known->second >= first && known->second <= end) {
          offset = known->second;
        } else {
          gap = true;
          telemetry::Warning("place in the bus no longer exists: events were missed", {{"topic", topic},
                                                                                       {"partition", partition},
                                                                                       {"offset", known->second},
                                                                                       {"first_offset", first},
                                                                                       {"end_offset", end}});
        }
        wanted.erase(known);
      }
      places.push_back({topic, partition, offset});
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
    }
  }
  if (!wanted.empty()) gap = true;  // a partition that is gone
  if (broadcast_->on_start && (!begun_ || gap)) KIMBERLITE_RETURN_IF_ERROR(broadcast_->on_start(places, gap));
  begun_ = true;
  places_.clear();
  for (const Position& place : places) {
    places_[{place.topic, place.partition}] = place.offset;
    partitions_.emplace(PartitionId{place.topic, place.partition},
                        Partition{.delivery = Delivery(&policy_), .moved = steady_clock::now()});
  }
  const auto error = rd_kafka_assign(client_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(KafkaError(error, "partitions of " + topics_.front()));
  return {};
}

void KafkaLoop::Disconnect() {
  if (!client_) return;
  Close();
  partitions_.clear();
  lag_.Clear();
  rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

// Commits and leaves the group; waits for brokers that do not answer, but not for ever.
void KafkaLoop::Close() {
  // Everything for the consumer, unread events too, goes to this queue from here on. It must be gone before the client
  // is destroyed, which would wait for the partitions that those events refer to.
  const KafkaQueue queue(rd_kafka_queue_new(client_.get()));
  if (rd_kafka_error_t* error = rd_kafka_consumer_close_queue(client_.get(), queue.get())) {
    telemetry::Warning("consumer not closed", {{"group", policy_.group}, {"error", rd_kafka_error_string(error)}});
    rd_kafka_error_destroy(error);
    return;
  }
  const auto deadline = steady_clock::now() + kLeave;
  while (!rd_kafka_consumer_closed(client_.get())) {
    if (steady_clock::now() > deadline) {
      telemetry::Warning("brokers do not answer the closing consumer; its last events may be handled again",
                         {{"group", policy_.group}});
      return;
    }
    const KafkaEvent event(rd_kafka_queue_poll(queue.get(), 20));
    if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
      Rebalance(client_.get(), rd_kafka_event_error(event.get()), rd_kafka_event_topic_partition_list(event.get()));
    }
  }
  while (KafkaEvent(rd_kafka_queue_poll(queue.get(), 0))) {
  }
}

// False when the client must be made anew.
bool KafkaLoop::Turn(const std::stop_token& stop) {
  auto due = steady_clock::now() + kPoll;
  for (auto& [id, partition] : partitions_) {
    if (!partition.pending) continue;
    if (stop.stop_requested()) return true;
    if (steady_clock::now() >= partition.delivery.not_before()) {
      const Pending pending = *partition.pending;
      Try(id, partition, pending.event, pending.position);
    }
    if (partition.pending) due = std::min(due, partition.delivery.not_before());
  }
  const auto wait = std::chrono::ceil<milliseconds>(due - steady_clock::now());
  KafkaMessage message(
      rd_kafka_consumer_poll(client_.get(), static_cast<int>(std::max<std::int64_t>(0, wait.count()))));
  if (message) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      TakeUp(std::move(message));
    } else if (!TakeError(*message)) {
      return false;
    }
  } else {
    empty_poll_ = steady_clock::now();
  }
  if (stuck_) return false;
  char why[512];
  if (rd_kafka_fatal_error(client_.get(), why, sizeof why) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    telemetry::LogError("kafka consumer failed for good and is made anew", {{"group", policy_.group}, {"error", why}});
    return false;
  }
  return true;
}

void KafkaLoop::TakeUp(KafkaMessage message) {
  const Position position{rd_kafka_topic_name(message->rkt), message->partition, message->offset};
  const PartitionId id{position.topic, position.partition};
  const auto partition = partitions_.find(id);
  if (partition == partitions_.end()) return;  // revoked since it was fetched; its new owner gets it
  partition->second.moved = steady_clock::now();
  Try(id, partition->second, DecodeMessage(*message), position);
}

void KafkaLoop::Try(const PartitionId& id, Partition& partition, const Event& event, const Position& position) {
  const bool done = partition.delivery.Try(event, position);
  if (done) {
    Passed(id, position);
    if (partition.pending) Pause(id, false);
    partition.pending.reset();
    partition.moved = steady_clock::now();
  } else if (!partition.pending) {
    // Reading goes on for the other partitions, and with it the membership.
    Pause(id, true);
    partition.pending = Pending{event, position};
  }
}

void KafkaLoop::Passed(const PartitionId& id, const Position& position) {
  if (broadcast_) {
    places_[id] = position.offset + 1;
    return;
  }
  // Committed within auto.commit.interval.ms, when the partition is revoked, and at the end.
  const KafkaPartitions list = ListOf(position.topic, position.partition, position.offset + 1);
  const auto error = rd_kafka_offsets_store(client_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    telemetry::Warning("place not kept; the event will be handled again", {{"group", policy_.group},
                                                                           {"topic", position.topic},
                                                                           {"partition", position.partition},
                                                                           {"offset", position.offset},
                                                                           {"error", rd_kafka_err2str(error)}});
  }
}

void KafkaLoop::Pause(const PartitionId& id, bool pause) {
  const KafkaPartitions list = ListOf(id.first, id.second, RD_KAFKA_OFFSET_INVALID);
  const auto error = pause ? rd_kafka_pause_partitions(client_.get(), list.get())
                           : rd_kafka_resume_partitions(client_.get(), list.get());
  const auto each = list->elems[0].err;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && each == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  telemetry::LogError("partition not paused or resumed",
                      {{"group", policy_.group},
                       {"topic", id.first},
                       {"partition", id.second},
                       {"pause", pause},
                       {"error", rd_kafka_err2str(error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : each)}});
  stuck_ = true;
}

// False when the client must be made anew.
bool KafkaLoop::TakeError(const rd_kafka_message_t& message) {
  const std::string topic = message.rkt ? rd_kafka_topic_name(message.rkt) : "";
  telemetry::Warning("kafka consumer error", {{"group", policy_.group},
                                              {"topic", topic},
                                              {"partition", message.partition},
                                              {"offset", message.offset},
                                              {"error", rd_kafka_err2name(message.err)},
                                              {"detail", rd_kafka_message_errstr(&message)}});
  // A broadcast's place is gone: beginning anew finds the gap and tells it.
  return !(broadcast_ && message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET);
}

void KafkaLoop::Rebalance(rd_kafka_t* client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions) {
  // What was pending is forgotten: it was not stored, so the next owner is given it again. A pause would outlast the
  // assignment.
  for (const auto& [id, partition] : partitions_) {
    if (partition.pending) Pause(id, false);
  }
  partitions_.clear();
  if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    rd_kafka_assign(client, nullptr);  // commits what is stored
    return;
  }
  for (int i = 0; i < partitions->cnt; ++i) {
    const auto& one = partitions->elems[i];
    partitions_.emplace(PartitionId{one.topic, one.partition},
                        Partition{.delivery = Delivery(&policy_), .moved = steady_clock::now()});
  }
  const auto error = rd_kafka_assign(client, partitions);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    telemetry::LogError("partitions not taken", {{"group", policy_.group}, {"error", rd_kafka_err2str(error)}});
    stuck_ = true;
    return;
  }
  telemetry::Info("partitions taken", {{"group", policy_.group}, {"partitions", partitions->cnt}});
}

void KafkaLoop::OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions,
                            void* self) {
  static_cast<KafkaLoop*>(self)->Rebalance(client, what, partitions);
}

void KafkaLoop::OnError(rd_kafka_t*, int error, const char* reason, void* self) {
  telemetry::Warning("kafka not reached; the client goes on trying",
                     {{"group", static_cast<KafkaLoop*>(self)->policy_.group},
                      {"error", rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(error))},
                      {"detail", reason}});
}

int KafkaLoop::OnStatistics(rd_kafka_t*, char* json, std::size_t size, void* self) {
  static_cast<KafkaLoop*>(self)->ReadStatistics({json, size});
  return 0;
}

// librdkafka's statistics tell, for each broker, how long ago anything came from it. While a partition is read, its
// leader answers at least every fetch.wait.max.ms, so the longest silence of a leader is the age of what we know.
void KafkaLoop::ReadStatistics(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return;
  std::map<int, std::int64_t> silence;  // of connected brokers, by node: microseconds
  std::optional<std::int64_t> nearest;
  for (const auto& [name, broker] : json.at("brokers").items()) {
    const auto idle = broker.value<std::int64_t>("rxidle", -1);
    if (broker.value("state", "") != "UP" || idle < 0) continue;
    nearest = std::min(nearest.value_or(idle), idle);
    // A node that coordinates the group has a second connection for that, which says nothing about the first.
    if (broker.value("source", "") != "logical") silence[broker.value("nodeid", -1)] = idle;
  }
  std::int64_t longest = 0;
  bool all = true, any = false;
  std::map<std::string, std::int64_t> lag;
  for (const std::string& topic : topics_) lag[topic] = 0;
  for (auto& [id, partition] : partitions_) {
    const auto topic = json.at("topics").find(id.first);
    if (topic == json.at("topics").end()) continue;
    const auto found = topic->at("partitions").find(std::to_string(id.second));
    if (found == topic->at("partitions").end()) continue;
    const auto leader = silence.find(found->value("leader", -1));
    any = true;
    if (leader == silence.end()) {
      all = false;
    } else {
      longest = std::max(longest, leader->second);
    }
    const auto behind = std::max<std::int64_t>(0, found->value<std::int64_t>("consumer_lag", 0));
    lag[id.first] += behind + (partition.pending ? 1 : 0);
    if (behind == 0 || partition.pending) partition.moved = steady_clock::now();
    if (found->value("fetch_state", "") == "active" && empty_poll_ > partition.moved + kStuck) {
      telemetry::LogError("partition has events and gives none; the consumer is made anew",
                          {{"group", policy_.group}, {"topic", id.first}, {"partition", id.second}, {"lag", behind}});
      stuck_ = true;
    }
  }
  for (const auto& [topic, events] : lag) lag_.Set(topic, events);
  if (!any) {
    // A member without partitions hears the group's coordinator, or whoever answers.
    all = nearest.has_value();
    longest = nearest.value_or(0);
  }
  if (all) last_heard_ = std::max(last_heard_.load(), SystemClock().Now() - std::chrono::microseconds(longest));
}

}  // namespace kimberlite::bus
