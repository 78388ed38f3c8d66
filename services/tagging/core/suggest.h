#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/tagging/core/matcher.h"

namespace kimberlite::tagging {

// One language's words of an article, as plain text.
struct Text {
  std::string language_code;
  std::string headline;
  std::string summary;
  std::string body;
};

enum class Field : std::uint8_t { kHeadline, kSummary, kBody };

// "headline", "summary", "body"
std::string_view FieldName(Field field);

// One place where a concept was found.
struct Evidence {
  Field field = Field::kBody;
  std::string language_code;
  std::string matched_text;
  std::string form;
  std::uint32_t begin_byte = 0;
  std::uint32_t end_byte = 0;

  bool operator==(const Evidence&) const = default;
};

struct Suggestion {
  std::int64_t concept_id = 0;
  std::string label;
  double confidence = 0;
  std::vector<Evidence> evidence;

  bool operator==(const Suggestion&) const = default;
};

inline constexpr std::size_t kMaxSuggestions = 12;
inline constexpr std::size_t kMaxEvidence = 20;
inline constexpr double kSureEnough = 0.6;

// What an article is about, most telling first: found in a headline, then by how often, then by how early.
//
// Each place where a concept is found is worth its field's weight (headline 0.95, summary 0.75, body 0.45), times 0.85
// when only the stem matched. Within one language they add up as independent evidence: confidence = 1 − Π(1 − weight),
// at most 0.99, in hundredths. Over languages the best counts. What stays below 0.6 is not suggested: one mention in a
// body is not enough (0.45), two are (0.70).
//
// Labels are in `label_language`, or else in another of the concept's.
std::vector<Suggestion> Suggest(const Matcher& matcher, std::span<const Text> texts, std::string_view label_language);

}  // namespace kimberlite::tagging
