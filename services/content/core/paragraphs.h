#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/time.h"

// Paragraphs of a body, whose ids outlive edits, and how far a translation is behind those of its original.
namespace kimberlite::content {

// A block of a body at the first level.
struct Paragraph {
  std::int64_t id = 0;    // greater than 0
  std::int64_t hash = 0;  // of its HTML; not negative

  bool operator==(const Paragraph&) const = default;
};

// The blocks of a clean body at the first level; text between them, which clean bodies have none of, belongs to the
// block before.
std::vector<std::string_view> Blocks(std::string_view body_html);

// The paragraphs of `body_html`, which was `before` until now. Blocks that are as they were keep their ids, in their
// order; between two of those, the first of the changed ones keep the ids of those that stood there; the rest get new
// ids above `last_id`. Time is linear for edits in one place; bodies of which much has moved cost up to a million
// comparisons, and beyond that what lies between their equal beginning and end is paired by place.
std::vector<Paragraph> Align(const std::vector<Paragraph>& before, std::string_view body_html, std::int64_t last_id);

// Which of the original's paragraphs a translation that has followed `followed` is behind: changed and new ones in
// their order, then removed ones.
std::vector<std::int64_t> Behind(const std::vector<Paragraph>& original, const std::vector<Paragraph>& followed);

// `followed` brought up to the original for the ids given.
std::vector<Paragraph> Follow(const std::vector<Paragraph>& original, const std::vector<Paragraph>& followed,
                              const std::vector<std::int64_t>& ids);

}  // namespace kimberlite::content
