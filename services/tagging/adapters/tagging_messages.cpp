#include "services/tagging/adapters/tagging_messages.h"

namespace kimberlite::tagging {

static_assert(static_cast<int>(Kind::kPerson) == v1::CONCEPT_KIND_PERSON);
static_assert(static_cast<int>(Kind::kOrganisation) == v1::CONCEPT_KIND_ORGANISATION);
static_assert(static_cast<int>(Kind::kPlace) == v1::CONCEPT_KIND_PLACE);
static_assert(static_cast<int>(Kind::kTopic) == v1::CONCEPT_KIND_TOPIC);
static_assert(static_cast<int>(Kind::kEvent) == v1::CONCEPT_KIND_EVENT);

v1::Concept MessageOf(const Concept& definition) {
  v1::Concept message;
  message.set_concept_id(definition.concept_id);
  message.set_sequence(definition.sequence);
  message.set_key(definition.key);
  message.set_kind(static_cast<v1::ConceptKind>(definition.kind));
  for (const Label& label : definition.labels) {
    v1::ConceptLabel& added = *message.add_labels();
    added.set_language_code(label.language_code);
    added.set_text(label.text);
    added.mutable_aliases()->Add(label.aliases.begin(), label.aliases.end());
    added.set_slug(label.slug);
  }
  return message;
}

Concept FromMessage(const v1::Concept& message) {
  Concept definition{.concept_id = message.concept_id(), .sequence = message.sequence(), .key = message.key()};
  if (v1::ConceptKind_IsValid(message.kind())) definition.kind = static_cast<Kind>(message.kind());
  for (const v1::ConceptLabel& label : message.labels()) {
    definition.labels.push_back(
        {label.language_code(), label.text(), {label.aliases().begin(), label.aliases().end()}, label.slug()});
  }
  return definition;
}

SuggestionMessages MessagesOf(const std::vector<Suggestion>& suggestions) {
  SuggestionMessages messages;
  for (const Suggestion& suggestion : suggestions) {
    v1::Suggestion& message = *messages.Add();
    message.set_concept_id(suggestion.concept_id);
    message.set_label(suggestion.label);
    message.set_confidence(suggestion.confidence);
    for (const Evidence& evidence : suggestion.evidence) {
      v1::Evidence& added = *message.add_evidence();
      added.set_field(std::string(FieldName(evidence.field)));
      added.set_language_code(evidence.language_code);
      added.set_matched_text(evidence.matched_text);
      added.set_form(evidence.form);
      added.set_begin_byte(static_cast<int>(evidence.begin_byte));
      added.set_end_byte(static_cast<int>(evidence.end_byte));
    }
  }
  return messages;
}

}  // namespace kimberlite::tagging
