#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "services/tagging/learn/document.h"

namespace kimberlite::tagging::learn {

// A linear score per tag: support vector machines, one tag against all others (dual coordinate descent, Hsieh et al.
// 2008, squared hinge loss). A tag takes part from kLeastExamples on.
class LinearModel {
 public:
  static constexpr std::uint32_t kLeastExamples = 3;

  // `tags_of[i]` are the tags of vectors[i], each below `tags`; likely(i, tag) grows with how easily vectors[i] may be
  // taken for one with the tag. Of those without it, the likeliest teach, and a sample of the rest.
  void Train(std::span<const Vector* const> vectors, std::span<const std::vector<std::uint32_t>> tags_of,
             std::size_t tags, std::size_t features, const std::function<float(std::size_t, std::uint32_t)>& likely);

  // By tag: about -1 to 1, above 0 for "yes"; kUnknown for tags that took no part.
  static constexpr float kUnknown = -2;
  std::vector<float> ScoresOf(const Vector& vector) const;

 private:
  // By feature, the tags that it speaks for or against.
  std::vector<std::vector<std::pair<std::uint32_t, float>>> weights_;
  std::vector<float> offset_;
};

}  // namespace kimberlite::tagging::learn
