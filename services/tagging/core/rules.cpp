#include "services/tagging/core/rules.h"

#include <algorithm>
#include <string>

#include "libs/base/text.h"
#include "libs/i18n/language.h"
#include "libs/i18n/slug.h"
#include "services/tagging/core/letters.h"
#include "services/tagging/core/tokens.h"

namespace kimberlite::tagging {
namespace {

constexpr std::size_t kMaxKey = 80;
constexpr std::size_t kMaxText = 120;
constexpr std::size_t kMaxAliases = 200;

std::string Letters(std::string_view text, const std::string& language_code) {
  std::string letters;
  for (const Token& token : Tokenise(text, language_code)) letters += token.key;
  return letters;
}

Result<void> CheckKey(const std::string& key) {
  const bool fits = !key.empty() && key.size() <= kMaxKey && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (fits) return {};
  return InvalidField("definition.key", "must be 1 to 80 of a-z, 0-9 and hyphens");
}

Result<void> CheckAlias(const std::string& alias, const std::string& language_code, const std::string& field) {
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(alias, field, 1, kMaxText));
  const std::string letters = Letters(alias, language_code);
  if (letters.empty()) return InvalidField(field, "must have letters or digits, not only punctuation");
  if (CountCodePoints(letters) < 2 && !IsIdeographic(letters)) {
    return InvalidField(field, "must have at least two letters, since one would be found everywhere");
  }
  return {};
}

Result<void> CheckLabel(const Label& label, const std::string& path) {
  KIMBERLITE_RETURN_IF_ERROR(i18n::CheckLanguageCode(label.language_code, path + ".language_code"));
  KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(label.text, path + ".text", 1, kMaxText));
  if (Letters(label.text, label.language_code).empty()) {
    return InvalidField(path + ".text", "must have letters or digits, not only punctuation");
  }
  if (label.aliases.size() > kMaxAliases) {
    return Fail(Error::Field(Code::kResourceExhausted, path + ".aliases",
                             "must be at most 200, this has " + std::to_string(label.aliases.size())));
  }
  for (std::size_t i = 0; i < label.aliases.size(); ++i) {
    KIMBERLITE_RETURN_IF_ERROR(
        CheckAlias(label.aliases[i], label.language_code, path + ".aliases[" + std::to_string(i) + "]"));
  }
  if (!label.slug.empty() && !IsSlug(label.slug, kMaxSlug)) {
    return InvalidField(path + ".slug", "must be 1 to 80 of a-z, 0-9 and single hyphens between them");
  }
  return {};
}

}  // namespace

std::string LabelPath(std::size_t index) { return "definition.labels[" + std::to_string(index) + "]"; }

Result<void> CheckConcept(const Concept& definition) {
  KIMBERLITE_RETURN_IF_ERROR(CheckKey(definition.key));
  if (definition.kind == Kind::kUnspecified || definition.kind > Kind::kEvent) {
    return InvalidField("definition.kind", "must be person, organisation, place, topic or event");
  }
  if (definition.labels.empty()) return InvalidField("definition.labels", "must have at least one label");
  for (std::size_t i = 0; i < definition.labels.size(); ++i) {
    const Label& label = definition.labels[i];
    KIMBERLITE_RETURN_IF_ERROR(CheckLabel(label, LabelPath(i)));
    if (definition.FindLabel(label.language_code) != &label) {
      return InvalidField(LabelPath(i) + ".language_code", "must not be given twice: there is one label per language");
    }
  }
  return {};
}

std::string SlugChoice(const Label& label, const Concept& definition, int nth) {
  std::string slug = i18n::Slugify(label.text, label.language_code, kMaxSlug);
  if (slug.empty()) slug = i18n::Slugify(definition.key, "en", kMaxSlug);
  if (slug.empty()) slug = "tag";
  if (nth == 1) return slug;
  const std::string suffix = "-" + std::to_string(nth);
  slug.resize(std::min(slug.size(), kMaxSlug - suffix.size()));
  if (slug.back() == '-') slug.pop_back();
  return slug + suffix;
}

}  // namespace kimberlite::tagging
