#pragma once

#include <memory>

#include "libs/bus/bus.h"

namespace kimberlite::bus {

// The driver for Apache Kafka.
std::unique_ptr<Bus> NewKafkaBus(const Options& options);

}  // namespace kimberlite::bus
