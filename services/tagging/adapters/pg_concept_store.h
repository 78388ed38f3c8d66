#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/tagging/core/concept.h"

namespace kimberlite::tagging {

// The schema of this service in PostgreSQL.
inline constexpr const char* kSchema = "tagging";
// Where concepts that were created or changed are notified, at commit, with the id as payload.
inline constexpr const char* kConceptChannel = "kimberlite_tagging_concepts";
inline constexpr const char* kConceptTopic = "kimberlite.tagging.concept.v1";

struct PutOutcome {
  Concept definition;
  bool changed = false;
};

// Creates the concept of this key or replaces it, with its event; an identical one changes nothing. `definition` has
// passed CheckConcept. A label without slug keeps the one it has while its text stays. FAILED_PRECONDITION when a slug
// is or was another concept's.
Result<PutOutcome> PutConcept(pg::Transaction& transaction, Concept definition, Time now,
                              const std::string& traceparent);

// Those that exist, by id.
Result<std::vector<Concept>> ReadConcepts(pg::Transaction& transaction, const std::vector<std::int64_t>& concept_ids);

// Up to `limit` with greater ids, by id.
Result<std::vector<Concept>> ReadConceptsAfter(pg::Transaction& transaction, std::int64_t concept_id, int limit);

// The concept that has or had this slug.
Result<std::optional<std::int64_t>> FindSlug(pg::Transaction& transaction, std::string_view language_code,
                                             std::string_view slug);

// Id and sequence of every concept.
Result<std::vector<std::pair<std::int64_t, std::int64_t>>> ReadSequences(pg::Transaction& transaction);

}  // namespace kimberlite::tagging
