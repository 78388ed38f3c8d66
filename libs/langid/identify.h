#pragma once

#include <vector>

#include "libs/langid/langid.h"
#include "libs/langid/model.h"

namespace kimberlite::langid {

// What langid.h does, by a model of the caller's: the trainer measures its own.
Guess IdentifyBy(const Model& model, std::string_view text, const Hints& hints);
std::vector<Guess> RankBy(const Model& model, std::string_view text, const Hints& hints);

}  // namespace kimberlite::langid
