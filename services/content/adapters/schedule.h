#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// Does what is due, in a thread of its own: scheduled translations become public, and what is public of sources whose
// rights have expired is withdrawn where they say so. What is due stands in PostgreSQL alone, and each article is
// changed with its event in one transaction under its row's lock: any number of replicas may look, a kill between any
// two lines loses nothing, and what fell due while none ran is done by the first that starts.
class Schedule {
 public:
  struct Options {
    // How often it looks: one range of an index.
    std::chrono::milliseconds period = std::chrono::milliseconds(200);
    // An article that failed is left alone for so long, so that it keeps nobody else waiting.
    std::chrono::seconds pause = std::chrono::seconds(5);
  };
  Schedule(pg::Pool& pool, PgSiteStore& sites, const Clock& clock) : Schedule(pool, sites, clock, Options()) {}
  Schedule(pg::Pool& pool, PgSiteStore& sites, const Clock& clock, Options options);
  ~Schedule();

  // One round of all that is due now but for the articles of `left_out`, to which those that failed are added; how many
  // articles it changed.
  static Result<int> Round(pg::Pool& pool, PgSiteStore& sites, Time now, std::vector<std::int64_t>& left_out);

 private:
  void Run(const std::stop_token& stop);

  pg::Pool& pool_;
  PgSiteStore& sites_;
  const Clock& clock_;
  const Options options_;
  std::map<std::int64_t, Time> paused_;  // article to when it may be tried again; of the thread
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

// What the schedule looks for: $1 now, $2 rows, $3 articles to leave out. Named for the test of plans.
extern const char* const kDueSql;

}  // namespace kimberlite::content
