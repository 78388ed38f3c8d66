#include "services/tagging/core/vocabulary.h"

#include <utility>
#include <vector>

namespace kimberlite::tagging {
namespace {

// All is built anew when more than this many concepts, and more than this part of all, have changed since.
constexpr std::size_t kFewRecent = 64;
constexpr std::size_t kRecentPart = 32;

}  // namespace

std::size_t Vocabulary::Apply(std::span<const Concept> changed) {
  const std::lock_guard lock(mutex_);
  std::size_t newer = 0;
  for (const Concept& definition : changed) {
    auto& known = concepts_[definition.concept_id];
    if (known && known->definition.sequence >= definition.sequence) continue;
    known = std::make_shared<const PreparedConcept>(definition);
    recent_.insert(definition.concept_id);
    ++newer;
  }
  if (newer == 0) return 0;

  std::vector<std::shared_ptr<const PreparedConcept>> prepared;
  if (recent_.size() > kFewRecent && recent_.size() * kRecentPart > concepts_.size()) {
    for (const auto& [id, each] : concepts_) prepared.push_back(each);
    all_ = Matcher::Build(prepared);
    recent_.clear();
    prepared.clear();
  }
  for (const std::int64_t id : recent_) prepared.push_back(concepts_.at(id));
  matcher_.store(std::make_shared<const Matcher>(all_, Matcher::Build(prepared), recent_));
  return newer;
}

std::map<std::int64_t, std::int64_t> Vocabulary::Sequences() const {
  const std::lock_guard lock(mutex_);
  std::map<std::int64_t, std::int64_t> sequences;
  for (const auto& [id, prepared] : concepts_) sequences[id] = prepared->definition.sequence;
  return sequences;
}

std::size_t Vocabulary::size() const {
  const std::lock_guard lock(mutex_);
  return concepts_.size();
}

}  // namespace kimberlite::tagging
