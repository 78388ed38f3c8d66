#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>

#include "services/tagging/core/matcher.h"

namespace kimberlite::tagging {

// All concepts that this process knows, and the matcher made of them. Safe for any thread; readers never wait.
class Vocabulary {
 public:
  // Takes in what is newer than what is known and swaps the matcher. Returns how many concepts that were. What changed
  // since all was last built is a layer of its own, so that one change among many concepts is cheap.
  std::size_t Apply(std::span<const Concept> changed);

  std::shared_ptr<const Matcher> matcher() const { return matcher_.load(); }

  // The sequence of each concept.
  std::map<std::int64_t, std::int64_t> Sequences() const;
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;  // for concepts_ and for building
  std::map<std::int64_t, std::shared_ptr<const PreparedConcept>> concepts_;
  Matcher::Languages all_;         // the concepts as they were when it was built
  std::set<std::int64_t> recent_;  // changed since
  std::atomic<std::shared_ptr<const Matcher>> matcher_ = std::make_shared<const Matcher>();
};

}  // namespace kimberlite::tagging
