#include "services/tagging/core/matcher.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "libs/base/text.h"
#include "services/tagging/core/inflection.h"
#include "services/tagging/core/letters.h"
#include "services/tagging/core/tokens.h"

namespace kimberlite::tagging {
namespace {

constexpr std::size_t kLongestExact = 5;  // letters
// Words of names that one word of a text may be an inflected form of. More can only come from names made to collide.
constexpr std::size_t kMaxInflected = 8;

bool IsName(Kind kind) { return kind == Kind::kPerson || kind == Kind::kOrganisation || kind == Kind::kPlace; }

Form FormOf(std::string_view text, std::string_view language_code, Kind kind) {
  Form form{.text = std::string(text)};
  const std::vector<Token> tokens = Tokenise(text, language_code);
  if (tokens.empty()) return form;
  std::string joined;
  for (const Token& token : tokens) joined += token.key;
  // One letter says nothing, unless it is a word by itself as in Chinese.
  if (CountCodePoints(joined) < 2 && !IsIdeographic(joined)) return form;
  const std::string_view first = tokens.front().In(text);
  form.capital = IsName(kind) && BeginsWithCapital(first);
  if (tokens.size() == 1 && CountCodePoints(first) <= kLongestExact && IsAllCapitals(first)) form.exact = first;
  if (IsWrittenJoined(language_code)) {
    form.keys.push_back(std::move(joined));
  } else {
    for (const Token& token : tokens) {
      if (!token.key.empty()) form.keys.push_back(token.key);
    }
  }
  return form;
}

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <typename Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

}  // namespace

PreparedConcept::PreparedConcept(Concept given) : definition(std::move(given)) {
  for (const Label& label : definition.labels) {
    std::vector<Form>& made = forms.emplace_back();
    made.push_back(FormOf(label.text, label.language_code, definition.kind));
    for (const std::string& alias : label.aliases) made.push_back(FormOf(alias, label.language_code, definition.kind));
  }
}

struct LanguageForms::Trie {
  struct Entry {
    const PreparedConcept* found;
    const Form* form;
    bool is_label;
  };
  struct StemEntry {
    std::uint32_t word;
    std::uint32_t paradigms;
  };

  std::string language_code;
  bool joined = false;
  std::size_t longest_key = 0;
  std::vector<std::shared_ptr<const PreparedConcept>> owners;
  StringMap<std::uint32_t> words;
  StringMap<std::vector<StemEntry>> stems;
  std::unordered_map<std::uint64_t, std::uint32_t> edges;  // node and word to node; the root is 0
  std::vector<std::vector<Entry>> entries;                 // of each node

  std::uint32_t WordOf(const std::string& key) {
    const auto [at, added] = words.try_emplace(key, static_cast<std::uint32_t>(words.size()));
    if (added) {
      longest_key = std::max(longest_key, key.size());
      for (Stem& stem : StemsOfName(key, language_code))
        stems[std::move(stem.text)].push_back({at->second, stem.paradigms});
    }
    return at->second;
  }

  static std::uint64_t Edge(std::uint32_t node, std::uint32_t word) { return std::uint64_t{node} << 32 | word; }

  void Add(const PreparedConcept& owner, const Form& form, bool is_label) {
    if (form.keys.empty()) return;
    std::uint32_t node = 0;
    for (const std::string& key : form.keys) {
      const auto next = static_cast<std::uint32_t>(entries.size());
      const auto [at, added] = edges.try_emplace(Edge(node, WordOf(key)), next);
      if (added) entries.emplace_back();
      node = at->second;
    }
    entries[node].push_back({&owner, &form, is_label});
  }

  // In the order of Search::Beats.
  void Sort() {
    for (std::vector<Entry>& of_node : entries) {
      std::ranges::stable_sort(of_node, [](const Entry& a, const Entry& b) {
        if (a.is_label != b.is_label) return a.is_label;
        return a.found->definition.concept_id < b.found->definition.concept_id;
      });
    }
  }
};

LanguageForms::LanguageForms(std::string language_code,
                             std::span<const std::shared_ptr<const PreparedConcept>> concepts) {
  auto trie = std::make_unique<Trie>();
  trie->joined = IsWrittenJoined(language_code);
  trie->language_code = std::move(language_code);
  trie->entries.emplace_back();
  for (const auto& prepared : concepts) {
    const std::vector<Label>& labels = prepared->definition.labels;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i].language_code != trie->language_code) continue;
      for (const Form& form : prepared->forms[i]) trie->Add(*prepared, form, &form == &prepared->forms[i].front());
      trie->owners.push_back(prepared);
    }
  }
  trie->Sort();
  trie_ = std::move(trie);
}

LanguageForms::~LanguageForms() = default;

// The longest name of one layer that begins at one word of a text.
struct LanguageForms::Search {
  const Trie& trie;
  const std::set<std::int64_t>* replaced = nullptr;  // concepts that this layer does not know as they are
  bool names_only = false;  // persons and organisations, as the fallback for other languages looks for
  std::string_view text = {};
  std::span<const Token> tokens = {};

  std::size_t begin = 0;
  std::size_t length = 0;  // in words; 0: nothing found
  Hit best = {};
  bool best_is_label = false;

  void Run(std::size_t first) {
    begin = first;
    length = 0;
    if (trie.joined) {
      RunJoined();
    } else {
      Walk(0, first, false);
    }
  }

  // Whether this find is the one to take, of two. Exact letters before a stem; when two concepts claim one form, a
  // label before an alias, then the older concept before the newer.
  bool Beats(const Search& other) const {
    const auto rank = [](const Search& search) {
      return std::tuple(search.length, !search.best.inflected, search.best_is_label,
                        -search.best.found->definition.concept_id);
    };
    return rank(*this) > rank(other);
  }

  std::string_view Gap(std::size_t before) const {
    return text.substr(tokens[before].end_byte, tokens[before + 1].begin_byte - tokens[before].end_byte);
  }

  bool Accepts(const Trie::Entry& entry, bool inflected) const {
    const Kind kind = entry.found->definition.kind;
    const std::string_view first = tokens[begin].In(text);
    if (replaced && replaced->contains(entry.found->definition.concept_id)) return false;
    if (names_only && !((kind == Kind::kPerson || kind == Kind::kOrganisation) && entry.form->capital)) return false;
    if (!entry.form->exact.empty()) return !inflected && first == entry.form->exact;
    if (entry.form->capital && !BeginsWithCapital(first)) return false;
    // Adams is not the plural of Adam.
    return !(inflected && kind == Kind::kPerson && PrimaryLanguage(trie.language_code) == "en");
  }

  void Offer(std::uint32_t node, std::size_t end, bool inflected) {
    if (end - begin < length || (end - begin == length && (inflected || !best.inflected))) return;
    for (const Trie::Entry& entry : trie.entries[node]) {
      if (!Accepts(entry, inflected)) continue;
      length = end - begin;
      best = {entry.found, entry.form, tokens[begin].begin_byte, tokens[end - 1].end_byte, inflected};
      best_is_label = entry.is_label;
      return;
    }
  }

  void Walk(std::uint32_t node, std::size_t at, bool inflected) {
    if (at > begin) Offer(node, at, inflected);
    if (at == tokens.size()) return;
    if (at > begin && !MayJoin(tokens[at - 1].In(text), Gap(at - 1))) return;
    const std::string& key = tokens[at].key;
    if (key.empty()) return;
    if (const auto word = trie.words.find(key); word != trie.words.end()) Follow(node, word->second, at, inflected);
    for (const std::uint32_t word : Inflected(key)) Follow(node, word, at, true);
  }

  void Follow(std::uint32_t node, std::uint32_t word, std::size_t at, bool inflected) {
    if (const auto edge = trie.edges.find(Trie::Edge(node, word)); edge != trie.edges.end())
      Walk(edge->second, at + 1, inflected);
  }

  // The words of names that `key` may be an inflected form of, itself left out.
  std::vector<std::uint32_t> Inflected(const std::string& key) const {
    std::vector<std::uint32_t> found;
    if (trie.stems.empty()) return found;
    const auto self = trie.words.find(key);
    for (const Stem& stem : StemsOfText(key, trie.language_code)) {
      const auto known = trie.stems.find(stem.text);
      if (known == trie.stems.end()) continue;
      for (const Trie::StemEntry& entry : known->second) {
        if ((entry.paradigms & stem.paradigms) == 0 || (self != trie.words.end() && self->second == entry.word))
          continue;
        if (std::ranges::find(found, entry.word) == found.end()) found.push_back(entry.word);
        if (found.size() == kMaxInflected) return found;
      }
    }
    return found;
  }

  // A dictionary may cut a name and the text around it differently from the name alone, so words are put together
  // again.
  void RunJoined() {
    std::string joined;
    for (std::size_t at = begin; at < tokens.size(); ++at) {
      if (at > begin && !Gap(at - 1).empty() && !MayJoin({}, Gap(at - 1))) return;
      joined += tokens[at].key;
      if (tokens[at].key.empty() || joined.size() > trie.longest_key) return;
      const auto word = trie.words.find(joined);
      if (word == trie.words.end()) continue;
      if (const auto edge = trie.edges.find(Trie::Edge(0, word->second)); edge != trie.edges.end())
        Offer(edge->second, at + 1, false);
    }
  }
};

Matcher::Languages Matcher::Build(std::span<const std::shared_ptr<const PreparedConcept>> concepts) {
  Languages languages;
  for (const auto& prepared : concepts) {
    for (const Label& label : prepared->definition.labels) languages.try_emplace(label.language_code);
  }
  for (auto& [language_code, forms] : languages) forms = std::make_shared<const LanguageForms>(language_code, concepts);
  return languages;
}

std::vector<LanguageForms::Search> Matcher::SearchesOf(std::string_view language_code) const {
  if (!all_.contains(language_code) && !recent_.contains(language_code)) language_code = PrimaryLanguage(language_code);
  std::vector<LanguageForms::Search> searches;
  if (const auto found = recent_.find(language_code); found != recent_.end())
    searches.push_back({.trie = *found->second->trie_});
  if (const auto found = all_.find(language_code); found != all_.end()) {
    searches.push_back({.trie = *found->second->trie_, .replaced = &replaced_});
  }
  return searches;
}

std::vector<Hit> Matcher::Find(std::string_view text, std::string_view language_code) const {
  using Searches = std::vector<LanguageForms::Search>;
  const std::vector<Token> tokens = Tokenise(text, language_code);
  Searches own = SearchesOf(language_code);
  Searches english;
  if (PrimaryLanguage(language_code) != "en") english = SearchesOf("en");
  for (LanguageForms::Search& search : english) search.names_only = true;
  for (Searches* searches : {&own, &english}) {
    for (LanguageForms::Search& search : *searches) {
      search.text = text;
      search.tokens = tokens;
    }
  }
  const auto run = [](Searches& searches, std::size_t at) {
    const LanguageForms::Search* best = nullptr;
    for (LanguageForms::Search& search : searches) {
      search.Run(at);
      if (search.length > 0 && (!best || search.Beats(*best))) best = &search;
    }
    return best;
  };

  std::vector<Hit> hits;
  for (std::size_t at = 0; at < tokens.size() && hits.size() < kMaxHits;) {
    const LanguageForms::Search* found = run(own, at);
    if (!found && !english.empty() && IsLatin(tokens[at].In(text))) found = run(english, at);
    if (found) hits.push_back(found->best);
    at += found ? found->length : 1;
  }
  return hits;
}

}  // namespace kimberlite::tagging
