#include "services/tagging/learn/neighbours.h"

#include <algorithm>

namespace kimberlite::tagging::learn {

void Neighbours::Add(const Vector& vector) {
  for (const auto& [feature, weight] : vector.entries) articles_with_[feature].emplace_back(size_, weight);
  ++size_;
}

std::vector<Neighbours::Neighbour> Neighbours::Of(const Vector& vector, std::size_t most,
                                                  const std::vector<bool>& allowed) const {
  std::vector<float> likeness(size_);
  for (const auto& [feature, weight] : vector.entries) {
    if (feature >= articles_with_.size()) continue;
    for (const auto& [article, other] : articles_with_[feature]) likeness[article] += weight * other;
  }
  std::vector<Neighbour> found;
  for (std::uint32_t article = 0; article < size_; ++article) {
    if (allowed[article] && likeness[article] > 0.02F) found.push_back({article, likeness[article]});
  }
  const std::size_t kept = std::min(most, found.size());
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(kept), [](const auto& a, const auto& b) {
    return a.likeness != b.likeness ? a.likeness > b.likeness : a.article < b.article;
  });
  found.resize(kept);
  return found;
}

}  // namespace kimberlite::tagging::learn
