#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

// The bus's metrics, each named once.
namespace kimberlite::bus::metrics {

void Published(std::string_view topic, std::int64_t events);
void Handled(std::string_view topic, std::string_view group);  // a broadcast's group is "-"
void DeadLetter(std::string_view topic, std::string_view group);
void Outbox(std::string_view schema, std::int64_t unsent, double oldest_seconds);

// Events that wait in the partitions of one consumer; all of this process add up. Used by one thread.
class Lag {
 public:
  explicit Lag(std::string group) : group_(std::move(group)) {}
  ~Lag() { Clear(); }
  Lag(const Lag&) = delete;
  Lag& operator=(const Lag&) = delete;
  void Set(const std::string& topic, std::int64_t events);
  void Clear();

 private:
  std::string group_;
  std::map<std::string, std::int64_t> events_;  // what this consumer adds, by topic
};

}  // namespace kimberlite::bus::metrics
