#include "services/ingest/adapters/pg_document_store.h"

#include "libs/base/id.h"
#include "libs/http/zstd.h"

namespace kimberlite::ingest {
namespace {

// Of a document; more than any fetch gives.
constexpr std::size_t kMaxBytes = 64 << 20;

}  // namespace

Result<void> PgDocumentStore::Keep(const Lease& lease, Time fetched, const FetchedDocument& document) {
  if (lease.source.keep_documents_days == 0) return {};
  const std::string digest = Sha256Hex(document.body);
  const std::string& source_id = lease.source.source_id;
  const auto last = pool_.Read([&](pg::Transaction& transaction) {
    return transaction.Query(
        "SELECT digest FROM ingest.documents WHERE source_id = $1"
        " ORDER BY fetched_time DESC, document_id DESC LIMIT 1",
        pg::Params(source_id));
  });
  if (!last) return std::unexpected(last.error());
  if (!last->empty() && (*last)[0].Text("digest") == digest) return {};
  const std::string body = http::CompressZstd(document.body);
  return pool_.Write([&](pg::Transaction& transaction) -> Result<void> {
    pg::Params params(source_id, fetched, document.url, document.content_type, digest,
                      static_cast<std::int64_t>(document.body.size()));
    params.AddBytes(body);
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "INSERT INTO ingest.documents (source_id, fetched_time, url, content_type, digest, size_bytes, body)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params));
    return {};
  });
}

Result<std::vector<KeptDocument>> PgDocumentStore::List(const std::string& source_id, const DocumentCursor& after,
                                                        int limit) {
  return pool_.Read([&](pg::Transaction& transaction) -> Result<std::vector<KeptDocument>> {
    pg::Params params(after.fetched_time, after.document_id, limit);
    if (!source_id.empty()) params.Add(source_id);
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("SELECT document_id, source_id, fetched_time, url, content_type, body FROM ingest.documents"
                          " WHERE (fetched_time, document_id) > ($1, $2)" +
                              std::string(source_id.empty() ? "" : " AND source_id = $4") +
                              " ORDER BY fetched_time, document_id LIMIT $3",
                          params));
    std::vector<KeptDocument> documents;
    for (const pg::Row row : rows) {
      KIMBERLITE_ASSIGN_OR_RETURN(std::string body, http::DecompressZstd(row.Bytes("body"), kMaxBytes));
      documents.push_back({row.Int("document_id"), row.String("source_id"), row.Instant("fetched_time"),
                           row.String("url"), row.String("content_type"), std::move(body)});
    }
    return documents;
  });
}

Result<std::int64_t> PgDocumentStore::Sweep(const std::stop_token& stop, Time now) {
  constexpr int kBatch = 500;
  std::int64_t deleted = 0;
  const auto run = [&](const char* sql, pg::Params params) -> Result<void> {
    params.Add(kBatch);
    while (!stop.stop_requested()) {
      const auto done = pool_.Write([&](pg::Transaction& transaction) { return transaction.Query(sql, params); });
      if (!done) return std::unexpected(done.error());
      deleted += done->affected();
      if (done->affected() < kBatch) break;
    }
    return {};
  };
  KIMBERLITE_RETURN_IF_ERROR(
      run("DELETE FROM ingest.documents WHERE document_id IN (SELECT d.document_id FROM ingest.documents d"
          " JOIN ingest.sources s USING (source_id) WHERE d.fetched_time < $1::timestamptz - s.keep_documents_days * "
          "interval '1 day'"
          " LIMIT $2)",
          pg::Params(now)));
  // The newest stay as long as they fit; the last of a source always does.
  KIMBERLITE_RETURN_IF_ERROR(
      run("DELETE FROM ingest.documents WHERE document_id IN (SELECT document_id FROM (SELECT document_id,"
          " row_number() OVER of_source AS place, sum(octet_length(body)) OVER of_source AS bytes,"
          " sum(octet_length(body)) OVER (ORDER BY fetched_time DESC, document_id DESC) AS total_bytes"
          " FROM ingest.documents WINDOW of_source AS (PARTITION BY source_id ORDER BY fetched_time DESC,"
          " document_id DESC)) AS kept WHERE place > 1 AND (bytes > $1 OR total_bytes > $2) LIMIT $3)",
          pg::Params(options_.source_bytes, options_.total_bytes)));
  KIMBERLITE_RETURN_IF_ERROR(
      run("DELETE FROM ingest.submissions WHERE key IN (SELECT key FROM ingest.submissions WHERE created_time < $1"
          " ORDER BY created_time LIMIT $2)",
          pg::Params(now - std::chrono::hours(7 * 24))));
  return deleted;
}

DocumentSweeper::DocumentSweeper(PgDocumentStore& documents, const Clock& clock,
                                 std::function<void(const Error&)> on_error)
    : documents_(documents),
      clock_(clock),
      on_error_(std::move(on_error)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

DocumentSweeper::~DocumentSweeper() { thread_.request_stop(); }

void DocumentSweeper::Run(const std::stop_token& stop) {
  constexpr std::chrono::minutes kEvery(10);
  while (!stop.stop_requested()) {
    if (const auto swept = documents_.Sweep(stop, clock_.Now()); !swept) on_error_(swept.error());
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kEvery, [] { return false; });
  }
}

}  // namespace kimberlite::ingest
