#pragma once

#include <cstdint>
#include <string_view>

// The bus's metrics, each named once.
namespace kimberlite::bus::metrics {

void Published(std::string_view topic, std::int64_t events);
void Handled(std::string_view topic, std::string_view group);  // a broadcast's group is "-"
void DeadLetter(std::string_view topic, std::string_view group);
// Events that this consumer's partitions still hold for it; the members of a group add up.
void Lag(std::string_view topic, std::string_view group, std::int64_t events);
void Outbox(std::string_view schema, std::int64_t unsent, double oldest_seconds);

}  // namespace kimberlite::bus::metrics
