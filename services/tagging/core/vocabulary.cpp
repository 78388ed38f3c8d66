#include "services/tagging/core/vocabulary.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kimberlite::tagging {

std::size_t Vocabulary::Apply(std::span<const Concept> changed) {
  const std::lock_guard lock(mutex_);
  std::size_t newer = 0;
  std::set<std::string> touched;
  for (const Concept& definition : changed) {
    auto& known = concepts_[definition.concept_id];
    if (known && known->definition.sequence >= definition.sequence) continue;
    if (known) {
      for (const Label& label : known->definition.labels) touched.insert(label.language_code);
    }
    for (const Label& label : definition.labels) touched.insert(label.language_code);
    known = std::make_shared<const PreparedConcept>(definition);
    ++newer;
  }
  if (newer == 0) return 0;

  std::vector<std::shared_ptr<const PreparedConcept>> all;
  all.reserve(concepts_.size());
  for (const auto& [id, prepared] : concepts_) all.push_back(prepared);
  Matcher::Languages languages = matcher_.load()->languages();
  for (const std::string& language : touched) languages[language] = std::make_shared<const LanguageForms>(language, all);
  matcher_.store(std::make_shared<const Matcher>(std::move(languages)));
  return newer;
}

std::map<std::int64_t, std::int64_t> Vocabulary::Sequences() const {
  const std::lock_guard lock(mutex_);
  std::map<std::int64_t, std::int64_t> sequences;
  for (const auto& [id, prepared] : concepts_) sequences[id] = prepared->definition.sequence;
  return sequences;
}

}  // namespace kimberlite::tagging
