#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "services/tagging/learn/document.h"
#include "services/tagging/learn/label_matcher.h"
#include "services/tagging/learn/linear.h"
#include "services/tagging/learn/neighbours.h"

namespace kimberlite::tagging::learn {

// An article with all that is looked at.
struct Example {
  Vector vector;
  std::vector<LabelHit> hits;
  std::vector<std::uint32_t> tags;  // distinct
  float length = 0;                 // bytes of the content
};

// What speaks for one tag of one article.
inline constexpr std::size_t kEvidenceValues = 26;
struct TagEvidence {
  std::uint32_t tag = 0;
  std::array<float, kEvidenceValues> values{};
};

// What a set of tagged articles teaches, and the evidence that it gives for the tags of another.
class Knowledge {
 public:
  // `learnt_from` are the articles among `examples` (in the order of time) that may be used; `neighbours` holds all.
  // Both must outlive this.
  Knowledge(std::span<const Example> examples, const Neighbours& neighbours,
            const std::vector<std::uint32_t>& learnt_from, std::size_t tags, std::size_t features,
            std::span<const std::uint32_t> label_words);

  // For all tags that anything speaks for.
  std::vector<TagEvidence> EvidenceFor(const Example& asked, std::vector<Neighbours::Neighbour>* like = nullptr) const;

 private:
  // How like each tag's articles this one is, by tag.
  void AddCentroids(const Vector& vector, std::span<float> scores) const;
  float Together(std::uint32_t tag, std::uint32_t given) const;

  std::span<const Example> examples_;
  const Neighbours& neighbours_;
  std::vector<bool> allowed_;
  std::size_t learnt_ = 0;
  LinearModel linear_;
  std::vector<std::vector<std::pair<std::uint32_t, float>>> centroids_;  // by feature: tag, weight
  std::vector<float> count_;                                             // articles with the tag
  std::vector<float> recent_;                                            // among the latest
  std::vector<float> last_seen_;                                         // how many articles ago
  std::vector<float> matched_;                                           // articles that hold the label
  std::vector<float> confirmed_;                                         // and are tagged with it
  std::vector<float> headed_;                                            // the same for title and summary
  std::vector<float> headed_confirmed_;
  std::unordered_map<std::uint64_t, float> together_;
  std::vector<std::uint32_t> common_;
  std::span<const std::uint32_t> label_words_;
};

}  // namespace kimberlite::tagging::learn
