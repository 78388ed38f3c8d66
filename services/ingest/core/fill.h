#pragma once

#include <optional>
#include <string>
#include <utility>

#include "libs/base/time.h"

namespace kimberlite::ingest {

// Sets what is not yet set: of several elements that say the same, the first one that says something is heard.
inline void Fill(std::string& target, std::string value) {
  if (target.empty()) target = std::move(value);
}
inline void Fill(std::optional<Time>& target, const std::optional<Time>& value) {
  if (!target) target = value;
}

}  // namespace kimberlite::ingest
