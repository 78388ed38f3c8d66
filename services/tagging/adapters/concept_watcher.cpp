#include "services/tagging/adapters/concept_watcher.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "libs/telemetry/telemetry.h"
#include "services/tagging/adapters/pg_concept_store.h"

namespace kimberlite::tagging {
namespace {

constexpr std::size_t kBatch = 500;  // concepts read at once
constexpr auto kRetry = std::chrono::milliseconds(500);

}  // namespace

ConceptWatcher::~ConceptWatcher() { Stop(); }

Result<void> ConceptWatcher::Start() {
  KIMBERLITE_RETURN_IF_ERROR(Load(true, {}));
  worker_ = std::jthread([this](std::stop_token stop) { Work(std::move(stop)); });
  // Its first call comes when it is connected, and compares everything once more: nothing falls in between.
  listener_ = std::make_unique<pg::Listener>(pool_.options().url, kConceptChannel,
                                             [this](std::string_view payload) { Notice(payload); });
  return {};
}

void ConceptWatcher::Stop() {
  listener_.reset();
  worker_ = {};
}

void ConceptWatcher::Apply(const std::vector<Concept>& concepts) {
  const auto begin = std::chrono::steady_clock::now();
  if (vocabulary_.Apply(concepts) == 0) return;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  telemetry::Metrics::Seconds("kimberlite_tagging_rebuild_seconds",
                              "Time to build the matcher anew after concepts changed")
      .Observe(took.count());
  telemetry::Metrics::Gauge("kimberlite_tagging_concepts", "Concepts that texts are matched against")
      .Set(static_cast<double>(vocabulary_.size()));
}

void ConceptWatcher::Notice(std::string_view payload) {
  std::int64_t concept_id = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), concept_id);
  const std::lock_guard lock(mutex_);
  if (error == std::errc() && end == payload.data() + payload.size()) {
    concept_ids_.insert(concept_id);
  } else {
    everything_ = true;
  }
  changed_.notify_all();
}

void ConceptWatcher::Work(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return everything_ || !concept_ids_.empty(); })) {
    const bool everything = std::exchange(everything_, false);
    const std::set<std::int64_t> concept_ids = std::exchange(concept_ids_, {});
    lock.unlock();
    const auto loaded = Load(everything, concept_ids);
    lock.lock();
    if (loaded) continue;
    everything_ |= everything;
    concept_ids_.insert(concept_ids.begin(), concept_ids.end());
    telemetry::Metrics::Counter("kimberlite_tagging_refresh_failures_total",
                                "Times that changed concepts could not be read")
        .Add();
    telemetry::Warning("cannot read changed concepts; trying again", {{"error", loaded.error().ToString()}});
    changed_.wait_for(lock, stop, kRetry, [] { return false; });
  }
}

Result<void> ConceptWatcher::Load(bool everything, const std::set<std::int64_t>& concept_ids) {
  if (!everything) return LoadChanged({concept_ids.begin(), concept_ids.end()});
  KIMBERLITE_ASSIGN_OR_RETURN(const auto stored,
                              pool_.Read([](pg::Transaction& transaction) { return ReadSequences(transaction); }));
  const std::map<std::int64_t, std::int64_t> known = vocabulary_.Sequences();
  std::vector<std::int64_t> changed;
  for (const auto& [concept_id, sequence] : stored) {
    const auto found = known.find(concept_id);
    if (found == known.end() || found->second < sequence) changed.push_back(concept_id);
  }
  return LoadChanged(std::move(changed));
}

Result<void> ConceptWatcher::LoadChanged(std::vector<std::int64_t> concept_ids) {
  // Applied together, so that a start builds the matcher once.
  std::vector<Concept> concepts;
  for (std::size_t begin = 0; begin < concept_ids.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, concept_ids.size());
    const std::vector<std::int64_t> batch(concept_ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                          concept_ids.begin() + static_cast<std::ptrdiff_t>(end));
    KIMBERLITE_ASSIGN_OR_RETURN(
        auto read, pool_.Read([&](pg::Transaction& transaction) { return ReadConcepts(transaction, batch); }));
    std::ranges::move(read, std::back_inserter(concepts));
  }
  Apply(concepts);
  return {};
}

}  // namespace kimberlite::tagging
