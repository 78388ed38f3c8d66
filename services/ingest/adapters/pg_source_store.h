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

// Facts about sources themselves.
inline constexpr const char* kSourceTopic = "kimberlite.ingest.source.v1";

struct SourceRecord {
  Source source;
  SourceStatus status;
};

// Table ingest.sources: settings, status and leases. Times are the database's, so that replicas need no common clock.
class PgSourceStore final : public LeaseStore {
 public:
  struct Options {
    std::chrono::milliseconds lease = std::chrono::seconds(30);  // a replica that died holds its source no longer
    int host_polls = 2;                                          // of one host at once, by all replicas together
    std::chrono::milliseconds host_gap{0};                       // between two polls of one host
    std::vector<std::string> free_hosts;                         // host:port to which neither applies: our own
  };
  PgSourceStore(pg::Pool& pool, Options options);
  explicit PgSourceStore(pg::Pool& pool) : PgSourceStore(pool, Options()) {}

  // Creates or replaces, and makes it due unless it is paused. The next poll asks without validators, as other settings
  // may make other items of the same document. A poll in progress of another feed_url is disowned.
  Result<void> Put(const Source& source);
  Result<SourceRecord> Get(const std::string& source_id);  // NOT_FOUND; with its history
  // By source_id, after `after`.
  Result<std::vector<SourceRecord>> List(const std::string& after, int limit);
  // NOT_FOUND; FAILED_PRECONDITION when it is paused.
  Result<void> MakeDue(const std::string& source_id);
  // Both NOT_FOUND; nothing happens when it is so already. A pause is said as an event; a poll in progress is disowned.
  Result<void> Pause(const std::string& source_id, const std::string& reason, Time now, const std::string& traceparent);
  Result<void> Resume(const std::string& source_id);

  Result<std::optional<Lease>> Claim() override;
  Result<void> Renew(const Lease& lease) override;
  Result<void> Finish(const Lease& lease, const PollResult& result) override;
  Result<void> Release(const Lease& lease) override;
  Result<std::optional<std::chrono::milliseconds>> UntilNextDue() override;

  // Locks the row of a source, as Hold does, and reads its settings; nothing when there is none.
  static Result<std::optional<Source>> Lock(pg::Transaction& transaction, const std::string& source_id);
  // Renews the lease and locks the source's row: until the transaction ends nobody else writes for this source.
  // ABORTED when the lease was lost.
  Result<void> Hold(pg::Transaction& transaction, const Lease& lease);

 private:
  struct Attempt;
  Result<void> TryClaim(pg::Transaction& transaction, const std::vector<std::string>& refused, Attempt& attempt);
  Result<void> FreeHost(pg::Transaction& transaction, const Lease& lease, bool spare, std::chrono::milliseconds time);

  pg::Pool& pool_;
  Options options_;
};

}  // namespace kimberlite::ingest
