#pragma once

#include <cstddef>
#include <string>

#include "libs/base/error.h"
#include "services/tagging/core/concept.h"

namespace kimberlite::tagging {

inline constexpr std::size_t kMaxSlug = 80;

// What a definition must be, whatever else exists. Errors name the field as in PutConceptRequest.
Result<void> CheckConcept(const Concept& definition);

// The nth choice of a slug for a label that was given none: from its text, or else from the concept's key; "-2", "-3",
// … from the second choice on. At most 80 bytes.
std::string SlugChoice(const Label& label, const Concept& definition, int nth);

// "definition.labels[2]"
std::string LabelPath(std::size_t index);

}  // namespace kimberlite::tagging
