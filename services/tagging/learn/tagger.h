#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "services/tagging/learn/document.h"
#include "services/tagging/learn/knowledge.h"
#include "services/tagging/learn/label_matcher.h"
#include "services/tagging/learn/trees.h"

namespace kimberlite::tagging::learn {

// What a tag is called.
struct TagDefinition {
  std::string concept_id;                                  // as the caller names it
  std::string label;                                       // shown
  Capitals capitals = Capitals::kIgnored;                  // what its names ask for
  std::vector<std::pair<std::string, std::string>> names;  // language (empty: any), label or alias
};

// A tag of an article, with what speaks for it.
struct TagSuggestion {
  std::uint32_t tag = 0;
  double score = 0;  // the probability that an editor would give it
  bool chosen = false;
  std::vector<LabelHit> hits;       // up to kMaxHits, the most telling first
  float linear = 0;                 // the linear score; LinearModel::kUnknown when it has none
  float votes = 0;                  // 0 to 1: the part of the most like articles that have it
  std::vector<std::uint32_t> like;  // up to three of these, numbers of training articles

  static constexpr std::size_t kMaxHits = 5;
};

// Suggests tags: finds their labels, asks articles that are like this one and a linear score per tag, and lets trees
// weigh it all, learnt from what editors gave. With no training the labels alone decide. Not safe for threads.
class Tagger {
 public:
  // With definitions these are the tags; else all that the articles carry are. Articles are in the order of time.
  Tagger(std::vector<TagDefinition> definitions, const std::vector<Article>& training);

  // Best first, at most `most`.
  std::vector<TagSuggestion> Suggest(const Article& article, std::size_t most = 30);

  const TagDefinition& tag(std::uint32_t number) const { return tags_[number]; }
  const std::string& training_id(std::uint32_t number) const { return training_ids_[number]; }

 private:
  void DefineFrom(const std::vector<Article>& training);
  void IndexNames(const std::vector<Article>& training);
  void LearnFrom(const std::vector<Article>& training);
  static double BestThreshold(const std::vector<double>& guesses, const std::vector<std::uint8_t>& yes,
                              std::size_t missed);
  std::vector<std::uint32_t> TagsOf(const Article& article) const;
  std::vector<LabelHit> HitsIn(const Article& article, const Document& document);
  Example ExampleOf(const Article& article);

  std::vector<TagDefinition> tags_;
  std::vector<std::uint32_t> label_words_;
  std::unordered_map<std::string, std::uint32_t> by_name_;  // folded
  std::map<std::string, LabelMatcher> matchers_;            // by language
  Terms terms_;
  std::vector<Example> examples_;
  std::vector<std::string> training_ids_;
  std::unique_ptr<Neighbours> neighbours_;
  std::unique_ptr<Knowledge> knowledge_;
  Trees trees_;
  double threshold_ = 0.5;
};

// The form under which typed tags are one: folded, without punctuation at the edges ("New Year," is "new year").
std::string NameKey(std::string_view typed);

}  // namespace kimberlite::tagging::learn
