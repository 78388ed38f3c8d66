#include "services/content/adapters/pg_author_store.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "kimberlite/content/v1/events.pb.h"
#include "libs/base/id.h"
#include "libs/bus/outbox.h"
#include "services/content/core/article_event.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

constexpr int kMaxMonths = 2400;

std::map<std::string, std::string> TextsOf(std::string_view json) {
  return nlohmann::json::parse(json).get<std::map<std::string, std::string>>();
}

Author AuthorOf(const pg::Row& row) {
  return {.author_id = row.String("author_id"),
          .sequence = row.Int("sequence"),
          .names = TextsOf(row.Text("names")),
          .aliases = row.Strings("aliases"),
          .descriptions = TextsOf(row.Text("descriptions")),
          .url = row.String("url")};
}

Result<std::optional<Author>> Find(pg::Transaction& transaction, const std::string& author_id) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT author_id, sequence, names, aliases, descriptions, url FROM content.authors"
                        " WHERE author_id = $1",
                        pg::Params(author_id)));
  if (rows.empty()) return std::nullopt;
  return AuthorOf(rows[0]);
}

using Owners = std::map<std::string, std::string>;  // spelling to author id

Result<Owners> OwnersOf(pg::Transaction& transaction, const std::vector<std::string>& spellings) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT spelling, author_id FROM content.author_spellings WHERE spelling = ANY ($1::text[])",
                        pg::Params(spellings)));
  Owners owners;
  for (const pg::Row& row : rows) owners.emplace(row.String("spelling"), row.String("author_id"));
  return owners;
}

// One at a time decides which names are new and which ids are free.
Result<void> LockAuthors(pg::Transaction& transaction) {
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("SELECT pg_advisory_xact_lock(hashtext('kimberlite.content.authors'))"));
  return {};
}

// Under the lock. Raises the sequence.
Result<void> Write(pg::Transaction& transaction, const Act& act, Author& author) {
  ++author.sequence;
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.authors (author_id, sequence, names, aliases, descriptions, url)"
                        " VALUES ($1, $2, $3::jsonb, $4, $5::jsonb, $6) ON CONFLICT (author_id) DO UPDATE SET"
                        " sequence = excluded.sequence, names = excluded.names, aliases = excluded.aliases,"
                        " descriptions = excluded.descriptions, url = excluded.url",
                        pg::Params(author.author_id, author.sequence, nlohmann::json(author.names).dump(),
                                   author.aliases, nlohmann::json(author.descriptions).dump(), author.url)));
  const std::vector<std::string> spellings = SpellingsOf(author);
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("DELETE FROM content.author_spellings WHERE author_id = $1 AND spelling <> ALL ($2::text[])",
                        pg::Params(author.author_id, spellings)));
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("INSERT INTO content.author_spellings (spelling, author_id) SELECT unnest($2::text[]), $1"
                        " ON CONFLICT (spelling) DO NOTHING",
                        pg::Params(author.author_id, spellings)));
  v1::AuthorChanged changed;
  changed.set_author_id(author.author_id);
  changed.set_sequence(author.sequence);
  return bus::Append(transaction, kSchema,
                     {.topic = "kimberlite.content.author.v1",
                      .key = author.author_id,
                      .id = NewUuid(),
                      .type = changed.GetDescriptor()->full_name(),
                      .source = "content",
                      .time = act.time,
                      .sequence = author.sequence,
                      .traceparent = ChildTraceparent(act.traceparent),
                      .payload = changed.SerializeAsString()});
}

// A byline as it stands in a translation.
struct Byline {
  std::string name;
  std::string language_code;
};

// The author of a byline that no spelling is known for, under the lock.
Result<std::string> AuthorFor(pg::Transaction& transaction, const Act& act, const Byline& byline) {
  const std::string wanted = AuthorIdOf(byline.name, byline.language_code);
  for (int number = 1;; ++number) {
    const std::string id = number == 1 ? wanted : wanted + '-' + std::to_string(number);
    KIMBERLITE_ASSIGN_OR_RETURN(std::optional<Author> author, Find(transaction, id));
    if (author && !IsSameAuthor(*author, byline.language_code)) continue;
    if (!author) author = Author{.author_id = id};
    author->names[byline.language_code] = byline.name;
    KIMBERLITE_RETURN_IF_ERROR(Write(transaction, act, *author));
    return id;
  }
}

bool IsResolved(const Article* before, const Translation& translation) {
  const Translation* old = before ? before->Find(translation.language_code) : nullptr;
  return translation.author_ids.size() == translation.authors.size() &&
         (translation.authors.empty() || (old != nullptr && old->authors == translation.authors));
}

Result<void> Create(pg::Transaction& transaction, const Act& act, const std::map<std::string, Byline>& bylines,
                    const std::vector<std::string>& spellings, Owners& owners) {
  KIMBERLITE_RETURN_IF_ERROR(LockAuthors(transaction));
  // Another transaction may have created them before it let go of the lock.
  KIMBERLITE_ASSIGN_OR_RETURN(owners, OwnersOf(transaction, spellings));
  for (const auto& [spelling, byline] : bylines) {
    if (owners.contains(spelling)) continue;
    KIMBERLITE_ASSIGN_OR_RETURN(owners[spelling], AuthorFor(transaction, act, byline));
  }
  return {};
}

}  // namespace

const char* const kMonthsSql =
    "WITH RECURSIVE months AS ("
    "(SELECT list_key, 1 AS number FROM content.list_entries WHERE list_key >= $1 AND list_key < $1 || ':'"
    " ORDER BY list_key DESC LIMIT 1)"
    " UNION ALL SELECT (SELECT e.list_key FROM content.list_entries AS e WHERE e.list_key >= $1"
    " AND e.list_key < m.list_key ORDER BY e.list_key DESC LIMIT 1), m.number + 1 FROM months AS m"
    " WHERE m.list_key IS NOT NULL AND m.number < $2)"
    " SELECT right(list_key, 7) AS month FROM months WHERE list_key IS NOT NULL ORDER BY month DESC";

Result<void> ResolveBylines(pg::Transaction& transaction, const Act& act, const Article* before, Article& after) {
  std::map<std::string, Byline> bylines;  // by spelling
  for (Translation& translation : after.translations) {
    if (translation.authors.empty()) translation.author_ids.clear();
    if (IsResolved(before, translation)) continue;
    for (const std::string& name : translation.authors) {
      bylines.emplace(SpellingOf(name), Byline{name, translation.language_code});
    }
  }
  if (bylines.empty()) return {};
  std::vector<std::string> spellings;
  for (const auto& [spelling, byline] : bylines) spellings.push_back(spelling);
  KIMBERLITE_ASSIGN_OR_RETURN(Owners owners, OwnersOf(transaction, spellings));
  if (owners.size() < bylines.size()) {
    KIMBERLITE_RETURN_IF_ERROR(Create(transaction, act, bylines, spellings, owners));
  }
  for (Translation& translation : after.translations) {
    if (IsResolved(before, translation)) continue;
    translation.author_ids.clear();
    for (const std::string& name : translation.authors) translation.author_ids.push_back(owners.at(SpellingOf(name)));
  }
  return {};
}

Result<Author> ReadAuthor(pg::Transaction& transaction, const std::string& author_id) {
  KIMBERLITE_ASSIGN_OR_RETURN(std::optional<Author> author, Find(transaction, author_id));
  if (!author) {
    return Fail(Error::Field(Code::kNotFound, "author_id", "author " + Quoted(author_id) + " does not exist"));
  }
  return *std::move(author);
}

Result<Author> PutAuthor(pg::Transaction& transaction, const Act& act, Author author) {
  KIMBERLITE_RETURN_IF_ERROR(LockAuthors(transaction));
  KIMBERLITE_ASSIGN_OR_RETURN(const std::optional<Author> known, Find(transaction, author.author_id));
  author.sequence = known ? known->sequence : 0;
  if (known && *known == author) return author;
  KIMBERLITE_ASSIGN_OR_RETURN(const Owners owners, OwnersOf(transaction, SpellingsOf(author)));
  for (const auto& [spelling, owner] : owners) {
    if (owner == author.author_id) continue;
    std::string field = "author.names";
    for (std::size_t i = 0; i < author.aliases.size(); ++i) {
      if (SpellingOf(author.aliases[i]) == spelling) field = At("author.aliases", i);
    }
    return Fail(Error::Field(Code::kAlreadyExists, field,
                             Quoted(spelling) + " is a name of author " + Quoted(owner) + " already"));
  }
  KIMBERLITE_RETURN_IF_ERROR(Write(transaction, act, author));
  return author;
}

Result<std::vector<Author>> ListAuthors(pg::Transaction& transaction, const std::string& after_id, int limit) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT author_id, sequence, names, aliases, descriptions, url FROM content.authors"
                        " WHERE author_id > $1 ORDER BY author_id LIMIT $2",
                        pg::Params(after_id, limit)));
  std::vector<Author> authors;
  for (const pg::Row& row : rows) authors.push_back(AuthorOf(row));
  return authors;
}

Result<std::vector<std::string>> ListArchiveMonths(pg::Transaction& transaction, const std::string& language_code) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query(kMonthsSql, pg::Params(ArchiveList(language_code, ""), kMaxMonths)));
  std::vector<std::string> months;
  for (const pg::Row& row : rows) months.push_back(row.String("month"));
  return months;
}

}  // namespace kimberlite::content
