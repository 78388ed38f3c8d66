#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/blob_store.h"

namespace kimberlite::content {

// Removes bytes that no picture knows a day after they were stored, every hour, in a thread of its own.
class BlobSweeper {
 public:
  BlobSweeper(pg::Pool& pool, BlobStore& blobs, const Clock& clock);
  ~BlobSweeper();

 private:
  void Run(const std::stop_token& stop);
  pg::Pool& pool_;
  BlobStore& blobs_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace kimberlite::content
