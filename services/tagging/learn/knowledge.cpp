#include "services/tagging/learn/knowledge.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace kimberlite::tagging::learn {
namespace {

constexpr std::size_t kRecent = 400;  // articles
constexpr std::size_t kNeighbours = 40;
constexpr std::size_t kByLinear = 40;  // tags that become candidates
constexpr std::size_t kByNeighbours = 40;
constexpr std::size_t kCommon = 15;
constexpr std::size_t kCentroidWords = 250;
// As if a label's tag had been seen twice where its label stood, given a third of the time.
constexpr float kPriorWeight = 3;
constexpr float kPriorShare = 0.35F;

struct Places {
  float in[kFields] = {};
  float part = 0;
  float part_in_head = 0;
  float exact = 0;
  float first = 1;
  bool full() const { return in[0] + in[1] + in[2] > 0; }
  bool headed() const { return in[0] + in[1] > 0; }
};

std::map<std::uint32_t, Places> PlacesOf(const Example& example) {
  std::map<std::uint32_t, Places> places;
  for (const LabelHit& hit : example.hits) {
    Places& of_tag = places[hit.tag];
    if (hit.kind == MatchKind::kPart) {
      ++of_tag.part;
      of_tag.part_in_head += hit.field < 2;
      continue;
    }
    ++of_tag.in[hit.field];
    of_tag.exact += hit.kind == MatchKind::kExact;
    const float at = hit.field < 2 ? 0 : static_cast<float>(hit.begin_byte) / std::max(1.0F, example.length);
    of_tag.first = std::min(of_tag.first, at);
  }
  return places;
}

std::uint64_t PairOf(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint64_t>(std::min(a, b)) << 32 | std::max(a, b);
}

}  // namespace

Knowledge::Knowledge(std::span<const Example> examples, const Neighbours& neighbours,
                     const std::vector<std::uint32_t>& learnt_from, std::size_t tags, std::size_t features,
                     std::span<const std::uint32_t> label_words)
    : examples_(examples),
      neighbours_(neighbours),
      allowed_(examples.size()),
      learnt_(learnt_from.size()),
      centroids_(features),
      count_(tags),
      recent_(tags),
      last_seen_(tags, static_cast<float>(learnt_from.size() + 1)),
      matched_(tags),
      confirmed_(tags),
      headed_(tags),
      headed_confirmed_(tags),
      label_words_(label_words) {
  std::vector<const Vector*> vectors;
  std::vector<std::vector<std::uint32_t>> tags_of;
  std::vector<std::unordered_map<std::uint32_t, float>> sums(tags);
  for (std::size_t at = 0; at < learnt_from.size(); ++at) {
    const Example& example = examples[learnt_from[at]];
    allowed_[learnt_from[at]] = true;
    vectors.push_back(&example.vector);
    tags_of.push_back(example.tags);
    const std::size_t ago = learnt_from.size() - at;
    for (const std::uint32_t tag : example.tags) {
      ++count_[tag];
      if (ago <= kRecent) ++recent_[tag];
      last_seen_[tag] = static_cast<float>(ago);
      for (const auto& [feature, weight] : example.vector.entries) sums[tag][feature] += weight;
      for (const std::uint32_t other : example.tags) {
        if (tag < other) ++together_[PairOf(tag, other)];
      }
    }
    for (const auto& [tag, places] : PlacesOf(example)) {
      const bool is_tagged = std::ranges::find(example.tags, tag) != example.tags.end();
      if (places.full()) {
        ++matched_[tag];
        confirmed_[tag] += is_tagged;
      }
      if (places.headed()) {
        ++headed_[tag];
        headed_confirmed_[tag] += is_tagged;
      }
    }
  }
  for (std::uint32_t tag = 0; tag < tags; ++tag) {
    std::vector<std::pair<float, std::uint32_t>> words;
    float squares = 0;
    for (const auto& [feature, sum] : sums[tag]) {
      words.emplace_back(sum, feature);
      squares += sum * sum;
    }
    const std::size_t kept = std::min(kCentroidWords, words.size());
    std::ranges::partial_sort(words, words.begin() + static_cast<std::ptrdiff_t>(kept), std::greater<>());
    for (std::size_t i = 0; i < kept; ++i) {
      centroids_[words[i].second].emplace_back(tag, words[i].first / std::sqrt(squares));
    }
  }
  std::vector<float> likely(vectors.size() * tags);
  for (std::size_t i = 0; i < vectors.size(); ++i) AddCentroids(*vectors[i], std::span(likely).subspan(i * tags, tags));
  linear_.Train(vectors, tags_of, tags, features,
                [&](std::size_t i, std::uint32_t tag) { return likely[i * tags + tag]; });
  std::vector<std::uint32_t> all(tags);
  for (std::uint32_t tag = 0; tag < tags; ++tag) all[tag] = tag;
  const std::size_t kept = std::min(kCommon, all.size());
  std::ranges::partial_sort(
      all, all.begin() + static_cast<std::ptrdiff_t>(kept),
      [&](std::uint32_t a, std::uint32_t b) { return std::pair(-recent_[a], a) < std::pair(-recent_[b], b); });
  common_.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept));
}

void Knowledge::AddCentroids(const Vector& vector, std::span<float> scores) const {
  for (const auto& [feature, value] : vector.entries) {
    if (feature >= centroids_.size()) continue;
    for (const auto& [tag, weight] : centroids_[feature]) scores[tag] += weight * value;
  }
}

float Knowledge::Together(std::uint32_t tag, std::uint32_t given) const {
  const auto pair = together_.find(PairOf(tag, given));
  return pair == together_.end() ? 0 : pair->second / (count_[given] + 2);
}

std::vector<TagEvidence> Knowledge::EvidenceFor(const Example& asked, std::vector<Neighbours::Neighbour>* like) const {
  const std::size_t tags = count_.size();
  const std::map<std::uint32_t, Places> places = PlacesOf(asked);
  const std::vector<float> linear = linear_.ScoresOf(asked.vector);
  std::vector<float> centroid(tags);
  AddCentroids(asked.vector, centroid);
  const auto near = neighbours_.Of(asked.vector, kNeighbours, allowed_);
  std::vector<float> votes(tags);
  std::vector<float> nearest(tags);
  std::vector<float> voters(tags);
  float all_votes = 1e-6F;
  float tags_of_near = 0;
  for (const auto& [article, likeness] : near) {
    const float weight = likeness * likeness;
    all_votes += weight;
    tags_of_near += weight * static_cast<float>(examples_[article].tags.size());
    for (const std::uint32_t tag : examples_[article].tags) {
      votes[tag] += weight;
      nearest[tag] = std::max(nearest[tag], likeness);
      ++voters[tag];
    }
  }

  std::vector<bool> is_candidate(tags);
  for (const auto& [tag, of_tag] : places) is_candidate[tag] = true;
  for (const std::uint32_t tag : common_) is_candidate[tag] = true;
  const auto add_best = [&](const std::vector<float>& scores, std::size_t most, float least, std::vector<float>* rank) {
    std::vector<std::pair<float, std::uint32_t>> order;
    for (std::uint32_t tag = 0; tag < tags; ++tag) {
      if (scores[tag] > least) order.emplace_back(-scores[tag], tag);
    }
    const std::size_t kept = std::min(most, order.size());
    std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(kept));
    for (std::size_t i = 0; i < kept; ++i) {
      is_candidate[order[i].second] = true;
      if (rank) (*rank)[order[i].second] = static_cast<float>(i);
    }
  };
  std::vector<float> rank(tags, 2 * kByLinear);
  add_best(linear, kByLinear, LinearModel::kUnknown, &rank);
  add_best(votes, kByNeighbours, 0, nullptr);

  // What is nearly sure speaks for what goes with it.
  std::vector<std::uint32_t> sure;
  for (std::uint32_t tag = 0; tag < tags; ++tag) {
    if (is_candidate[tag] && (linear[tag] > 0 || votes[tag] > 0.6F * all_votes)) sure.push_back(tag);
  }

  std::vector<TagEvidence> evidence;
  const auto n = static_cast<float>(learnt_) + 1;
  for (std::uint32_t tag = 0; tag < tags; ++tag) {
    if (!is_candidate[tag]) continue;
    const auto found = places.find(tag);
    const Places none;
    const Places& of_tag = found == places.end() ? none : found->second;
    float with_sure = 0;
    float most_with_sure = 0;
    for (const std::uint32_t other : sure) {
      if (other == tag) continue;
      const float together = Together(tag, other);
      with_sure += together;
      most_with_sure = std::max(most_with_sure, together);
    }
    evidence.push_back(
        {tag,
         {of_tag.in[0],
          of_tag.in[1],
          std::log1p(of_tag.in[2]),
          of_tag.first,
          of_tag.exact > 0 ? 1.0F : 0.0F,
          of_tag.full() ? 1.0F : 0.0F,
          std::log1p(of_tag.part),
          of_tag.part_in_head,
          of_tag.full() ? (confirmed_[tag] + kPriorWeight * kPriorShare) / (matched_[tag] + kPriorWeight) : -1,
          of_tag.headed() ? (headed_confirmed_[tag] + kPriorWeight * kPriorShare) / (headed_[tag] + kPriorWeight) : -1,
          std::log1p(count_[tag]),
          std::log((count_[tag] + 0.5F) / n),
          std::log((recent_[tag] + 0.5F) / static_cast<float>(std::min(learnt_, kRecent) + 1)),
          linear[tag],
          std::log1p(rank[tag]),
          centroid[tag],
          votes[tag] / all_votes,
          nearest[tag],
          voters[tag],
          std::log1p(last_seen_[tag]),
          static_cast<float>(label_words_[tag]),
          std::log1p(asked.length),
          sure.empty() ? 0 : with_sure / static_cast<float>(sure.size()),
          most_with_sure,
          near.empty() ? 0 : near.front().likeness,
          tags_of_near / all_votes}});
  }
  if (like) *like = near;
  return evidence;
}

}  // namespace kimberlite::tagging::learn
