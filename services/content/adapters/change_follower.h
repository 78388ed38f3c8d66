#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "libs/base/error.h"
#include "libs/pg/pg.h"

namespace kimberlite::content {

// Takes committed changes into the log and then into search, in a thread of its own, a tenth of a second behind the
// writers. Any number of processes may run one: one of them works at a time.
class ChangeFollower {
 public:
  explicit ChangeFollower(pg::Pool& pool);
  ~ChangeFollower();

  // Until there is nothing to do. For tests, and what runs in the thread.
  static Result<void> CatchUp(pg::Pool& pool, const std::stop_token& stop = {});

 private:
  void Run(const std::stop_token& stop);
  pg::Pool& pool_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace kimberlite::content
