#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kimberlite::tagging::learn {

// Boosted decision trees for a probability (logistic loss, Newton steps, values sorted into up to 64 ranges).
class Trees {
 public:
  struct Options {
    int trees = 160;
    int depth = 5;
    double rate = 0.08;
    double least_weight = 6;  // of a leaf, in second derivatives
    double regularisation = 4;
  };

  // `rows` holds `width` values for each of yes.size() examples.
  void Train(std::span<const float> rows, std::size_t width, std::span<const std::uint8_t> yes, const Options& options);
  double ProbabilityOf(std::span<const float> row) const;
  bool empty() const { return nodes_.empty(); }

 private:
  struct Node {
    std::int32_t feature = -1;  // -1: a leaf
    float threshold = 0;        // below or equal: left
    std::int32_t left = 0;
    std::int32_t right = 0;
    float value = 0;
  };

  double base_ = 0;
  std::vector<Node> nodes_;
  std::vector<std::int32_t> roots_;
};

}  // namespace kimberlite::tagging::learn
