#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "services/tagging/learn/document.h"

namespace kimberlite::tagging::learn {

// The articles most like one, by the cosine of their words.
class Neighbours {
 public:
  explicit Neighbours(std::size_t features) : articles_with_(features) {}

  // Articles are numbered in the order in which they are added.
  void Add(const Vector& vector);

  struct Neighbour {
    std::uint32_t article = 0;
    float likeness = 0;
  };
  // The best `most` among the articles that `allowed` says; best first.
  std::vector<Neighbour> Of(const Vector& vector, std::size_t most, const std::vector<bool>& allowed) const;

 private:
  std::vector<std::vector<std::pair<std::uint32_t, float>>> articles_with_;
  std::uint32_t size_ = 0;
};

}  // namespace kimberlite::tagging::learn
