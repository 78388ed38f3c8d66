#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "services/ingest/core/poller.h"
#include "services/ingest/core/ports.h"

namespace kimberlite::ingest {

// Polls what is due, in threads of its own, until it is destroyed. Any number of schedulers, in any number of
// processes, share the sources of one store.
class Scheduler {
 public:
  struct Options {
    int workers = 4;  // polls at once
    // The store is asked again after this time at the latest, as another replica may have died with a lease.
    std::chrono::milliseconds longest_wait = std::chrono::seconds(5);
    // Told after each poll, and when the store does not answer; on a worker's thread.
    std::function<void(const Source&, const PollSummary&)> on_poll;
    std::function<void(const Error&)> on_store_error;
  };
  Scheduler(Options options, LeaseStore& leases, Poller& poller);
  ~Scheduler();  // ends fetches at once and waits for what is being stored
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Something may have become due. Any thread.
  void Wake();

 private:
  void Work(const std::stop_token& stop);
  // Works on everything that is due; then how long to wait.
  std::chrono::milliseconds PollDue(const std::stop_token& stop);

  Options options_;
  LeaseStore& leases_;
  Poller& poller_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::uint64_t wakes_ = 0;
  std::vector<std::jthread> workers_;  // last: they use everything above
};

}  // namespace kimberlite::ingest
