#include "services/tagging/adapters/pg_concept_store.h"

#include "kimberlite/tagging/v1/events.pb.h"
#include "libs/base/id.h"
#include "libs/bus/outbox.h"
#include "services/tagging/adapters/tagging_messages.h"
#include "services/tagging/core/rules.h"

namespace kimberlite::tagging {
namespace {

constexpr int kMaxSlugChoices = 1000;

// Of c, rows of tagging.concepts, joined with their labels.
std::string SelectConcepts(const std::string& c, const std::string& where) {
  return "SELECT c.concept_id, c.sequence, c.key, c.kind, l.language_code, l.text, l.slug,"
         " ARRAY(SELECT f.form FROM tagging.forms AS f WHERE f.concept_id = l.concept_id"
         " AND f.language_code = l.language_code ORDER BY f.ordinal) AS aliases"
         " FROM " +
         c + " AS c JOIN tagging.labels AS l USING (concept_id) " + where + " ORDER BY c.concept_id, l.ordinal";
}

// A row per label, those of one concept together.
std::vector<Concept> ConceptsOf(const pg::Rows& rows) {
  std::vector<Concept> concepts;
  for (const pg::Row row : rows) {
    const std::int64_t concept_id = row.Int("concept_id");
    if (concepts.empty() || concepts.back().concept_id != concept_id) {
      concepts.push_back({.concept_id = concept_id,
                          .sequence = row.Int("sequence"),
                          .key = row.String("key"),
                          .kind = static_cast<Kind>(row.Int("kind"))});
    }
    concepts.back().labels.push_back(
        {row.String("language_code"), row.String("text"), row.Strings("aliases"), row.String("slug")});
  }
  return concepts;
}

struct Locked {
  std::int64_t concept_id = 0;
  std::int64_t sequence = 0;  // 0: just created
};

// The row of a key, locked; made when there is none.
Result<Locked> LockKey(pg::Transaction& transaction, const Concept& definition) {
  const auto kind = static_cast<int>(definition.kind);
  // When another transaction has just made the row, the insert waits for it and does nothing; the second look finds it.
  for (int attempt = 0; attempt < 2; ++attempt) {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows found,
        transaction.Query("SELECT concept_id, sequence FROM tagging.concepts WHERE key = $1 FOR UPDATE",
                          pg::Params(definition.key)));
    if (!found.empty()) return Locked{found[0].Int("concept_id"), found[0].Int("sequence")};
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows made, transaction.Query("INSERT INTO tagging.concepts (key, kind, sequence) VALUES ($1, $2, 0)"
                                               " ON CONFLICT (key) DO NOTHING RETURNING concept_id",
                                               pg::Params(definition.key, kind)));
    if (!made.empty()) return Locked{made[0].Int("concept_id"), 0};
  }
  return Fail(Code::kAborted, "concept " + definition.key + " was made and rolled back by another call; try again");
}

// Takes a slug for a concept; false when it is or was another's, whose id is then in `owner`.
Result<bool> Claim(pg::Transaction& transaction, const std::string& language_code, const std::string& slug,
                   std::int64_t concept_id, std::int64_t& owner) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows claimed,
                              transaction.Query("INSERT INTO tagging.slugs (language_code, slug, concept_id)"
                                                " VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                                                pg::Params(language_code, slug, concept_id)));
  if (claimed.affected() == 1) return true;
  KIMBERLITE_ASSIGN_OR_RETURN(const std::optional<std::int64_t> holder, FindSlug(transaction, language_code, slug));
  owner = holder.value_or(0);
  return owner == concept_id;
}

Result<std::string> ChooseSlug(pg::Transaction& transaction, const Concept& definition, std::size_t index) {
  const Label& label = definition.labels[index];
  std::int64_t owner = 0;
  if (!label.slug.empty()) {
    KIMBERLITE_ASSIGN_OR_RETURN(const bool mine,
                                Claim(transaction, label.language_code, label.slug, definition.concept_id, owner));
    if (mine) return label.slug;
    return Fail(Error::Field(Code::kFailedPrecondition, LabelPath(index) + ".slug",
                             "is or was the " + label.language_code + " slug of concept " + std::to_string(owner) +
                                 ", whose pages it leads to"));
  }
  for (int nth = 1; nth <= kMaxSlugChoices; ++nth) {
    std::string slug = SlugChoice(label, definition, nth);
    KIMBERLITE_ASSIGN_OR_RETURN(const bool mine,
                                Claim(transaction, label.language_code, slug, definition.concept_id, owner));
    if (mine) return slug;
  }
  return Fail(Error::Field(Code::kFailedPrecondition, LabelPath(index) + ".slug",
                           "must be given: too many concepts have this label already"));
}

Result<void> Write(pg::Transaction& transaction, const Concept& definition) {
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("UPDATE tagging.concepts SET kind = $2, sequence = $3 WHERE concept_id = $1",
                        pg::Params(definition.concept_id, static_cast<int>(definition.kind), definition.sequence)));
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("DELETE FROM tagging.labels WHERE concept_id = $1", pg::Params(definition.concept_id)));
  int ordinal = 0;
  for (const Label& label : definition.labels) {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "INSERT INTO tagging.labels (concept_id, language_code, ordinal, text, slug) VALUES ($1, $2, $3, $4, $5)",
        pg::Params(definition.concept_id, label.language_code, ordinal++, label.text, label.slug)));
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("INSERT INTO tagging.forms (concept_id, language_code, ordinal, form)"
                          " SELECT $1::bigint, $2::text, given.ordinal, given.form FROM unnest($3::text[]) WITH "
                          "ORDINALITY AS given (form, ordinal)",
                          pg::Params(definition.concept_id, label.language_code, label.aliases)));
  }
  return {};
}

Result<void> Tell(pg::Transaction& transaction, const std::optional<Concept>& before, const Concept& after, Time now,
                  const std::string& traceparent) {
  v1::ConceptChanged changed;
  changed.set_concept_id(after.concept_id);
  changed.set_sequence(after.sequence);
  if (before) *changed.mutable_before() = MessageOf(*before);
  *changed.mutable_after() = MessageOf(after);
  const std::string key = std::to_string(after.concept_id);
  KIMBERLITE_RETURN_IF_ERROR(bus::Append(transaction, kSchema,
                                         {.topic = kConceptTopic,
                                          .key = key,
                                          .id = NewUuid(),
                                          .type = changed.GetDescriptor()->full_name(),
                                          .source = "tagging",
                                          .time = now,
                                          .sequence = after.sequence,
                                          .traceparent = ChildTraceparent(traceparent),
                                          .payload = changed.SerializeAsString()}));
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("SELECT pg_notify($1, $2)", pg::Params(kConceptChannel, key)));
  return {};
}

}  // namespace

Result<PutOutcome> PutConcept(pg::Transaction& transaction, Concept definition, Time now,
                              const std::string& traceparent) {
  KIMBERLITE_ASSIGN_OR_RETURN(const Locked locked, LockKey(transaction, definition));
  std::optional<Concept> before;
  if (locked.sequence > 0) {
    KIMBERLITE_ASSIGN_OR_RETURN(std::vector<Concept> known, ReadConcepts(transaction, {locked.concept_id}));
    before = std::move(known.front());
  }
  definition.concept_id = locked.concept_id;
  definition.sequence = locked.sequence;
  for (std::size_t i = 0; i < definition.labels.size(); ++i) {
    Label& label = definition.labels[i];
    const Label* known = before ? before->FindLabel(label.language_code) : nullptr;
    if (known && label.slug.empty() && label.text == known->text) label.slug = known->slug;
    KIMBERLITE_ASSIGN_OR_RETURN(label.slug, ChooseSlug(transaction, definition, i));
  }
  if (before == definition) return PutOutcome{std::move(definition), false};
  ++definition.sequence;
  KIMBERLITE_RETURN_IF_ERROR(Write(transaction, definition));
  KIMBERLITE_RETURN_IF_ERROR(Tell(transaction, before, definition, now, traceparent));
  return PutOutcome{std::move(definition), true};
}

Result<std::vector<Concept>> ReadConcepts(pg::Transaction& transaction, const std::vector<std::int64_t>& concept_ids) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(SelectConcepts("tagging.concepts", "WHERE c.concept_id = ANY ($1::bigint[])"),
                        pg::Params(concept_ids)));
  return ConceptsOf(rows);
}

Result<std::vector<Concept>> ReadConceptsAfter(pg::Transaction& transaction, std::int64_t concept_id, int limit) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(SelectConcepts("(SELECT concept_id, sequence, key, kind FROM tagging.concepts"
                                       " WHERE concept_id > $1 ORDER BY concept_id LIMIT $2)",
                                       ""),
                        pg::Params(concept_id, limit)));
  return ConceptsOf(rows);
}

Result<std::optional<std::int64_t>> FindSlug(pg::Transaction& transaction, std::string_view language_code,
                                             std::string_view slug) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT concept_id FROM tagging.slugs WHERE language_code = $1 AND slug = $2",
                        pg::Params(language_code, slug)));
  if (rows.empty()) return std::nullopt;
  return rows[0].Int("concept_id");
}

Result<std::vector<std::pair<std::int64_t, std::int64_t>>> ReadSequences(pg::Transaction& transaction) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query("SELECT concept_id, sequence FROM tagging.concepts"));
  std::vector<std::pair<std::int64_t, std::int64_t>> sequences;
  for (const pg::Row row : rows) sequences.emplace_back(row.Int("concept_id"), row.Int("sequence"));
  return sequences;
}

}  // namespace kimberlite::tagging
