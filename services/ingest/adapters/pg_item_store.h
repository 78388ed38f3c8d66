#pragma once

#include <string>
#include <vector>

#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/ingest/adapters/pg_source_store.h"
#include "services/ingest/core/ports.h"

namespace kimberlite::ingest {

inline constexpr const char* kItemTopic = "kimberlite.ingest.item.v1";

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
  PgItemStore(pg::Pool& pool, PgSourceStore& sources, const Clock& clock)
      : pool_(pool), sources_(sources), clock_(clock) {}

  Result<Taken> Take(const Lease& lease, std::span<const RecognisedItem> items) override;
  // Newest first; of one source, or of all when `source_id` is empty.
  Result<std::vector<ItemRecord>> List(const std::string& source_id, const std::optional<ItemCursor>& after, int limit);

 private:
  Result<std::vector<const RecognisedItem*>> Moved(const std::string& source_id, std::span<const RecognisedItem> items);
  Result<std::int64_t> TakeOne(pg::Transaction& transaction, const Lease& lease, const RecognisedItem& item,
                               const std::string& traceparent);

  pg::Pool& pool_;
  PgSourceStore& sources_;
  const Clock& clock_;
};

}  // namespace kimberlite::ingest
