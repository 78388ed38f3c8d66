#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "libs/base/error.h"
#include "libs/pg/pg.h"
#include "services/tagging/core/vocabulary.h"

namespace kimberlite::tagging {

// Keeps the vocabulary as the database has it: all of it at the start, then what is notified at each commit, by this
// replica or another. After a lost connection it compares everything, since notifications may have been missed.
class ConceptWatcher {
 public:
  ConceptWatcher(pg::Pool& pool, Vocabulary& vocabulary) : pool_(pool), vocabulary_(vocabulary) {}
  ~ConceptWatcher();  // Stop()
  ConceptWatcher(const ConceptWatcher&) = delete;
  ConceptWatcher& operator=(const ConceptWatcher&) = delete;

  // Returns when the vocabulary is complete; then goes on in threads of its own.
  Result<void> Start();
  void Stop();

  // Takes in concepts that are known to be committed, at once.
  void Apply(const std::vector<Concept>& concepts);

 private:
  void Notice(std::string_view payload);
  void Work(std::stop_token stop);
  // Everything, or the concepts given.
  Result<void> Load(bool everything, const std::set<std::int64_t>& concept_ids);
  Result<void> LoadChanged(std::vector<std::int64_t> concept_ids);

  pg::Pool& pool_;
  Vocabulary& vocabulary_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool everything_ = false;  // what is to be looked at
  std::set<std::int64_t> concept_ids_;

  std::unique_ptr<pg::Listener> listener_;
  std::jthread worker_;
};

}  // namespace kimberlite::tagging
