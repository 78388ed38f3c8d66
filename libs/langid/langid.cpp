#include "libs/langid/langid.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "libs/langid/identify.h"

namespace kimberlite::langid {
namespace {

constexpr std::size_t kReadWhole = 48 * 1024;
constexpr std::size_t kPart = 16 * 1024;
constexpr float kConfigured = 1.4F;  // log odds
constexpr float kDeclared = 2.1F;
// "und" must be this much likelier than a language to be preferred: other languages share most of their letters with
// those that are known, but are rarer in what a newsroom reads.
constexpr float kAgainstUndetermined = 2.0F;
constexpr double kSureEnough = 0.5;
constexpr std::uint32_t kLeastLetters = 3;
constexpr std::uint32_t kShortParagraph = 25;  // letters
constexpr double kClearly = 0.9;

std::string_view Primary(std::string_view code) { return code.substr(0, code.find_first_of("-_")); }

void ExtractParts(std::string_view text, Features& features) {
  if (text.size() <= kReadWhole) {
    Extract(text, features);
    return;
  }
  for (const std::size_t begin : {std::size_t{0}, text.size() / 2, text.size() - kPart}) {
    Extract(text.substr(begin, kPart), features);
  }
}

void AddHints(const std::vector<std::string>& languages, const Hints& hints, Scores& scores) {
  const auto add = [&](std::string_view code, float weight) {
    const auto known = std::ranges::find(languages, Primary(code));
    if (known != languages.end() && *known != kUndetermined) {
      scores[static_cast<std::size_t>(known - languages.begin())] += weight;
    }
  };
  for (const std::string& code : hints.configured) add(code, kConfigured);
  add(hints.declared, kDeclared);
}

// Whether there is nothing to go by: no letters, hardly any, or those of scripts that no known language uses.
bool TellsNothing(const Features& features) {
  const std::uint32_t letters = features.all_letters();
  if (features.LettersOf(Script::kOther) * 2 > letters) return true;
  const std::uint32_t characters =
      features.LettersOf(Script::kHan) + features.LettersOf(Script::kKana) + features.LettersOf(Script::kHangul);
  return letters < kLeastLetters && characters < 2;
}

std::vector<Guess> RankFeatures(const Model& model, const Features& features, const Hints& hints) {
  const std::vector<std::string>& languages = model.languages();
  Scores scores = model.ScoresOf(features);
  AddHints(languages, hints, scores);
  double sum = 0;
  std::vector<Guess> guesses;
  const float most = *std::max_element(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(languages.size()));
  for (std::size_t c = 0; c < languages.size(); ++c) {
    const float against = languages[c] == kUndetermined ? kAgainstUndetermined : 0;
    const double weight = std::exp(static_cast<double>(scores[c] - against - most));
    guesses.push_back({languages[c], weight});
    sum += weight;
  }
  for (Guess& guess : guesses) guess.score /= sum;
  std::ranges::stable_sort(guesses, std::greater<>(), &Guess::score);
  return guesses;
}

Guess Decide(const std::vector<Guess>& ranked) {
  const Guess& best = ranked.front();
  if (best.language == kUndetermined || best.score >= kSureEnough) return best;
  return {std::string(kUndetermined), 1 - best.score};
}

Guess Nothing() { return {std::string(kUndetermined), 1}; }

struct Paragraph {
  std::size_t begin = 0;
  std::size_t end = 0;  // after its line break
};

std::vector<Paragraph> ParagraphsOf(std::string_view text) {
  std::vector<Paragraph> paragraphs;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t line = text.find('\n', begin);
    const std::size_t end = line == std::string_view::npos ? text.size() : line + 1;
    paragraphs.push_back({begin, end});
    begin = end;
  }
  return paragraphs;
}

}  // namespace

std::vector<Guess> RankBy(const Model& model, std::string_view text, const Hints& hints) {
  Features features;
  ExtractParts(text, features);
  if (TellsNothing(features)) return {Nothing()};
  return RankFeatures(model, features, hints);
}

Guess IdentifyBy(const Model& model, std::string_view text, const Hints& hints) {
  return Decide(RankBy(model, text, hints));
}

Guess Identify(std::string_view text, const Hints& hints) { return IdentifyBy(Model::BuiltIn(), text, hints); }

std::vector<Guess> Rank(std::string_view text, const Hints& hints, std::size_t most) {
  std::vector<Guess> ranked = RankBy(Model::BuiltIn(), text, hints);
  if (ranked.size() > most) ranked.resize(most);
  return ranked;
}

std::vector<Passage> IdentifyPassages(std::string_view text, const Hints& hints) {
  std::vector<Passage> passages;
  for (const Paragraph& paragraph : ParagraphsOf(text)) {
    const std::string_view words = text.substr(paragraph.begin, paragraph.end - paragraph.begin);
    Features features;
    ExtractParts(words, features);
    Guess guess = TellsNothing(features) ? Nothing() : Decide(RankFeatures(Model::BuiltIn(), features, hints));
    const auto end = static_cast<std::uint32_t>(paragraph.end);
    if (!passages.empty()) {
      Passage& before = passages.back();
      const bool goes_along =
          features.all_letters() < kShortParagraph && (guess.language == kUndetermined || guess.score < kClearly);
      if (before.guess.language == guess.language || goes_along || passages.size() == kMaxPassages) {
        // The surer of the two speaks for both.
        if (before.guess.language == guess.language) before.guess.score = std::max(before.guess.score, guess.score);
        before.end_byte = end;
        continue;
      }
    }
    passages.push_back({static_cast<std::uint32_t>(paragraph.begin), end, std::move(guess)});
  }
  return passages;
}

const std::vector<std::string>& KnownLanguages() {
  static const std::vector<std::string> known = [] {
    std::vector<std::string> languages = Model::BuiltIn().languages();
    std::erase(languages, kUndetermined);
    return languages;
  }();
  return known;
}

}  // namespace kimberlite::langid
