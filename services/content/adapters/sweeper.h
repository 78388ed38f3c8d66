#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"

namespace kimberlite::content {

// Forgets what has been kept long enough, every hour, in a thread of its own: idempotency keys, what lists say of
// withdrawals, and the log of changes, which is kept for `changes_kept`.
class Sweeper {
 public:
  Sweeper(pg::Pool& pool, const Clock& clock, std::chrono::days changes_kept);
  ~Sweeper();
  // One round, cut short between two batches when told to stop; how many rows were deleted.
  Result<std::int64_t> Sweep(const std::stop_token& stop = {});

 private:
  void Run(const std::stop_token& stop);
  pg::Pool& pool_;
  const Clock& clock_;
  const std::chrono::days changes_kept_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace kimberlite::content
