#include "services/tagging/core/suggest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "services/tagging/core/tokens.h"

namespace kimberlite::tagging {
namespace {

constexpr double kInflectedWeight = 0.85;
constexpr double kSurest = 0.99;

constexpr std::array<double, 3> kWeights = {0.95, 0.75, 0.45};  // by Field

// What the fields of one text say of one concept.
struct Found {
  const PreparedConcept* prepared = nullptr;
  bool in_headline = false;
  std::size_t count = 0;
  double position = 0;  // of the first mention: 0 to 1 in the headline, 1 to 2 in the summary, 2 to 3 in the body
  double doubt = 1;     // Π(1 − weight)
  std::vector<Evidence> evidence;
};

using FoundById = std::map<std::int64_t, Found>;

void Read(const Matcher& matcher, const Text& text, Field field, std::string_view words, FoundById& found_by_id) {
  for (const Hit& hit : matcher.Find(words, text.language_code)) {
    Found& found = found_by_id[hit.found->definition.concept_id];
    if (found.count == 0) {
      found.position =
          static_cast<double>(field) + static_cast<double>(hit.begin_byte) / static_cast<double>(words.size());
    }
    found.prepared = hit.found;
    found.in_headline |= field == Field::kHeadline;
    ++found.count;
    found.doubt *= 1 - kWeights[static_cast<std::size_t>(field)] * (hit.inflected ? kInflectedWeight : 1);
    if (found.evidence.size() == kMaxEvidence) continue;
    found.evidence.push_back({.field = field,
                              .language_code = text.language_code,
                              .matched_text = std::string(words.substr(hit.begin_byte, hit.end_byte - hit.begin_byte)),
                              .form = hit.form->text,
                              .begin_byte = hit.begin_byte,
                              .end_byte = hit.end_byte});
  }
}

void Merge(Found&& from, Found& into) {
  if (!into.prepared) {
    into = std::move(from);
    return;
  }
  into.in_headline |= from.in_headline;
  into.count = std::max(into.count, from.count);
  into.position = std::min(into.position, from.position);
  into.doubt = std::min(into.doubt, from.doubt);
  std::ranges::move(from.evidence, std::back_inserter(into.evidence));
}

double Confidence(const Found& found) { return std::min(kSurest, std::round((1 - found.doubt) * 100) / 100); }

std::string LabelOf(const Concept& definition, std::string_view language_code) {
  for (const std::string_view wanted : {language_code, PrimaryLanguage(language_code), std::string_view("en")}) {
    if (const Label* label = definition.FindLabel(wanted)) return label->text;
  }
  return definition.labels.front().text;
}

Suggestion SuggestionOf(Found found, std::string_view label_language) {
  // The best of every language before the rest of the first.
  std::ranges::stable_sort(found.evidence, {}, &Evidence::field);
  if (found.evidence.size() > kMaxEvidence) found.evidence.resize(kMaxEvidence);
  return {.concept_id = found.prepared->definition.concept_id,
          .label = LabelOf(found.prepared->definition, label_language),
          .confidence = Confidence(found),
          .evidence = std::move(found.evidence)};
}

}  // namespace

std::string_view FieldName(Field field) {
  switch (field) {
    case Field::kHeadline: return "headline";
    case Field::kSummary: return "summary";
    case Field::kBody: return "body";
  }
  return {};
}

std::vector<Suggestion> Suggest(const Matcher& matcher, std::span<const Text> texts, std::string_view label_language) {
  FoundById merged;
  for (const Text& text : texts) {
    FoundById found_by_id;
    Read(matcher, text, Field::kHeadline, text.headline, found_by_id);
    Read(matcher, text, Field::kSummary, text.summary, found_by_id);
    Read(matcher, text, Field::kBody, text.body, found_by_id);
    for (auto& [id, found] : found_by_id) Merge(std::move(found), merged[id]);
  }

  std::vector<Found> best;
  for (auto& [id, found] : merged) {
    if (Confidence(found) >= kSureEnough) best.push_back(std::move(found));
  }
  // Stable: the older concept first where nothing else decides.
  std::ranges::stable_sort(best, [](const Found& a, const Found& b) {
    return std::tuple(!a.in_headline, b.count, a.position) < std::tuple(!b.in_headline, a.count, b.position);
  });
  if (best.size() > kMaxSuggestions) best.resize(kMaxSuggestions);
  std::vector<Suggestion> suggestions;
  for (Found& found : best) suggestions.push_back(SuggestionOf(std::move(found), label_language));
  return suggestions;
}

}  // namespace kimberlite::tagging
