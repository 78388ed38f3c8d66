#include "libs/neardup/index.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "libs/i18n/language.h"
#include "libs/neardup/postings.h"

namespace kimberlite::neardup {
namespace {

// Shingles of a text that lead to it: a sample of about this many.
constexpr std::size_t kMaxPosted = 192;
// Texts that share most rare shingles are compared in full, no more than these.
constexpr std::size_t kMaxCompared = 40;

int PostedLevel(const Fingerprint& text) {
  int level = text.shingle_level;
  const auto posted = [&] {
    return static_cast<std::size_t>(std::ranges::count_if(
        text.shingles, [&](std::uint32_t shingle) { return (shingle & ((1U << level) - 1)) == 0; }));
  };
  while (posted() > kMaxPosted) ++level;
  return level;
}

// Chosen on made variants and on real news that is alike by pattern or subject (./dev bench neardup).
constexpr double kRepublished = 0.6;        // of the shorter text's shingles
constexpr double kRepublishedShort = 0.75;  // the same, when the other is much longer
constexpr double kMuchLonger = 0.5;
constexpr double kRewordedShingles = 0.1;  // of the shorter text's
constexpr double kRewordedEither = 0.07;   // of each one's
constexpr double kRewordedWords = 0.6;
constexpr double kSameNumbers = 0.6;
constexpr std::uint32_t kLeastShared = 4;

// Where words were changed one by one, a shingle is left when all its three words are: the words that are left are then
// the cube root of the shingles, or more. Where whole sentences were changed it is less. Texts made by one pattern have
// phrases in common and differ in the names and figures, which weigh most.
double LeastWords(double shingles) {
  constexpr double kFew = 0.3;
  const double above = std::clamp((shingles - kFew) / (kRepublished - kFew), 0.0, 1.0);
  return std::min(0.78, std::cbrt(shingles) + 0.03 - 0.13 * above);
}

}  // namespace

std::string_view GradeName(Grade grade) { return grade == Grade::kRepublished ? "republished" : "reworded"; }

bool Judge(const Fingerprint& asked, const Fingerprint& known, const WordWeights& weights, Match& match) {
  match.why = Compare(asked, known, weights);
  const Overlap& why = match.why;
  const double contained = std::max(why.of_first, why.of_second);
  if (why.shared_shingles < kLeastShared || why.numbers < kSameNumbers || why.words < LeastWords(contained)) {
    return false;
  }
  const bool much_longer = std::min(asked.length, known.length) < kMuchLonger * std::max(asked.length, known.length);
  if (contained >= (much_longer ? kRepublishedShort : kRepublished)) {
    match.grade = Grade::kRepublished;
    match.score = 0.5 + 0.5 * (contained - kRepublished) / (1 - kRepublished);
    return true;
  }
  if (much_longer || contained < kRewordedShingles || why.words < kRewordedWords ||
      std::min(why.of_first, why.of_second) < kRewordedEither) {
    return false;
  }
  match.grade = Grade::kReworded;
  match.score = 0.5 * contained / kRepublished;
  return true;
}

struct Index::State {
  struct Entry {
    std::int64_t id = 0;
    std::string language;
    Time time;
    Fingerprint text;
  };
  struct Language {
    Postings postings;
    WordWeights weights;
  };

  explicit State(Options given) : options(given) {}

  void Forget(std::uint32_t slot) {
    Entry& entry = entries[slot];
    Language& language = languages[entry.language];
    const int level = PostedLevel(entry.text);
    for (const std::uint32_t shingle : entry.text.shingles) {
      if ((shingle & ((1U << level) - 1)) == 0) language.postings.Remove(shingle, slot);
    }
    language.weights.Remove(entry.text);
    fingerprints -= SizeOf(entry.text);
    by_age.erase({entry.time, slot});
    by_id.erase(entry.id);
    entry = Entry();
    free.push_back(slot);
  }

  void Remember(Entry entry) {
    std::uint32_t slot = 0;
    if (free.empty()) {
      slot = static_cast<std::uint32_t>(entries.size());
      entries.emplace_back();
    } else {
      slot = free.back();
      free.pop_back();
    }
    Language& language = languages[entry.language];
    const int level = PostedLevel(entry.text);
    for (const std::uint32_t shingle : entry.text.shingles) {
      if ((shingle & ((1U << level) - 1)) == 0) language.postings.Add(shingle, slot);
    }
    language.weights.Add(entry.text);
    fingerprints += SizeOf(entry.text);
    by_age.insert({entry.time, slot});
    by_id[entry.id] = slot;
    entries[slot] = std::move(entry);
  }

  static std::size_t SizeOf(const Fingerprint& text) {
    return sizeof(Entry) +
           (text.shingles.capacity() + text.words.capacity() + text.numbers.capacity()) * sizeof(std::uint32_t);
  }

  const Options options;
  mutable std::shared_mutex mutex;
  std::vector<Entry> entries;  // by slot
  std::vector<std::uint32_t> free;
  std::unordered_map<std::int64_t, std::uint32_t> by_id;
  std::set<std::pair<Time, std::uint32_t>> by_age;
  std::map<std::string, Language, std::less<>> languages;
  std::size_t fingerprints = 0;  // bytes
};

Index::Index(Options options) : state_(std::make_unique<State>(options)) {}
Index::~Index() = default;

void Index::Add(std::int64_t id, std::string_view language, std::string_view text, Time time) {
  State::Entry entry{id, i18n::PrimaryLanguage(language), time, FingerprintOf(text, language)};
  const std::unique_lock lock(state_->mutex);
  if (const auto known = state_->by_id.find(id); known != state_->by_id.end()) state_->Forget(known->second);
  if (entry.text.length < kShortest) return;
  state_->Remember(std::move(entry));
  while (state_->by_id.size() > state_->options.max_texts) state_->Forget(state_->by_age.begin()->second);
}

void Index::Remove(std::int64_t id) {
  const std::unique_lock lock(state_->mutex);
  if (const auto known = state_->by_id.find(id); known != state_->by_id.end()) state_->Forget(known->second);
}

std::size_t Index::RemoveBefore(Time time) {
  const std::unique_lock lock(state_->mutex);
  std::size_t removed = 0;
  for (; !state_->by_age.empty() && state_->by_age.begin()->first < time; ++removed) {
    state_->Forget(state_->by_age.begin()->second);
  }
  return removed;
}

std::vector<Match> Index::Find(std::string_view language, std::string_view text, std::int64_t except) const {
  const Fingerprint asked = FingerprintOf(text, language);
  std::vector<Match> matches;
  if (asked.length < kShortest) return matches;
  const std::shared_lock lock(state_->mutex);
  const auto known = state_->languages.find(i18n::PrimaryLanguage(language));
  if (known == state_->languages.end()) return matches;

  // A shingle counts by its rarity.
  std::unordered_map<std::uint32_t, double> shared;
  std::vector<std::uint32_t> slots;
  for (const std::uint32_t shingle : asked.shingles) {
    slots.clear();
    const std::size_t texts =
        known->second.postings.ForEach(shingle, [&](std::uint32_t slot) { slots.push_back(slot); });
    if (texts >= Postings::kCommon) continue;
    for (const std::uint32_t slot : slots) shared[slot] += 1 / static_cast<double>(texts);
  }
  std::vector<std::pair<double, std::uint32_t>> likely;
  likely.reserve(shared.size());
  for (const auto& [slot, weight] : shared) likely.emplace_back(weight, slot);
  const std::size_t compared = std::min(likely.size(), kMaxCompared);
  std::ranges::partial_sort(likely, likely.begin() + static_cast<std::ptrdiff_t>(compared), std::greater<>());
  likely.resize(compared);

  for (const auto& [weight, slot] : likely) {
    const State::Entry& entry = state_->entries[slot];
    Match match{.id = entry.id};
    if (entry.id != except && Judge(asked, entry.text, known->second.weights, match)) matches.push_back(match);
  }
  std::ranges::stable_sort(
      matches, [](const Match& a, const Match& b) { return std::pair(-a.score, a.id) < std::pair(-b.score, b.id); });
  if (matches.size() > state_->options.max_matches) matches.resize(state_->options.max_matches);
  return matches;
}

std::size_t Index::size() const {
  const std::shared_lock lock(state_->mutex);
  return state_->by_id.size();
}

std::size_t Index::memory() const {
  const std::shared_lock lock(state_->mutex);
  constexpr std::size_t kNode = 64;  // of a tree or hash table, with the allocator's share
  std::size_t bytes = state_->fingerprints + state_->by_id.size() * 2 * kNode;
  for (const auto& [language, texts] : state_->languages) bytes += texts.postings.memory() + texts.weights.memory();
  return bytes;
}

}  // namespace kimberlite::neardup
