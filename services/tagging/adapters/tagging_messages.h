#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <vector>

#include "kimberlite/tagging/v1/concept.pb.h"
#include "services/tagging/core/concept.h"
#include "services/tagging/core/suggest.h"

namespace kimberlite::tagging {

// Between the types of core/ and the messages of proto/kimberlite/tagging/v1. A kind that this binary does not know
// becomes kUnspecified.
v1::Concept MessageOf(const Concept& definition);
Concept FromMessage(const v1::Concept& message);

using SuggestionMessages = google::protobuf::RepeatedPtrField<v1::Suggestion>;
SuggestionMessages MessagesOf(const std::vector<Suggestion>& suggestions);

}  // namespace kimberlite::tagging
