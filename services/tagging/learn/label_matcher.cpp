#include "services/tagging/learn/label_matcher.h"

#include <algorithm>

#include "services/tagging/core/letters.h"

namespace kimberlite::tagging::learn {
namespace {

constexpr std::size_t kMaxKnown = 1'000'000;
constexpr std::size_t kMaxSharing = 2;  // labels that may share a last word

}  // namespace

void LabelMatcher::Add(std::uint32_t tag, std::string_view label, Capitals capitals) {
  label = label.substr(0, label.find(" ("));
  const std::vector<Token> tokens = Tokenise(label, language_);
  if (tokens.empty()) return;
  std::uint32_t node = 0;
  std::uint32_t last = 0;
  for (const Token& token : tokens) {
    if (token.key.empty()) return;
    const auto [word, is_new] = words_.emplace(token.key, static_cast<std::uint32_t>(words_.size()));
    last = word->second;
    if (is_new) {
      for (const Stem& stem : StemsOfName(token.key, language_)) stems_[stem.text].emplace_back(last, stem.paradigms);
      for (const Stem& stem : StemsOfName(token.key, language_, true)) {
        short_stems_[stem.text].emplace_back(last, stem.paradigms);
      }
    }
    const auto [next, is_new_node] = nodes_[node].next.emplace(last, static_cast<std::uint32_t>(nodes_.size()));
    node = next->second;
    if (is_new_node) nodes_.emplace_back();
  }
  auto& tags = nodes_[node].tags;
  if (!BeginsWithCapital(label)) capitals = Capitals::kIgnored;
  if (std::ranges::find(tags, tag, &Labelled::tag) == tags.end()) tags.push_back({tag, capitals});
  if (tokens.size() == 2) by_last_word_[last].push_back(tag);
  known_.clear();
}

const std::vector<LabelMatcher::Candidate>& LabelMatcher::WordsOf(const std::string& folded) {
  if (const auto known = known_.find(folded); known != known_.end()) return known->second;
  if (known_.size() >= kMaxKnown) known_.clear();
  std::vector<Candidate> candidates;
  if (const auto word = words_.find(folded); word != words_.end()) candidates.push_back({word->second, false, false});
  const auto add = [&](const std::vector<Stem>& stems, const auto& of_names, bool needs_neighbours) {
    for (const Stem& stem : stems) {
      const auto found = of_names.find(stem.text);
      if (found == of_names.end()) continue;
      for (const auto& [word, paradigms] : found->second) {
        if ((paradigms & stem.paradigms) != 0 &&
            std::ranges::find(candidates, word, &Candidate::word) == candidates.end()) {
          candidates.push_back({word, true, needs_neighbours});
        }
      }
    }
  };
  add(StemsOfText(folded, language_), stems_, false);
  add(StemsOfText(folded, language_, true), short_stems_, true);
  return known_.emplace(folded, std::move(candidates)).first->second;
}

void LabelMatcher::Walk(const std::vector<Token>& tokens, std::string_view text, std::size_t at, std::size_t begin,
                        std::uint32_t node, Candidate last, Longest& longest) {
  const bool inflected = last.inflected;
  const bool told_apart = at - begin > 1 || !last.needs_neighbours;
  if (told_apart && !nodes_[node].tags.empty() &&
      (at - begin > longest.tokens || (at - begin == longest.tokens && longest.inflected && !inflected))) {
    longest = {at - begin, inflected, &nodes_[node]};
  }
  if (at == tokens.size() || nodes_[node].next.empty()) return;
  if (at > begin) {
    const std::string_view gap = text.substr(tokens[at - 1].end_byte, tokens[at].begin_byte - tokens[at - 1].end_byte);
    if (!MayJoin(tokens[at - 1].In(text), gap)) return;
  }
  for (const Candidate& candidate : WordsOf(tokens[at].key)) {
    const auto next = nodes_[node].next.find(candidate.word);
    if (next == nodes_[node].next.end()) continue;
    Walk(tokens, text, at + 1, begin, next->second,
         {candidate.word, inflected || candidate.inflected, candidate.needs_neighbours}, longest);
  }
}

std::vector<LabelHit> LabelMatcher::Find(const Document& document) {
  std::vector<LabelHit> hits;
  for (std::uint8_t field = 0; field < kFields; ++field) {
    const std::vector<Token>& tokens = document.tokens[field];
    for (std::size_t at = 0; at < tokens.size();) {
      if (tokens[at].key.empty() || WordsOf(tokens[at].key).empty()) {
        ++at;
        continue;
      }
      Longest longest;
      Walk(tokens, document.text[field], at, at, 0, {}, longest);
      if (longest.tokens > 0) {
        const bool capital = BeginsWithCapital(tokens[at].In(document.text[field]));
        for (const auto& [tag, capitals] : longest.node->tags) {
          MatchKind kind = longest.inflected ? MatchKind::kInflected : MatchKind::kExact;
          if (!capital && capitals == Capitals::kNeeded) continue;
          if (!capital && capitals == Capitals::kExpected) kind = MatchKind::kPart;
          hits.push_back({tag, field, kind, tokens[at].begin_byte, tokens[at + longest.tokens - 1].end_byte});
        }
        at += longest.tokens;
        continue;
      }
      for (const Candidate& candidate : WordsOf(tokens[at].key)) {
        if (candidate.needs_neighbours) continue;
        const auto parts = by_last_word_.find(candidate.word);
        if (parts == by_last_word_.end() || parts->second.size() > kMaxSharing) continue;
        for (const std::uint32_t tag : parts->second) {
          hits.push_back({tag, field, MatchKind::kPart, tokens[at].begin_byte, tokens[at].end_byte});
        }
      }
      ++at;
    }
  }
  return hits;
}

}  // namespace kimberlite::tagging::learn
