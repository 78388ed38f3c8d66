#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/pg/pg.h"
#include "services/ingest/core/ports.h"
#include "services/ingest/core/source.h"

namespace kimberlite::ingest {

inline constexpr const char* kSchema = "ingest";
// Notified at each commit that made a source due.
inline constexpr const char* kDueChannel = "kimberlite_ingest_due";

struct SourceRecord {
  Source source;
  SourceStatus status;
};

// Table ingest.sources: settings, status and leases. Times are the database's, so that replicas need no common clock.
class PgSourceStore final : public LeaseStore {
 public:
  // A replica that died holds its source no longer than `lease`.
  explicit PgSourceStore(pg::Pool& pool, std::chrono::milliseconds lease = std::chrono::seconds(30))
      : pool_(pool), lease_(lease) {}

  // Creates or replaces, and makes it due unless it is paused. The next poll asks without validators, as other settings
  // may make other items of the same document. A poll in progress of another feed_url is disowned.
  Result<void> Put(const Source& source);
  Result<SourceRecord> Get(const std::string& source_id);  // NOT_FOUND
  // By source_id, after `after`.
  Result<std::vector<SourceRecord>> List(const std::string& after, int limit);
  // NOT_FOUND; FAILED_PRECONDITION when it is paused.
  Result<void> MakeDue(const std::string& source_id);

  Result<std::optional<Lease>> Claim() override;
  Result<void> Renew(const Lease& lease) override;
  Result<void> Finish(const Lease& lease, const PollResult& result) override;
  Result<void> Release(const Lease& lease) override;
  Result<std::optional<std::chrono::milliseconds>> UntilNextDue() override;

  // Renews the lease and locks the source's row: until the transaction ends nobody else writes for this source.
  // ABORTED when the lease was lost.
  Result<void> Hold(pg::Transaction& transaction, const Lease& lease);

 private:
  pg::Pool& pool_;
  std::chrono::milliseconds lease_;
};

}  // namespace kimberlite::ingest
