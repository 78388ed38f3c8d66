#include "services/content/adapters/blob_sweeper.h"

#include <chrono>

#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/pg_media_store.h"

namespace kimberlite::content {

BlobSweeper::BlobSweeper(pg::Pool& pool, BlobStore& blobs, const Clock& clock)
    : pool_(pool), blobs_(blobs), clock_(clock), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

BlobSweeper::~BlobSweeper() {
  thread_.request_stop();
  wake_.notify_all();
}

void BlobSweeper::Run(const std::stop_token& stop) {
  const auto removed = telemetry::Metrics::Counter("kimberlite_content_orphan_blobs_removed_total",
                                                   "Bytes of pictures that no picture knew, removed");
  while (!stop.stop_requested()) {
    if (const auto swept = SweepBlobs(pool_, blobs_, clock_.Now() - std::chrono::days(1), stop); swept) {
      removed.Add(*swept);
    } else {
      telemetry::Warning("could not sweep the bytes of pictures", {{"error", swept.error().ToString()}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, std::chrono::hours(1), [] { return false; });
  }
}

}  // namespace kimberlite::content
