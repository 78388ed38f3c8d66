#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "libs/pg/pg.h"
#include "services/ingest/core/ports.h"

namespace kimberlite::ingest {

// A document as it came.
struct KeptDocument {
  std::int64_t document_id = 0;
  std::string source_id;
  Time fetched_time;
  std::string url;
  std::string content_type;
  std::string body;
};

// Where a list of kept documents goes on.
struct DocumentCursor {
  Time fetched_time;
  std::int64_t document_id = 0;
};

// Table ingest.documents: fetched bodies, compressed with zstd. Safe for any thread.
class PgDocumentStore final : public DocumentStore {
 public:
  struct Options {
    std::int64_t source_bytes = 64 << 20;              // compressed, of one source; the oldest go first
    std::int64_t total_bytes = std::int64_t{2} << 30;  // of all
  };
  PgDocumentStore(pg::Pool& pool, Options options) : pool_(pool), options_(options) {}

  Result<void> Keep(const Lease& lease, Time fetched, const FetchedDocument& document) override;
  // Oldest first, after the cursor; of one source, or of all when `source_id` is empty.
  Result<std::vector<KeptDocument>> List(const std::string& source_id, const DocumentCursor& after, int limit);
  // Deletes what is past its days or above the bytes, and idempotency keys older than a week, 500 at a time. How many.
  Result<std::int64_t> Sweep(const std::stop_token& stop, Time now);

 private:
  pg::Pool& pool_;
  const Options options_;
};

// Sweeps every ten minutes, in a thread of its own.
class DocumentSweeper {
 public:
  DocumentSweeper(PgDocumentStore& documents, const Clock& clock, std::function<void(const Error&)> on_error);
  ~DocumentSweeper();
  DocumentSweeper(const DocumentSweeper&) = delete;
  DocumentSweeper& operator=(const DocumentSweeper&) = delete;

 private:
  void Run(const std::stop_token& stop);
  PgDocumentStore& documents_;
  const Clock& clock_;
  const std::function<void(const Error&)> on_error_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace kimberlite::ingest
