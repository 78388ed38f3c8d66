#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kimberlite/content/v1/events.pb.h"
#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"

// The log of every change of an article, in content.changes. A change is queued in its own transaction and gets its
// place in the log after that was committed, so that no late commit can slip in before a place that somebody has read
// past.
namespace kimberlite::content {

// In the transaction that makes the change.
Result<void> QueueChange(pg::Transaction& transaction, const v1::ArticleChanged& event, Time time);

// Moves up to `limit` committed changes from the queue into the log, in the order of each article's sequence. How many;
// 0 also when another process is at it.
Result<int> TakeIntoLog(pg::Pool& pool, int limit);

struct LoggedChange {
  std::int64_t position = 0;
  std::int64_t article_id = 0;
};
// What follows a position, oldest first.
Result<std::vector<LoggedChange>> ReadLog(pg::Transaction& transaction, std::int64_t after_position, int limit);

// The events of what follows a position, oldest first. $1 position, $2 rows. Named for the test that reads its plan.
extern const char* const kReadChangesSql;
struct ReadChange {
  std::int64_t position = 0;
  v1::ArticleChanged event;
};
Result<std::vector<ReadChange>> ReadChanges(pg::Transaction& transaction, std::int64_t after_position, int limit);

// Where the log stands.
struct LogBounds {
  std::int64_t kept_after = 0;  // the changes up to here were forgotten
  std::int64_t newest = 0;
  std::string cursor_key;
};
Result<LogBounds> ReadLogBounds(pg::Transaction& transaction);

// Forgets up to `limit` of the oldest changes that are older than `before` and that search has taken in. How many.
Result<std::int64_t> ForgetChanges(pg::Transaction& transaction, Time before, int limit);

}  // namespace kimberlite::content
