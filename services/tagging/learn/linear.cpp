#include "services/tagging/learn/linear.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace kimberlite::tagging::learn {
namespace {

constexpr int kEpochs = 5;
constexpr float kCost = 1;
constexpr float kPositiveCost = 2;  // examples are few
constexpr float kOffsetFeature = 0.3F;
constexpr float kTooSmall = 0.004F;  // weights that change no decision

constexpr std::size_t kLeastTeachers = 500;
constexpr std::size_t kTeachersForEach = 6;  // example with the tag
constexpr std::size_t kSample = 12;          // one of so many others

// Whom one tag's score learns from: all with the tag, the likeliest without, and a sample of the rest.
template <typename Likely>
std::vector<std::uint32_t> Teachers(std::size_t count, const std::vector<std::uint32_t>& with,
                                    const std::vector<std::int8_t>& side, Likely likely) {
  std::vector<std::uint32_t> teachers = with;
  std::vector<std::pair<float, std::uint32_t>> others;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (side[i] < 0) others.emplace_back(-likely(i), i);
  }
  const std::size_t hard = std::min(others.size(), std::max(kLeastTeachers, kTeachersForEach * with.size()));
  std::ranges::nth_element(others, others.begin() + static_cast<std::ptrdiff_t>(hard));
  for (std::size_t at = 0; at < others.size(); ++at) {
    if (at < hard || others[at].second % kSample == 0) teachers.push_back(others[at].second);
  }
  std::ranges::sort(teachers);
  return teachers;
}

}  // namespace

void LinearModel::Train(std::span<const Vector* const> vectors, std::span<const std::vector<std::uint32_t>> tags_of,
                        std::size_t tags, std::size_t features,
                        const std::function<float(std::size_t, std::uint32_t)>& likely) {
  weights_.assign(features, {});
  offset_.assign(tags, kUnknown);
  std::vector<std::vector<std::uint32_t>> with(tags);
  for (std::uint32_t i = 0; i < vectors.size(); ++i) {
    for (const std::uint32_t tag : tags_of[i]) with[tag].push_back(i);
  }
  std::vector<float> weights(features);
  std::vector<float> alpha(vectors.size());
  std::vector<std::int8_t> side(vectors.size());
  std::vector<std::uint32_t> active;
  for (std::uint32_t tag = 0; tag < tags; ++tag) {
    if (with[tag].size() < kLeastExamples) continue;
    std::ranges::fill(weights, 0.0F);
    std::ranges::fill(alpha, 0.0F);
    std::ranges::fill(side, static_cast<std::int8_t>(-1));
    for (const std::uint32_t i : with[tag]) side[i] = 1;
    float offset = 0;
    active = Teachers(vectors.size(), with[tag], side, [&](std::uint32_t i) { return likely(i, tag); });
    std::minstd_rand random(tag + 1);
    for (int epoch = 0; epoch < kEpochs && !active.empty(); ++epoch) {
      for (std::size_t i = active.size(); i > 1; --i) std::swap(active[i - 1], active[random() % i]);
      float largest = 0;
      for (std::size_t at = 0; at < active.size();) {
        const std::uint32_t i = active[at];
        const float y = side[i];
        const float diagonal = 0.5F / (y > 0 ? kPositiveCost * kCost : kCost);
        float margin = offset * kOffsetFeature;
        for (const auto& [feature, value] : vectors[i]->entries) margin += weights[feature] * value;
        const float gradient = y * margin - 1 + diagonal * alpha[i];
        if (alpha[i] == 0 && gradient > 0.02F) {
          // Far on its own side: it will not come back.
          active[at] = active.back();
          active.pop_back();
          continue;
        }
        ++at;
        const float before = alpha[i];
        alpha[i] = std::max(0.0F, before - gradient / (1 + kOffsetFeature * kOffsetFeature + diagonal));
        const float step = (alpha[i] - before) * y;
        largest = std::max(largest, std::fabs(step));
        if (step == 0) continue;
        for (const auto& [feature, value] : vectors[i]->entries) weights[feature] += step * value;
        offset += step * kOffsetFeature;
      }
      if (largest < 0.05F) break;
    }
    offset_[tag] = offset * kOffsetFeature;
    for (std::uint32_t feature = 0; feature < features; ++feature) {
      if (std::fabs(weights[feature]) > kTooSmall) weights_[feature].emplace_back(tag, weights[feature]);
    }
  }
}

std::vector<float> LinearModel::ScoresOf(const Vector& vector) const {
  std::vector<float> scores = offset_;
  for (const auto& [feature, value] : vector.entries) {
    if (feature >= weights_.size()) continue;
    for (const auto& [tag, weight] : weights_[feature]) scores[tag] += weight * value;
  }
  return scores;
}

}  // namespace kimberlite::tagging::learn
