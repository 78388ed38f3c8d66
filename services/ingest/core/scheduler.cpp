#include "services/ingest/core/scheduler.h"

#include <algorithm>

namespace kimberlite::ingest {

using std::chrono::milliseconds;

Scheduler::Scheduler(Options options, LeaseStore& leases, Poller& poller)
    : options_(std::move(options)), leases_(leases), poller_(poller) {
  for (int i = 0; i < options_.workers; ++i) {
    workers_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
  }
}

Scheduler::~Scheduler() {
  for (std::jthread& worker : workers_) worker.request_stop();
}

void Scheduler::Wake() {
  const std::lock_guard lock(mutex_);
  ++wakes_;
  woken_.notify_all();
}

void Scheduler::Work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex_);
    const std::uint64_t seen = wakes_;  // before looking, so that a wake meanwhile is not missed
    lock.unlock();
    const milliseconds wait = PollDue(stop);
    lock.lock();
    woken_.wait_for(lock, stop, wait, [&] { return wakes_ != seen; });
  }
}

milliseconds Scheduler::PollDue(const std::stop_token& stop) {
  constexpr milliseconds kAfterError = std::chrono::seconds(1);
  while (!stop.stop_requested()) {
    const auto lease = leases_.Claim();
    if (!lease) {
      options_.on_store_error(lease.error());
      return kAfterError;
    }
    if (!*lease) break;
    const PollSummary summary = poller_.Poll(stop, **lease);
    options_.on_poll((*lease)->source, summary);
  }
  const auto next = leases_.UntilNextDue();
  if (!next) {
    options_.on_store_error(next.error());
    return kAfterError;
  }
  return std::clamp(next->value_or(options_.longest_wait), milliseconds(1), options_.longest_wait);
}

}  // namespace kimberlite::ingest
