#include "services/tagging/learn/tagger.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "libs/i18n/words.h"

namespace kimberlite::tagging::learn {
namespace {

// Fewer articles are learnt from in turns, each with all others; more in the order of time.
constexpr std::size_t kFewArticles = 700;
constexpr std::size_t kTurns = 5;
constexpr std::size_t kShallowBelow = 1500;
constexpr std::size_t kLeastToLearn = 30;
constexpr double kStages[] = {0.55, 0.78};

// With nothing to learn from: each place of a label is independent evidence.
constexpr double kUntrained[kFields] = {0.6, 0.42, 0.1};
constexpr double kUntrainedPart = 0.05;
constexpr double kUntrainedThreshold = 0.25;  // three places in the content, or one in the summary

double UntrainedScore(const std::vector<LabelHit>& hits) {
  double doubt = 1;
  for (const LabelHit& hit : hits) doubt *= 1 - (hit.kind == MatchKind::kPart ? kUntrainedPart : kUntrained[hit.field]);
  return std::min(0.97, 1 - doubt);
}

// Who learns from what, and whom it then judges.
struct Stage {
  std::vector<std::uint32_t> learn;
  std::vector<std::uint32_t> judge;
};

std::vector<Stage> StagesOf(std::size_t articles) {
  std::vector<Stage> stages;
  if (articles < kFewArticles) {
    stages.resize(kTurns);
    for (std::uint32_t i = 0; i < articles; ++i) {
      for (std::size_t turn = 0; turn < kTurns; ++turn) {
        (i % kTurns == turn ? stages[turn].judge : stages[turn].learn).push_back(i);
      }
    }
    return stages;
  }
  for (std::size_t at = 0; at < std::size(kStages); ++at) {
    const auto begin = static_cast<std::uint32_t>(kStages[at] * static_cast<double>(articles));
    const double next = at + 1 < std::size(kStages) ? kStages[at + 1] : 1;
    const auto end = static_cast<std::uint32_t>(next * static_cast<double>(articles));
    Stage& stage = stages.emplace_back();
    for (std::uint32_t i = 0; i < begin; ++i) stage.learn.push_back(i);
    for (std::uint32_t i = begin; i < end; ++i) stage.judge.push_back(i);
  }
  return stages;
}

}  // namespace

std::string NameKey(std::string_view typed) {
  const std::string folded = i18n::Fold(typed);
  const std::vector<i18n::Word> words = i18n::SegmentWords(folded, "und");
  if (words.empty()) return {};
  return folded.substr(words.front().begin_byte, words.back().end_byte - words.front().begin_byte);
}

Tagger::Tagger(std::vector<TagDefinition> definitions, const std::vector<Article>& training)
    : tags_(std::move(definitions)) {
  if (tags_.empty()) DefineFrom(training);
  IndexNames(training);
  LearnFrom(training);
}

void Tagger::DefineFrom(const std::vector<Article>& training) {
  std::map<std::string, std::map<std::string, std::size_t>> spellings;
  std::map<std::string, std::set<std::string>> languages;
  for (const Article& article : training) {
    for (const std::string& typed : article.tags) {
      const std::string key = NameKey(typed);
      if (key.empty()) continue;
      ++spellings[key][typed];
      languages[key].insert(article.language);
    }
  }
  for (const auto& [key, typed] : spellings) {
    const auto most = std::ranges::max_element(typed, {}, &std::pair<const std::string, std::size_t>::second);
    TagDefinition definition{.concept_id = most->first, .label = most->first};
    for (const std::string& language : languages[key]) definition.names.emplace_back(language, key);
    tags_.push_back(std::move(definition));
  }
}

void Tagger::IndexNames(const std::vector<Article>& training) {
  std::set<std::string> languages;
  for (const Article& article : training) languages.insert(article.language);
  for (const TagDefinition& definition : tags_) {
    for (const auto& [language, name] : definition.names) {
      if (!language.empty()) languages.insert(language);
    }
  }
  for (const std::string& language : languages) matchers_.emplace(language, LabelMatcher(language));
  for (std::uint32_t number = 0; number < tags_.size(); ++number) {
    const TagDefinition& definition = tags_[number];
    by_name_.emplace(definition.concept_id, number);
    by_name_.emplace(NameKey(definition.label), number);
    for (const auto& [language, name] : definition.names) {
      by_name_.emplace(NameKey(name), number);
      for (auto& [of_matcher, matcher] : matchers_) {
        if (language.empty() || language == of_matcher) matcher.Add(number, name, definition.capitals);
      }
    }
    label_words_.push_back(static_cast<std::uint32_t>(i18n::SegmentWords(definition.label, "und").size()));
  }
}

std::vector<std::uint32_t> Tagger::TagsOf(const Article& article) const {
  std::vector<std::uint32_t> tags;
  for (const std::string& typed : article.tags) {
    auto known = by_name_.find(typed);
    if (known == by_name_.end()) known = by_name_.find(NameKey(typed));
    if (known != by_name_.end() && std::ranges::find(tags, known->second) == tags.end()) tags.push_back(known->second);
  }
  return tags;
}

std::vector<LabelHit> Tagger::HitsIn(const Article& article, const Document& document) {
  const auto matcher = matchers_.find(article.language);
  return matcher == matchers_.end() ? std::vector<LabelHit>() : matcher->second.Find(document);
}

Example Tagger::ExampleOf(const Article& article) {
  const Document document = Document::Of(article);
  return {terms_.VectorOf(document), HitsIn(article, document), TagsOf(article),
          static_cast<float>(article.content.size())};
}

void Tagger::LearnFrom(const std::vector<Article>& training) {
  if (training.size() < kLeastToLearn) return;
  for (const Article& article : training) terms_.Count(Document::Of(article));
  terms_.Close();
  neighbours_ = std::make_unique<Neighbours>(terms_.size());
  for (const Article& article : training) {
    examples_.push_back(ExampleOf(article));
    neighbours_->Add(examples_.back().vector);
    training_ids_.push_back(article.id);
  }

  std::vector<float> rows;
  std::vector<std::uint8_t> yes;
  std::vector<std::size_t> ends;  // of each judged article's rows
  std::vector<std::size_t> missed;
  for (const Stage& stage : StagesOf(training.size())) {
    const Knowledge knowledge(examples_, *neighbours_, stage.learn, tags_.size(), terms_.size(), label_words_);
    for (const std::uint32_t article : stage.judge) {
      const Example& example = examples_[article];
      std::size_t found = 0;
      for (const TagEvidence& evidence : knowledge.EvidenceFor(example)) {
        rows.insert(rows.end(), evidence.values.begin(), evidence.values.end());
        yes.push_back(std::ranges::find(example.tags, evidence.tag) != example.tags.end());
        found += yes.back();
      }
      ends.push_back(yes.size());
      missed.push_back(example.tags.size() - found);
    }
  }

  // The threshold comes from articles that these trees did not see: the later half, or every second.
  const bool in_time = training.size() >= kFewArticles;
  std::vector<float> first_rows;
  std::vector<std::uint8_t> first_yes;
  std::vector<std::pair<std::size_t, std::size_t>> later;  // rows
  std::size_t later_missed = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    if (in_time ? i * 2 >= ends.size() : i % 2 == 1) {
      later.emplace_back(begin, ends[i]);
      later_missed += missed[i];
      continue;
    }
    first_rows.insert(first_rows.end(), rows.begin() + static_cast<std::ptrdiff_t>(begin * kEvidenceValues),
                      rows.begin() + static_cast<std::ptrdiff_t>(ends[i] * kEvidenceValues));
    first_yes.insert(first_yes.end(), yes.begin() + static_cast<std::ptrdiff_t>(begin),
                     yes.begin() + static_cast<std::ptrdiff_t>(ends[i]));
  }
  Trees::Options options;
  if (training.size() < kShallowBelow) options.depth = 3;
  trees_.Train(first_rows, kEvidenceValues, first_yes, options);
  std::vector<double> guesses;
  std::vector<std::uint8_t> later_yes;
  for (const auto& [begin, end] : later) {
    for (std::size_t row = begin; row < end; ++row) {
      guesses.push_back(trees_.ProbabilityOf(std::span(rows).subspan(row * kEvidenceValues, kEvidenceValues)));
      later_yes.push_back(yes[row]);
    }
  }
  threshold_ = BestThreshold(guesses, later_yes, later_missed);
  trees_.Train(rows, kEvidenceValues, yes, options);

  std::vector<std::uint32_t> all(training.size());
  std::iota(all.begin(), all.end(), 0U);
  knowledge_ = std::make_unique<Knowledge>(examples_, *neighbours_, all, tags_.size(), terms_.size(), label_words_);
}

// The best F1 over all tags of all articles; `missed` tags were no candidates.
double Tagger::BestThreshold(const std::vector<double>& guesses, const std::vector<std::uint8_t>& yes,
                             std::size_t missed) {
  std::vector<std::size_t> order(guesses.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return guesses[a] > guesses[b]; });
  const double wanted = static_cast<double>(std::ranges::count(yes, 1) + static_cast<std::ptrdiff_t>(missed));
  double threshold = 0.5;
  double hits = 0;
  double chosen = 0;
  double best = 0;
  for (const std::size_t i : order) {
    hits += yes[i];
    const double f1 = 2 * hits / (++chosen + wanted);
    if (f1 > best) {
      best = f1;
      threshold = guesses[i];
    }
  }
  return threshold;
}

std::vector<TagSuggestion> Tagger::Suggest(const Article& article, std::size_t most) {
  std::vector<TagSuggestion> suggestions;
  const Example asked = ExampleOf(article);
  std::map<std::uint32_t, std::vector<LabelHit>> hits;
  for (const LabelHit& hit : asked.hits) hits[hit.tag].push_back(hit);
  std::vector<double> order_by;
  if (!knowledge_) {
    for (const auto& [tag, of_tag] : hits) {
      const double score = UntrainedScore(of_tag);
      suggestions.push_back(
          {.tag = tag, .score = score, .chosen = score >= kUntrainedThreshold, .linear = LinearModel::kUnknown});
    }
  } else {
    std::vector<Neighbours::Neighbour> like;
    for (const TagEvidence& evidence : knowledge_->EvidenceFor(asked, &like)) {
      const double guess = trees_.ProbabilityOf(evidence.values);
      suggestions.push_back({.tag = evidence.tag,
                             .score = guess,
                             .chosen = guess >= threshold_,
                             .linear = evidence.values[13],
                             .votes = evidence.values[16]});
    }
    for (TagSuggestion& suggestion : suggestions) {
      for (const auto& [number, likeness] : like) {
        const auto& tags = examples_[number].tags;
        if (suggestion.like.size() < 3 && std::ranges::find(tags, suggestion.tag) != tags.end()) {
          suggestion.like.push_back(number);
        }
      }
    }
  }
  std::ranges::stable_sort(suggestions, std::greater<>(), &TagSuggestion::score);
  if (suggestions.size() > most) suggestions.resize(most);
  for (TagSuggestion& suggestion : suggestions) {
    auto& of_tag = hits[suggestion.tag];
    std::ranges::stable_sort(of_tag, [](const LabelHit& a, const LabelHit& b) {
      return std::pair(a.kind == MatchKind::kPart, a.field) < std::pair(b.kind == MatchKind::kPart, b.field);
    });
    if (of_tag.size() > TagSuggestion::kMaxHits) of_tag.resize(TagSuggestion::kMaxHits);
    suggestion.hits = std::move(of_tag);
  }
  return suggestions;
}

}  // namespace kimberlite::tagging::learn
