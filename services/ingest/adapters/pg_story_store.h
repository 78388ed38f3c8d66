#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "libs/pg/pg.h"
#include "services/ingest/core/story_index.h"

namespace kimberlite::ingest {

// An item of a cluster, as it is stored.
struct ClusterMember {
  StoryKey key;
  std::int64_t cluster_id = 0;
  Relation relation = Relation::kNone;
  double score = 0;
  std::string why;
  StoryKey related;
  Time added_time;
  std::string headline, language_code, link;  // for lists only
};

// Table ingest.cluster_members, and the index of what the processes of this service took in of late.
class PgStoryStore {
 public:
  // `taken_by` names this process. Reads nothing yet.
  PgStoryStore(pg::Pool& pool, const Clock& clock, StoryIndex::Options options, std::string taken_by);

  const std::string& taken_by() const { return taken_by_; }
  StoryIndex& index() { return index_; }

  // Adds what is stored and not yet known, oldest first: all at the first call, then what others took in. Bounded by
  // `time`; whether everything was read.
  Result<bool> Load(std::chrono::milliseconds time);

  // Joins an item to the cluster of the one that it matches, which gets one where it had none. Items stay in the first
  // cluster that they came into. Within the caller's transaction.
  Result<void> Join(pg::Transaction& transaction, const StoryKey& key, const StoryMatch& match, Time now);
  // Those of a source's items that are in clusters, by external id.
  Result<std::map<std::string, ClusterMember>> Members(pg::Transaction& transaction, const std::string& source_id,
                                                       const std::vector<std::string>& external_ids);
  // In the order in which they came; empty when there is no such cluster.
  Result<std::vector<ClusterMember>> Get(std::int64_t cluster_id);
  // The members of up to `limit` clusters with numbers below `before`, the greatest first.
  Result<std::vector<ClusterMember>> List(std::int64_t before, int limit);

 private:
  pg::Pool& pool_;
  const Clock& clock_;
  const StoryIndex::Options options_;
  const std::string taken_by_;
  StoryIndex index_;
  std::mutex mutex_;  // of what Load goes on from
  std::optional<Time> read_until_;
  StoryKey read_key_;
  bool all_read_ = false;
  std::map<std::string, std::int64_t> overlap_;  // sequences of what was read of the last minute
};

// Keeps the index up to date, in a thread of its own.
class StoryLoader {
 public:
  StoryLoader(PgStoryStore& stories, const Clock& clock, std::function<void(const Error&)> on_error);
  ~StoryLoader();
  StoryLoader(const StoryLoader&) = delete;
  StoryLoader& operator=(const StoryLoader&) = delete;

 private:
  void Run(const std::stop_token& stop);
  PgStoryStore& stories_;
  const Clock& clock_;
  const std::function<void(const Error&)> on_error_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace kimberlite::ingest
