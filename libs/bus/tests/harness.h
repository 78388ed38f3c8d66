#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libs/bus/bus.h"
#include "libs/testing/servers.h"

namespace kimberlite::bus {

// How long a condition may take before the test gives up.
inline constexpr std::chrono::seconds kPatience{20};

// What handlers were given, in that order.
class Seen {
 public:
  struct Item {
    Event event;
    Position position;
  };
  void Add(const Event& event, const Position& position);
  // A handler that takes everything.
  Handler Taking();
  std::vector<Item> items() const;
  std::vector<std::string> ids() const;
  std::size_t Count(const std::string& id) const;
  bool WaitFor(const std::function<bool(const std::vector<Item>&)>& condition) const;
  bool WaitForCount(std::size_t count) const;
  bool WaitForAll(const std::vector<Event>& events) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Item> items_;
};

// Waits until `condition` holds; for what cannot be notified.
bool Eventually(const std::function<bool()>& condition);

Event MakeEvent(const std::string& topic, const std::string& key, std::int64_t sequence, std::string payload = "");

// `events` of `keys` in turn: key-0 1, key-1 1, …, key-0 2, …
std::vector<Event> MakeEvents(const std::string& topic, int events, int keys);

// A run of bus_test_helper, killed at the latest by the destructor.
class HelperProcess {
 public:
  explicit HelperProcess(const std::vector<std::string>& arguments);
  ~HelperProcess();
  HelperProcess(const HelperProcess&) = delete;
  // Its next line of output; absent when it ended or nothing came in time.
  std::optional<std::string> ReadLine();
  void Kill();       // SIGKILL, and waits for its end
  int WaitForEnd();  // the signal that ended it, 0 when it exited, -1 when it did not end in time

 private:
  pid_t process_ = -1;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace kimberlite::bus
