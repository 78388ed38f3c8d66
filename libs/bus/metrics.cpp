#include "libs/bus/metrics.h"

#include <string>

#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus::metrics {
namespace {

using telemetry::Metrics;

telemetry::Labels OfGroup(std::string_view topic, std::string_view group) {
  return {{"topic", std::string(topic)}, {"group", group.empty() ? "-" : std::string(group)}};
}

}  // namespace

void Published(std::string_view topic, std::int64_t events) {
  Metrics::Counter("kimberlite_bus_published_events_total", "Events that the bus has made durable.",
                   {{"topic", std::string(topic)}})
      .Add(static_cast<double>(events));
}

void Handled(std::string_view topic, std::string_view group) {
  Metrics::Counter("kimberlite_bus_handled_events_total", "Events that a handler of this process was done with.",
                   OfGroup(topic, group))
      .Add();
}

void DeadLetter(std::string_view topic, std::string_view group) {
  Metrics::Counter("kimberlite_bus_dead_letters_total", "Events set aside because no handler could take them.",
                   OfGroup(topic, group))
      .Add();
}

void Lag::Set(const std::string& topic, std::int64_t events) {
  std::int64_t& added = events_[topic];
  Metrics::Gauge("kimberlite_bus_consumer_lag_events",
                 "Events that wait in the partitions of this process's consumers.", OfGroup(topic, group_))
      .Add(static_cast<double>(events - added));
  added = events;
}

void Lag::Clear() {
  for (const auto& [topic, events] : events_) Set(topic, 0);
}

void Outbox(std::string_view schema, std::int64_t unsent, double oldest_seconds) {
  const telemetry::Labels labels = {{"schema", std::string(schema)}};
  Metrics::Gauge("kimberlite_outbox_unsent_events", "Committed events that wait for the relay; counted up to 10000.",
                 labels)
      .Set(static_cast<double>(unsent));
  Metrics::Gauge("kimberlite_outbox_oldest_unsent_seconds", "Age of the oldest event that waits for the relay.", labels)
      .Set(oldest_seconds);
}

}  // namespace kimberlite::bus::metrics
