#include "services/ingest/core/story_index.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "libs/html/text.h"
#include "libs/i18n/language.h"
#include "libs/neardup/index.h"
#include "services/ingest/core/story_traits.h"

namespace kimberlite::ingest {
namespace {

// A trait that more texts have is common: it tells nothing, and would make questions slow.
constexpr std::size_t kCommon = 100;
// Texts across languages are one story from so much on, in rare traits of full weight, and of so much of the smaller
// text's. Set by texts of four languages in the tests.
constexpr double kEnough = 2.2;
constexpr double kPart = 0.22;

std::string Percent(double part) {
  char text[16];
  std::snprintf(text, sizeof text, "%.0f %%", 100 * part);
  return text;
}

}  // namespace

struct StoryIndex::State {
  struct Entry {
    StoryKey key;
    std::string language;
    Time time;
    std::vector<Trait> traits;
  };

  explicit State(Options given) : options(given), texts({.max_texts = given.max_texts, .max_matches = 1}) {}

  std::string IdOf(const StoryKey& key) const { return key.source_id + "/" + key.external_id; }

  double Rarity(const Trait& trait) const {
    double with = 0;
    for (const auto& [language, posted] : postings) {
      const auto found = posted.find(trait.hash);
      if (found != posted.end()) with += static_cast<double>(found->second.size());
    }
    const double all = static_cast<double>(entries.size()) + 50;
    return trait.weight * std::log(all / (with + 1)) / std::log(all);
  }

  void Drop(std::int64_t id) {
    const auto found = entries.find(id);
    if (found == entries.end()) return;
    auto& posted = postings[found->second.language];
    for (const Trait& trait : found->second.traits) {
      const auto posting = posted.find(trait.hash);
      if (posting == posted.end()) continue;
      std::erase(posting->second, id);
      if (posting->second.empty()) posted.erase(posting);
    }
    ids.erase(IdOf(found->second.key));
    entries.erase(found);
    texts.Remove(id);
  }

  std::int64_t Insert(Entry entry) {
    if (const auto known = ids.find(IdOf(entry.key)); known != ids.end()) Drop(known->second);
    while (entries.size() >= options.max_texts) Drop(entries.begin()->first);
    const std::int64_t id = next_id++;
    ids.emplace(IdOf(entry.key), id);
    auto& posted = postings[entry.language];
    for (const Trait& trait : entry.traits) {
      auto& posting = posted[trait.hash];
      if (posting.size() < kCommon) posting.push_back(id);
    }
    entries.emplace(id, std::move(entry));
    return id;
  }

  std::optional<StoryMatch> AcrossLanguages(const Entry& asked) const {
    struct Shared {
      double weight = 0;
      int kinds[3] = {0, 0, 0};
    };
    std::unordered_map<std::int64_t, Shared> shared;
    double total = 0;
    for (const Trait& trait : asked.traits) {
      const double rarity = Rarity(trait);
      total += rarity;
      for (const auto& [language, posted] : postings) {
        if (language == asked.language) continue;
        const auto posting = posted.find(trait.hash);
        if (posting == posted.end() || posting->second.size() >= kCommon) continue;
        for (const std::int64_t id : posting->second) {
          Shared& with = shared[id];
          with.weight += rarity;
          ++with.kinds[static_cast<int>(trait.kind)];
        }
      }
    }
    std::optional<StoryMatch> best;
    for (const auto& [id, with] : shared) {
      const Entry& other = entries.at(id);
      if (with.weight < kEnough) continue;
      if (std::chrono::abs(other.time - asked.time) > options.across_languages) continue;
      // Numbers alone, or names alone, may be chance.
      const int kinds = (with.kinds[0] > 0) + (with.kinds[1] > 0) + (with.kinds[2] > 0);
      if (kinds < 2 && with.kinds[0] + with.kinds[1] < 6) continue;
      double others = 0;
      for (const Trait& trait : other.traits) others += Rarity(trait);
      const double part = with.weight / std::max(1e-9, std::min(total, others));
      if (part < kPart) continue;
      const double score = std::min(1.0, part);
      if (best && best->score >= score) continue;
      best = StoryMatch{.relation = Relation::kSameStory,
                        .score = score,
                        .related = other.key,
                        .why = "shares " + std::to_string(with.kinds[0]) + " numbers, " +
                               std::to_string(with.kinds[1]) + " names and " + std::to_string(with.kinds[2]) +
                               " addresses with a text in " + other.language};
    }
    return best;
  }

  const Options options;
  neardup::Index texts;  // has locks of its own
  mutable std::mutex mutex;
  std::int64_t next_id = 1;
  std::map<std::int64_t, Entry> entries;  // oldest first, as they came
  std::unordered_map<std::string, std::int64_t> ids;
  // By language: only the others' are looked at.
  std::map<std::string, std::unordered_map<std::uint32_t, std::vector<std::int64_t>>> postings;
};

StoryIndex::StoryIndex(Options options) : state_(std::make_unique<State>(options)) {}
StoryIndex::~StoryIndex() = default;

namespace {

struct Prepared {
  std::string plain;
  std::string language;
  std::vector<Trait> traits;
};

// All that costs time, without a lock.
Prepared Prepare(const StoryText& text) {
  Prepared prepared;
  prepared.language = i18n::PrimaryLanguage(text.language);
  prepared.plain = text.headline + "\n" + html::PlainText(text.body_html);
  std::vector<std::string> addresses = AddressesIn(text.body_html);
  if (!text.link.empty()) addresses.push_back(text.link);
  prepared.traits = TraitsOf(prepared.plain, prepared.language, addresses);
  return prepared;
}

}  // namespace

std::optional<StoryMatch> StoryIndex::FindAndAdd(const StoryText& text) {
  Prepared prepared = Prepare(text);
  std::int64_t own = 0;
  {
    const std::lock_guard lock(state_->mutex);
    const auto known = state_->ids.find(state_->IdOf(text.key));
    if (known != state_->ids.end()) own = known->second;
  }
  const std::vector<neardup::Match> matches = state_->texts.Find(prepared.language, prepared.plain, own);
  std::optional<StoryMatch> found;
  std::int64_t id = 0;
  {
    const std::lock_guard lock(state_->mutex);
    State::Entry entry{text.key, prepared.language, text.time, std::move(prepared.traits)};
    for (const neardup::Match& match : matches) {
      const auto known = state_->entries.find(match.id);
      if (known == state_->entries.end() || known->second.key == text.key) continue;
      const double part = std::max(match.why.of_first, match.why.of_second);
      found = StoryMatch{
          .relation = match.grade == neardup::Grade::kRepublished ? Relation::kRepublished : Relation::kReworded,
          .score = match.score,
          .related = known->second.key,
          .why = "shares " + Percent(part) + " of the shorter text's shingles"};
      break;
    }
    if (!found) found = state_->AcrossLanguages(entry);
    if (found && found->related == text.key) found.reset();
    id = state_->Insert(std::move(entry));
  }
  state_->texts.Add(id, prepared.language, prepared.plain, text.time);
  return found;
}

void StoryIndex::Add(const StoryText& text) {
  Prepared prepared = Prepare(text);
  std::int64_t id = 0;
  {
    const std::lock_guard lock(state_->mutex);
    id = state_->Insert({text.key, prepared.language, text.time, std::move(prepared.traits)});
  }
  state_->texts.Add(id, prepared.language, prepared.plain, text.time);
}

void StoryIndex::ForgetBefore(Time time) {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::int64_t> old;
  for (const auto& [id, entry] : state_->entries) {
    if (entry.time < time) old.push_back(id);
  }
  for (const std::int64_t id : old) state_->Drop(id);
}

std::size_t StoryIndex::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->entries.size();
}

}  // namespace kimberlite::ingest
