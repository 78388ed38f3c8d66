#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/tagging/core/concept.h"

namespace kimberlite::tagging {

// A label or alias, cut into words.
struct Form {
  std::string text;               // as it was typed
  std::vector<std::string> keys;  // folded; one for languages written without spaces. Empty: too short to be looked for
  // The name begins with a capital, and so must what is found: Мирный is a town, мирный is peaceful.
  bool capital = false;
  // A short name all in capitals is found in exactly these letters: WHO, not who. Empty for all others.
  std::string exact;
};

// A concept with its forms. Never changed once made.
struct PreparedConcept {
  explicit PreparedConcept(Concept definition);

  Concept definition;
  std::vector<std::vector<Form>> forms;  // per label; the label's own text first
};

// Where a concept was found in a text. Points into the matcher that found it.
struct Hit {
  const PreparedConcept* found = nullptr;
  const Form* form = nullptr;
  std::uint32_t begin_byte = 0;
  std::uint32_t end_byte = 0;
  bool inflected = false;  // a word matched by its stem only: the weaker kind of evidence
};

// The names of one language in a trie of words. Never changed once made.
class LanguageForms {
 public:
  LanguageForms(std::string language_code, std::span<const std::shared_ptr<const PreparedConcept>> concepts);
  ~LanguageForms();
  LanguageForms(const LanguageForms&) = delete;
  LanguageForms& operator=(const LanguageForms&) = delete;

 private:
  friend class Matcher;
  struct Trie;
  struct Search;
  std::unique_ptr<const Trie> trie_;
};

// Finds concepts in texts: whole words, the longest name at each place, never two concepts for one span. A text is
// matched against its language's names, and where those find nothing, Latin words against the English names of persons
// and organisations. Never changed once made, so safe for any thread.
class Matcher {
 public:
  using Languages = std::map<std::string, std::shared_ptr<const LanguageForms>, std::less<>>;
  static Languages Build(std::span<const std::shared_ptr<const PreparedConcept>> concepts);

  Matcher() = default;
  // Names in two layers: many that are seldom built anew, and those of the few concepts that changed since. `replaced`
  // are the ids of these, which the first layer knows as they were.
  Matcher(Languages all, Languages recent, std::set<std::int64_t> replaced)
      : all_(std::move(all)), recent_(std::move(recent)), replaced_(std::move(replaced)) {}

  // In the order of the text; at most kMaxHits.
  std::vector<Hit> Find(std::string_view text, std::string_view language_code) const;

  static constexpr std::size_t kMaxHits = 10'000;

 private:
  // One per layer that has the language.
  std::vector<LanguageForms::Search> SearchesOf(std::string_view language_code) const;

  Languages all_;
  Languages recent_;
  std::set<std::int64_t> replaced_;
};

}  // namespace kimberlite::tagging
