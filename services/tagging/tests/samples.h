#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/tagging/core/concept.h"
#include "services/tagging/core/suggest.h"
#include "services/tagging/core/vocabulary.h"

// Concepts and texts for this service's tests.
namespace kimberlite::tagging {

inline Concept ConceptOf(std::int64_t concept_id, std::string key, Kind kind, std::vector<Label> labels) {
  return {.concept_id = concept_id, .sequence = 1, .key = std::move(key), .kind = kind, .labels = std::move(labels)};
}

inline constexpr std::int64_t kAlrosa = 1;
inline constexpr std::int64_t kDiamond = 2;
inline constexpr std::int64_t kBelgium = 3;

// A company, a topic and a country in six languages, with few aliases: what they lack is found by inflection.
inline std::vector<Concept> SampleConcepts() {
  return {ConceptOf(kAlrosa, "alrosa", Kind::kOrganisation,
                    {{"en", "ALROSA", {}, "alrosa"},
                     {"ru", "АЛРОСА", {"АК «АЛРОСА»"}, "alrosa"},
                     {"sah", "АЛРОСА", {}, "alrosa"},
                     {"fr", "ALROSA", {}, "alrosa"},
                     {"ar", "ألروسا", {"شركة ألروسا"}, "alrosa"},
                     {"zh", "埃罗莎", {"埃罗莎公司"}, "alrosa"}}),
          ConceptOf(kDiamond, "diamond", Kind::kTopic,
                    {{"en", "diamond", {"rough diamond"}, "diamond"},
                     {"ru", "алмаз", {"бриллиант"}, "almaz"},
                     {"sah", "алмаас", {}, "almaas"},
                     {"fr", "diamant", {"diamants"}, "diamant"},
                     {"ar", "ألماس", {}, "diamond"},
                     {"zh", "钻石", {"毛坯钻石"}, "diamond"}}),
          ConceptOf(kBelgium, "belgium", Kind::kPlace,
                    {{"en", "Belgium", {"Belgian"}, "belgium"},
                     {"ru", "Бельгия", {"бельгийский"}, "belgiya"},
                     {"sah", "Бельгия", {}, "belgiya"},
                     {"fr", "Belgique", {"belge"}, "belgique"},
                     {"ar", "بلجيكا", {}, "belgium"},
                     {"zh", "比利时", {}, "belgium"}})};
}

// A matcher and what keeps it.
class SampleMatcher {
 public:
  explicit SampleMatcher(const std::vector<Concept>& concepts = SampleConcepts()) {
    vocabulary_.Apply(concepts);
    matcher_ = vocabulary_.matcher();
  }
  const Matcher& operator*() const { return *matcher_; }

  // What is found, each as "matched text=concept id", with "~" for "=" where only the stem matched.
  std::vector<std::string> Find(std::string_view language_code, std::string_view text) const {
    std::vector<std::string> found;
    for (const Hit& hit : matcher_->Find(text, language_code)) {
      found.push_back(std::string(text.substr(hit.begin_byte, hit.end_byte - hit.begin_byte)) +
                      (hit.inflected ? "~" : "=") + std::to_string(hit.found->definition.concept_id));
    }
    return found;
  }

 private:
  Vocabulary vocabulary_;
  std::shared_ptr<const Matcher> matcher_;
};

}  // namespace kimberlite::tagging
