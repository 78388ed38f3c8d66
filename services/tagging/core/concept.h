#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kimberlite::tagging {

// The numbers of kimberlite.tagging.v1.ConceptKind.
enum class Kind : std::uint8_t { kUnspecified = 0, kPerson = 1, kOrganisation = 2, kPlace = 3, kTopic = 4, kEvent = 5 };

// The name of a concept in one language and the other words that mean it.
struct Label {
  std::string language_code;
  std::string text;
  std::vector<std::string> aliases;
  std::string slug;

  bool operator==(const Label&) const = default;
};

// What articles are about.
struct Concept {
  std::int64_t concept_id = 0;
  std::int64_t sequence = 0;
  std::string key;
  Kind kind = Kind::kUnspecified;
  std::vector<Label> labels;

  bool operator==(const Concept&) const = default;

  const Label* FindLabel(std::string_view language_code) const {
    for (const Label& label : labels) {
      if (label.language_code == language_code) return &label;
    }
    return nullptr;
  }
};

}  // namespace kimberlite::tagging
