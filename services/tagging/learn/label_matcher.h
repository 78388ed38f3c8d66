#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/tagging/core/inflection.h"
#include "services/tagging/learn/document.h"

namespace kimberlite::tagging::learn {

enum class MatchKind : std::uint8_t {
  kExact,      // the words of a label as they are
  kInflected,  // in another case or number
  kPart,       // the last of its two words alone: a surname
};

enum class Capitals : std::uint8_t { kIgnored, kExpected, kNeeded };

struct LabelHit {
  std::uint32_t tag = 0;
  std::uint8_t field = 0;
  MatchKind kind = MatchKind::kExact;
  std::uint32_t begin_byte = 0;
  std::uint32_t end_byte = 0;
};

// The labels of one language in a trie of words: the longest at each place. Not safe for threads: it remembers which
// words may be forms of which.
class LabelMatcher {
 public:
  explicit LabelMatcher(std::string language) : language_(std::move(language)) {}

  // A label that begins with a capital is not expected without one in the text (Мирный is a town, мирный is peaceful):
  // by `capitals` such a place does not count, counts as a part would, or counts like any other.
  void Add(std::uint32_t tag, std::string_view label, Capitals capitals = Capitals::kIgnored);

  // In the order of the text.
  std::vector<LabelHit> Find(const Document& document);

 private:
  struct Labelled {
    std::uint32_t tag = 0;
    Capitals capitals = Capitals::kIgnored;
  };
  struct Node {
    std::unordered_map<std::uint32_t, std::uint32_t> next;  // by word
    std::vector<Labelled> tags;
  };
  struct Candidate {
    std::uint32_t word = 0;
    bool inflected = false;
    bool needs_neighbours = false;  // too short to be told by its stem alone
  };
  struct Longest {
    std::size_t tokens = 0;
    bool inflected = false;
    const Node* node = nullptr;
  };

  const std::vector<Candidate>& WordsOf(const std::string& folded);
  void Walk(const std::vector<Token>& tokens, std::string_view text, std::size_t at, std::size_t begin,
            std::uint32_t node, Candidate last, Longest& longest);

  std::string language_;
  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::unordered_map<std::string, std::uint32_t> words_;
  std::unordered_map<std::string, std::vector<std::pair<std::uint32_t, std::uint32_t>>> stems_;  // word, paradigms
  std::unordered_map<std::string, std::vector<std::pair<std::uint32_t, std::uint32_t>>> short_stems_;  // the same
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> by_last_word_;
  std::unordered_map<std::string, std::vector<Candidate>> known_;
};

}  // namespace kimberlite::tagging::learn
