#pragma once

#include <librdkafka/rdkafka.h>

#include "libs/bus/bus.h"

// An event as a Kafka message: CloudEvents 1.0, Kafka protocol binding, binary mode.
namespace kimberlite::bus {

// The headers of a message. Whoever produces it takes them over.
rd_kafka_headers_t* EncodeHeaders(const Event& event);

// What a message says. What is missing or malformed, in a message that others wrote, stays empty: the handler judges
// it.
Event DecodeMessage(const rd_kafka_message_t& message);

}  // namespace kimberlite::bus
