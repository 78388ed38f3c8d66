#include "services/tagging/learn/trees.h"

#include <algorithm>
#include <cmath>

namespace kimberlite::tagging::learn {
namespace {

constexpr std::size_t kRanges = 64;

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }

struct Sums {
  double gradient = 0;
  double weight = 0;
};

// Upper bounds of the ranges of one feature's values, about equally full.
std::vector<float> BoundsOf(std::span<const float> rows, std::size_t width, std::size_t feature) {
  std::vector<float> values;
  const std::size_t count = rows.size() / width;
  const std::size_t step = std::max<std::size_t>(1, count / 50'000);
  for (std::size_t i = 0; i < count; i += step) values.push_back(rows[i * width + feature]);
  std::ranges::sort(values);
  std::vector<float> bounds;
  for (std::size_t i = 1; i < kRanges; ++i) {
    const float bound = values[i * (values.size() - 1) / kRanges];
    if (bounds.empty() || bound > bounds.back()) bounds.push_back(bound);
  }
  return bounds;
}

}  // namespace

void Trees::Train(std::span<const float> rows, std::size_t width, std::span<const std::uint8_t> yes,
                  const Options& options) {
  const std::size_t count = yes.size();
  nodes_.clear();
  roots_.clear();
  if (count == 0) return;
  std::vector<std::vector<float>> bounds(width);
  std::vector<std::uint8_t> ranges(count * width);
  for (std::size_t f = 0; f < width; ++f) {
    bounds[f] = BoundsOf(rows, width, f);
    for (std::size_t i = 0; i < count; ++i) {
      ranges[i * width + f] =
          static_cast<std::uint8_t>(std::ranges::lower_bound(bounds[f], rows[i * width + f]) - bounds[f].begin());
    }
  }
  const double positives = static_cast<double>(std::ranges::count(yes, 1));
  const double share = std::clamp(positives / static_cast<double>(count), 1e-4, 1 - 1e-4);
  base_ = std::log(share / (1 - share));
  std::vector<double> score(count, base_);
  std::vector<float> gradient(count);
  std::vector<float> weight(count);
  std::vector<std::uint32_t> order(count);
  std::vector<std::array<Sums, kRanges>> histogram(width);

  struct Part {
    std::int32_t node;
    std::size_t begin, end;
    int depth;
  };
  for (int tree = 0; tree < options.trees; ++tree) {
    for (std::size_t i = 0; i < count; ++i) {
      const double p = Logistic(score[i]);
      gradient[i] = static_cast<float>(p - yes[i]);
      weight[i] = static_cast<float>(p * (1 - p));
      order[i] = static_cast<std::uint32_t>(i);
    }
    roots_.push_back(static_cast<std::int32_t>(nodes_.size()));
    nodes_.emplace_back();
    std::vector<Part> parts = {{roots_.back(), 0, count, 0}};
    while (!parts.empty()) {
      const Part part = parts.back();
      parts.pop_back();
      Sums all;
      for (auto& ranges_of : histogram) ranges_of.fill({});
      for (std::size_t at = part.begin; at < part.end; ++at) {
        const std::uint32_t i = order[at];
        all.gradient += gradient[i];
        all.weight += weight[i];
        if (part.depth == options.depth) continue;
        const std::uint8_t* const row = &ranges[i * width];
        for (std::size_t f = 0; f < width; ++f) {
          histogram[f][row[f]].gradient += gradient[i];
          histogram[f][row[f]].weight += weight[i];
        }
      }
      const auto gain = [&](const Sums& sums) {
        return sums.gradient * sums.gradient / (sums.weight + options.regularisation);
      };
      double best = 1e-3;
      std::size_t best_feature = width;
      std::size_t best_range = 0;
      for (std::size_t f = 0; part.depth < options.depth && f < width; ++f) {
        Sums left;
        for (std::size_t r = 0; r < bounds[f].size(); ++r) {
          left.gradient += histogram[f][r].gradient;
          left.weight += histogram[f][r].weight;
          const Sums right{all.gradient - left.gradient, all.weight - left.weight};
          if (left.weight < options.least_weight || right.weight < options.least_weight) continue;
          const double better = gain(left) + gain(right) - gain(all);
          if (better > best) {
            best = better;
            best_feature = f;
            best_range = r;
          }
        }
      }
      if (best_feature == width) {
        const double value = -options.rate * all.gradient / (all.weight + options.regularisation);
        nodes_[static_cast<std::size_t>(part.node)].value = static_cast<float>(value);
        for (std::size_t at = part.begin; at < part.end; ++at) score[order[at]] += value;
        continue;
      }
      const auto middle = std::partition(order.begin() + static_cast<std::ptrdiff_t>(part.begin),
                                         order.begin() + static_cast<std::ptrdiff_t>(part.end), [&](std::uint32_t i) {
                                           return ranges[i * width + best_feature] <= best_range;
                                         });
      const auto cut = static_cast<std::size_t>(middle - order.begin());
      const auto left = static_cast<std::int32_t>(nodes_.size());
      nodes_.resize(nodes_.size() + 2);
      Node& node = nodes_[static_cast<std::size_t>(part.node)];
      node.feature = static_cast<std::int32_t>(best_feature);
      node.threshold = bounds[best_feature][best_range];
      node.left = left;
      node.right = left + 1;
      parts.push_back({left, part.begin, cut, part.depth + 1});
      parts.push_back({left + 1, cut, part.end, part.depth + 1});
    }
  }
}

double Trees::ProbabilityOf(std::span<const float> row) const {
  double score = base_;
  for (const std::int32_t root : roots_) {
    const Node* node = &nodes_[static_cast<std::size_t>(root)];
    while (node->feature >= 0) {
      node = &nodes_[static_cast<std::size_t>(
          row[static_cast<std::size_t>(node->feature)] <= node->threshold ? node->left : node->right)];
    }
    score += node->value;
  }
  return Logistic(score);
}

}  // namespace kimberlite::tagging::learn
