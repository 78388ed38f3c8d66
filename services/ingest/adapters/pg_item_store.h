#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/ingest/adapters/item_events.h"
#include "services/ingest/adapters/pg_source_store.h"
#include "services/ingest/adapters/pg_story_store.h"
#include "services/ingest/core/identity.h"
#include "services/ingest/core/ports.h"

namespace kimberlite::ingest {

// An item as lists show it.
struct ItemRecord {
  std::string source_id;
  std::string external_id;
  std::string headline;
  std::string link;
  std::string language_code;
  std::optional<Time> published_time;
  Time taken_time;
  std::int64_t sequence = 0;
  std::optional<Time> removed_time;
};

// A push of one item. `key` names it among all callers' pushes, or is empty.
struct Submission {
  std::string key;
  std::string request_digest;
  RecognisedItem item;
};
// As kimberlite.ingest.v1.SubmitOutcome.
enum class SubmitOutcome : std::uint8_t { kNew = 1, kChanged = 2, kUnchanged = 3 };
struct Submitted {
  std::string external_id;
  std::int64_t sequence = 0;
  SubmitOutcome outcome = SubmitOutcome::kUnchanged;
  bool repeated = false;  // the answer is an earlier one's
};

// Where a list goes on.
struct ItemCursor {
  Time taken_time;
  std::string source_id;
  std::string external_id;
};

// Table ingest.items, and the events that say what came.
class PgItemStore final : public ItemStore {
 public:
  struct Options {
    // Pushes are refused while so many events wait to be sent.
    std::int64_t max_backlog = 20'000;
  };
  PgItemStore(pg::Pool& pool, PgSourceStore& sources, PgStoryStore& stories, const Clock& clock, Options options)
      : pool_(pool), sources_(sources), stories_(stories), clock_(clock), options_(options) {}
  PgItemStore(pg::Pool& pool, PgSourceStore& sources, PgStoryStore& stories, const Clock& clock)
      : PgItemStore(pool, sources, stories, clock, Options()) {}

  Result<Taken> Take(const Lease& lease, Time fetched, std::span<const RecognisedItem> items) override;
  Result<int> Remove(const Lease& lease, std::span<const std::string> external_ids, RemovalReason reason) override;
  Result<std::optional<VanishedItem>> Vanished(const Lease& lease, std::span<const RecognisedItem> items) override;
  Result<int> MarkChecked(const Lease& lease, const std::string& external_id, bool gone) override;

  // Take without a lease, for a document that was kept: whoever polls the source waits meanwhile.
  Result<Taken> Replay(const Source& source, Time fetched, std::span<const RecognisedItem> items);
  // One transaction. NOT_FOUND, FAILED_PRECONDITION when the source is paused or takes no pushes, INVALID_ARGUMENT when
  // a key was used for another request, RESOURCE_EXHAUSTED when the source pushes too much or too many events wait.
  Result<std::vector<Submitted>> Submit(const std::string& source_id, std::span<const Submission> submissions);

  // Newest first; of one source, or of all when `source_id` is empty.
  Result<std::vector<ItemRecord>> List(const std::string& source_id, const std::optional<ItemCursor>& after, int limit);

 private:
  using Lock = std::function<Result<void>(pg::Transaction&)>;
  Result<Taken> TakeAll(const Source& source, bool ids_churn, Time fetched, std::span<const RecognisedItem> items,
                        const Lock& lock);
  Result<std::vector<KnownItem>> Known(pg::Transaction& transaction, const std::string& source_id,
                                       std::span<const RecognisedItem> items);
  // What the words of an item tell: found out once, before its transaction.
  struct Told {
    RecognisedItem item;
    std::optional<StoryMatch> match;
  };
  std::vector<Told> Tell(const Source& source, std::span<const ItemWrite> writes);
  Result<std::map<std::string, std::int64_t>> Write(pg::Transaction& transaction, const Source& source, Time fetched,
                                                    std::span<const ItemWrite> writes, std::span<const Told> told,
                                                    const std::string& traceparent);
  Result<void> CheckBacklog();
  Result<void> FillSequences(pg::Transaction& transaction, const std::string& source_id,
                             std::vector<Submitted>& answers);

  pg::Pool& pool_;
  PgSourceStore& sources_;
  PgStoryStore& stories_;
  const Clock& clock_;
  const Options options_;
  std::mutex mutex_;  // of the next two
  std::chrono::steady_clock::time_point backlog_looked_{};
  bool backlog_full_ = false;
};

}  // namespace kimberlite::ingest
