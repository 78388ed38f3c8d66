#include "libs/bus/kafka_codec.h"

#include <charconv>
#include <string_view>

namespace kimberlite::bus {

rd_kafka_headers_t* EncodeHeaders(const Event& event) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(8 + event.headers.size());
  const auto add = [&](std::string_view name, std::string_view value) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  };
  add("ce_specversion", "1.0");
  add("ce_id", event.id);
  add("ce_type", event.type);
  add("ce_source", event.source);
  add("ce_time", FormatRfc3339(event.time));
  add("ce_sequence", std::to_string(event.sequence));
  add("content-type", "application/protobuf");
  if (!event.traceparent.empty()) add("traceparent", event.traceparent);
  for (const auto& [name, value] : event.headers) add(name, value);
  return headers;
}

Event DecodeMessage(const rd_kafka_message_t& message) {
  Event event;
  event.topic = rd_kafka_topic_name(message.rkt);
  event.key.assign(static_cast<const char*>(message.key), message.key ? message.key_len : 0);
  event.payload.assign(static_cast<const char*>(message.payload), message.payload ? message.len : 0);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return event;
  const char* raw_name = nullptr;
  const void* raw_value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &raw_name, &raw_value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    const std::string_view name = raw_name;
    std::string value(static_cast<const char*>(raw_value), raw_value ? size : 0);
    if (name == "ce_id") {
      event.id = std::move(value);
    } else if (name == "ce_type") {
      event.type = std::move(value);
    } else if (name == "ce_source") {
      event.source = std::move(value);
    } else if (name == "ce_time") {
      if (const auto time = ParseRfc3339(value)) event.time = *time;
    } else if (name == "ce_sequence") {
      std::from_chars(value.data(), value.data() + value.size(), event.sequence);
    } else if (name == "traceparent") {
      event.traceparent = std::move(value);
    } else if (name != "ce_specversion" && name != "content-type") {
      event.headers.insert_or_assign(std::string(name), std::move(value));
    }
  }
  return event;
}

}  // namespace kimberlite::bus
