#include "services/ingest/adapters/pg_item_store.h"

#include <algorithm>
#include <iterator>

#include "libs/base/id.h"
#include "libs/base/text.h"
#include "libs/bus/outbox.h"

namespace kimberlite::ingest {
namespace {

// One transaction's worth: far from the lease's end and the statement's, large enough that commits are not what costs.
constexpr std::size_t kBatch = 500;
constexpr std::size_t kBatchBytes = 4 * 1024 * 1024;

constexpr std::string_view kUnit = "\x1f";  // between names in one text; names are lines without control characters

// The columns of many rows, each as one array.
struct Columns {
  std::vector<std::string> external_id, digest, link_key, language_code, headline, summary, body_html, link,
      credit_name, credit_url, authors, categories, published_time;

  explicit Columns(std::span<const ItemWrite> writes) {
    for (const ItemWrite& write : writes) {
      const RecognisedItem& item = *write.item;
      external_id.push_back(write.external_id);
      digest.push_back(item.digest);
      link_key.push_back(item.link_key);
      language_code.push_back(item.language_code);
      headline.push_back(item.headline);
      summary.push_back(item.summary);
      body_html.push_back(item.body_html);
      link.push_back(item.link);
      credit_name.push_back(item.credit_name);
      credit_url.push_back(item.credit_url);
      authors.push_back(Join(item.authors, kUnit));
      categories.push_back(Join(item.categories, kUnit));
      published_time.push_back(item.published_time ? FormatRfc3339(*item.published_time) : "");
    }
  }
};

std::span<const ItemWrite> NextBatch(std::span<const ItemWrite> rest) {
  std::size_t count = 0, bytes = 0;
  while (count < rest.size() && count < kBatch && (count == 0 || bytes < kBatchBytes))
    bytes += rest[count++].item->body_html.size();
  return rest.first(count);
}

// A source's settings, its row locked.
Result<Source> LockSource(pg::Transaction& transaction, const std::string& source_id) {
  KIMBERLITE_ASSIGN_OR_RETURN(std::optional<Source> source, PgSourceStore::Lock(transaction, source_id));
  if (!source) return Fail(Code::kNotFound, "source " + source_id + " does not exist");
  return *std::move(source);
}

}  // namespace

Result<Taken> PgItemStore::Take(const Lease& lease, Time fetched, std::span<const RecognisedItem> items) {
  return TakeAll(lease.source, lease.ids_churn, fetched, items,
                 [&](pg::Transaction& transaction) { return sources_.Hold(transaction, lease); });
}

Result<Taken> PgItemStore::Replay(const Source& source, Time fetched, std::span<const RecognisedItem> items) {
  return TakeAll(source, false, fetched, items, [&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(LockSource(transaction, source.source_id));
    return {};
  });
}

Result<Taken> PgItemStore::TakeAll(const Source& source, bool ids_churn, Time fetched,
                                   std::span<const RecognisedItem> items, const Lock& lock) {
  // Most polls bring nothing new: found out without a lock.
  const auto known =
      pool_.Read([&](pg::Transaction& transaction) { return Known(transaction, source.source_id, items); });
  if (!known) return std::unexpected(known.error());
  const ItemWrites decided = DecideWrites(items, *known, ids_churn);
  const std::string traceparent = ChildTraceparent("");
  Taken total;
  total.renamed = decided.renamed;
  std::span<const ItemWrite> rest = decided.writes;
  bool renames_counted = decided.renamed == 0;
  while (!rest.empty() || !renames_counted) {
    const std::span<const ItemWrite> batch = NextBatch(rest);
    const std::vector<Told> told = Tell(source, batch);
    KIMBERLITE_ASSIGN_OR_RETURN(const Taken taken, pool_.Write([&](pg::Transaction& transaction) -> Result<Taken> {
      KIMBERLITE_RETURN_IF_ERROR(lock(transaction));
      KIMBERLITE_ASSIGN_OR_RETURN(const auto sequences, Write(transaction, source, fetched, batch, told, traceparent));
      Taken count;
      for (const ItemWrite& write : batch) {
        const auto found = sequences.find(write.external_id);
        if (found == sequences.end()) continue;
        if (found->second > 1) {
          ++count.changed;
          continue;
        }
        ++count.fresh;
        count.fresh_published.push_back(write.item->published_time);
      }
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
          "UPDATE ingest.sources SET items_taken = items_taken + $2, renamed_items = renamed_items + $3"
          " WHERE source_id = $1",
          pg::Params(source.source_id, count.count(), renames_counted ? 0 : decided.renamed)));
      return count;
    }));
    renames_counted = true;
    rest = rest.subspan(batch.size());
    total.fresh += taken.fresh;
    total.changed += taken.changed;
    std::ranges::copy(taken.fresh_published, std::back_inserter(total.fresh_published));
  }
  return total;
}

Result<std::vector<KnownItem>> PgItemStore::Known(pg::Transaction& transaction, const std::string& source_id,
                                                  std::span<const RecognisedItem> items) {
  std::vector<std::string> ids, links;
  for (const RecognisedItem& item : items) {
    ids.push_back(item.external_id);
    if (!item.link_key.empty()) links.push_back(item.link_key);
  }
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT external_id, digest, link_key, removed_time IS NOT NULL AS removed FROM ingest.items"
                        " WHERE source_id = $1 AND external_id = ANY ($2)"
                        " UNION SELECT external_id, digest, link_key, removed_time IS NOT NULL FROM ingest.items"
                        " WHERE source_id = $1 AND link_key <> '' AND link_key = ANY ($3)",
                        pg::Params(source_id, ids, links)));
  std::vector<KnownItem> known;
  for (const pg::Row row : rows)
    known.push_back({row.String("external_id"), row.String("digest"), row.String("link_key"), row.Bool("removed")});
  return known;
}

std::vector<PgItemStore::Told> PgItemStore::Tell(const Source& source, std::span<const ItemWrite> writes) {
  std::vector<Told> told;
  told.reserve(writes.size());
  const Time now = clock_.Now();
  for (const ItemWrite& write : writes) {
    Told& one = told.emplace_back(Told{*write.item, std::nullopt});
    RecognisedItem& item = one.item;
    IdentifyLanguage(item);
    one.match = stories_.index().FindAndAdd({.key = {source.source_id, write.external_id},
                                             .language = item.language_code,
                                             .headline = item.headline,
                                             .body_html = item.body_html,
                                             .link = item.link,
                                             .time = now});
  }
  return told;
}

// Rows and events of what moved, in the order of `writes`; the sequences of these by id.
Result<std::map<std::string, std::int64_t>> PgItemStore::Write(pg::Transaction& transaction, const Source& source,
                                                               Time fetched, std::span<const ItemWrite> writes,
                                                               std::span<const Told> told,
                                                               const std::string& traceparent) {
  std::map<std::string, std::int64_t> sequences;
  if (writes.empty()) return sequences;
  const Time now = clock_.Now();
  const Columns columns(writes);
  pg::Params params(source.source_id, now, fetched, columns.external_id, columns.digest, columns.link_key,
                    columns.language_code, columns.headline, columns.summary, columns.body_html, columns.link,
                    columns.credit_name, columns.credit_url, columns.authors, columns.categories,
                    columns.published_time, stories_.taken_by());
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "INSERT INTO ingest.items AS known (source_id, external_id, sequence, digest, link_key, language_code, "
          "headline, summary, body_html, link, credit_name, credit_url, authors, categories, published_time,"
          " first_taken_time, taken_time, document_time, taken_by)"
          " SELECT $1, i.external_id, 1, i.digest, i.link_key, i.language_code, i.headline, i.summary, i.body_html,"
          " i.link, i.credit_name, i.credit_url, string_to_array(i.authors, E'\\x1f'),"
          " string_to_array(i.categories, E'\\x1f'), nullif(i.published_time, '')::timestamptz, i.taken_time, "
          "i.taken_time, $3, $17"
          // Each a microsecond after the one before, so that lists have them in their order.
          " FROM (SELECT u.*, $2::timestamptz + (u.place - 1) * interval '1 microsecond' AS taken_time FROM"
          " unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],"
          " $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])"
          " WITH ORDINALITY AS u (external_id, digest, link_key, language_code, headline, summary, body_html, link,"
          " credit_name, credit_url, authors, categories, published_time, place)) AS i"
          " ON CONFLICT (source_id, external_id) DO UPDATE SET sequence = known.sequence + 1, digest = excluded.digest,"
          " link_key = excluded.link_key, language_code = excluded.language_code, headline = excluded.headline,"
          " summary = excluded.summary, body_html = excluded.body_html, link = excluded.link,"
          " credit_name = excluded.credit_name, credit_url = excluded.credit_url, authors = excluded.authors,"
          " categories = excluded.categories, published_time = excluded.published_time,"
          " taken_time = excluded.taken_time, document_time = excluded.document_time, removed_time = NULL,"
          " taken_by = excluded.taken_by,"
          " gone_checks = 0, next_check_time = NULL"
          " WHERE (known.digest <> excluded.digest OR known.removed_time IS NOT NULL)"
          // What a later document said stands, whoever reads an older one again.
          " AND known.document_time <= excluded.document_time RETURNING external_id, sequence",
          params));
  for (const pg::Row row : rows) sequences.emplace(row.String("external_id"), row.Int("sequence"));
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!told[i].match || !sequences.contains(writes[i].external_id)) continue;
    KIMBERLITE_RETURN_IF_ERROR(
        stories_.Join(transaction, {source.source_id, writes[i].external_id}, *told[i].match, now));
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const auto members, stories_.Members(transaction, source.source_id, columns.external_id));
  std::vector<bus::Event> events;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const auto found = sequences.find(writes[i].external_id);
    if (found == sequences.end()) continue;
    const auto member = members.find(writes[i].external_id);
    const Time time = now + std::chrono::microseconds(i);
    events.push_back(TakenEvent(source, writes[i].external_id, told[i].item, found->second,
                                member == members.end() ? nullptr : &member->second, time, traceparent));
  }
  KIMBERLITE_RETURN_IF_ERROR(bus::AppendAll(transaction, kSchema, events));
  return sequences;
}

Result<int> PgItemStore::Remove(const Lease& lease, std::span<const std::string> external_ids, RemovalReason reason) {
  if (external_ids.empty()) return 0;
  const std::vector<std::string> ids(external_ids.begin(), external_ids.end());
  const std::string traceparent = ChildTraceparent("");
  return pool_.Write([&](pg::Transaction& transaction) -> Result<int> {
    KIMBERLITE_RETURN_IF_ERROR(sources_.Hold(transaction, lease));
    const Time now = clock_.Now();
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("UPDATE ingest.items SET removed_time = $3, taken_time = $3, sequence = sequence + 1"
                          " WHERE source_id = $1 AND external_id = ANY ($2) AND removed_time IS NULL"
                          " RETURNING external_id, sequence, headline, link, language_code",
                          pg::Params(lease.source.source_id, ids, now)));
    std::vector<bus::Event> events;
    for (const pg::Row row : rows) {
      const RemovedItem item{row.String("external_id"), row.Int("sequence"), row.String("headline"), row.String("link"),
                             row.String("language_code")};
      events.push_back(RemovedEvent(lease.source, item, reason, now, traceparent));
    }
    KIMBERLITE_RETURN_IF_ERROR(bus::AppendAll(transaction, kSchema, events));
    return rows.size();
  });
}

Result<std::optional<VanishedItem>> PgItemStore::Vanished(const Lease& lease, std::span<const RecognisedItem> items) {
  // A feed without dates does not tell which of its items are old.
  std::optional<Time> oldest;
  std::vector<std::string> ids, links;
  for (const RecognisedItem& item : items) {
    ids.push_back(item.external_id);
    if (!item.link_key.empty()) links.push_back(item.link_key);
    if (item.published_time && (!oldest || *item.published_time < *oldest)) oldest = item.published_time;
  }
  if (!oldest) return std::nullopt;
  return pool_.Read([&](pg::Transaction& transaction) -> Result<std::optional<VanishedItem>> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("SELECT external_id, link FROM ingest.items WHERE source_id = $1 AND taken_time > $2"
                          " AND published_time > $3 AND removed_time IS NULL AND link <> ''"
                          " AND (next_check_time IS NULL OR next_check_time <= $5)"
                          " AND external_id <> ALL ($4) AND link_key <> ALL ($6)"
                          " ORDER BY taken_time DESC LIMIT 1",
                          pg::Params(lease.source.source_id, clock_.Now() - std::chrono::hours(14 * 24), *oldest, ids,
                                     clock_.Now(), links)));
    if (rows.empty()) return std::nullopt;
    return VanishedItem{rows[0].String("external_id"), rows[0].String("link")};
  });
}

Result<int> PgItemStore::MarkChecked(const Lease& lease, const std::string& external_id, bool gone) {
  // Gone once may be a mistake that is being mended.
  const Time next = clock_.Now() + (gone ? std::chrono::hours(1) : std::chrono::hours(24));
  return pool_.Write([&](pg::Transaction& transaction) -> Result<int> {
    KIMBERLITE_RETURN_IF_ERROR(sources_.Hold(transaction, lease));
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("UPDATE ingest.items SET gone_checks = CASE WHEN $3 THEN gone_checks + 1 ELSE 0 END,"
                          " next_check_time = $4 WHERE source_id = $1 AND external_id = $2 RETURNING gone_checks",
                          pg::Params(lease.source.source_id, external_id, gone, next)));
    return rows.empty() ? 0 : static_cast<int>(rows[0].Int("gone_checks"));
  });
}

Result<void> PgItemStore::CheckBacklog() {
  constexpr std::chrono::seconds kLookEvery(1);
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - backlog_looked_ < kLookEvery) {
      if (!backlog_full_) return {};
      return Fail(Code::kResourceExhausted, "too many events wait to be sent; try again in a few seconds");
    }
    backlog_looked_ = now;
  }
  const auto rows = pool_.Read([&](pg::Transaction& transaction) {
    return transaction.Query(
        "SELECT count(*) AS waiting FROM (SELECT 1 FROM ingest.outbox WHERE sent_time IS NULL LIMIT $1) AS unsent",
        pg::Params(options_.max_backlog));
  });
  if (!rows) return std::unexpected(rows.error());
  const bool full = (*rows)[0].Int("waiting") >= options_.max_backlog;
  {
    const std::lock_guard lock(mutex_);
    backlog_full_ = full;
  }
  if (full) return Fail(Code::kResourceExhausted, "too many events wait to be sent; try again in a few seconds");
  return {};
}

Result<std::vector<Submitted>> PgItemStore::Submit(const std::string& source_id,
                                                   std::span<const Submission> submissions) {
  KIMBERLITE_RETURN_IF_ERROR(CheckBacklog());
  const std::string traceparent = ChildTraceparent("");
  return pool_.Write([&](pg::Transaction& transaction) -> Result<std::vector<Submitted>> {
    // One push of a source at a time: what follows needs no other lock.
    KIMBERLITE_ASSIGN_OR_RETURN(const Source source, LockSource(transaction, source_id));
    if (source.paused) return Fail(Code::kFailedPrecondition, "source " + source_id + " is paused");
    if (source.max_pushed_per_minute == 0)
      return Fail(Code::kFailedPrecondition,
                  "source " + source_id + " takes no pushes: its max_pushed_per_minute is 0");

    std::vector<Submitted> answers(submissions.size());
    std::vector<std::string> keys;
    std::vector<RecognisedItem> items;
    for (const Submission& submission : submissions) {
      if (!submission.key.empty()) keys.push_back(submission.key);
    }
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows earlier,
        transaction.Query("SELECT key, request_digest, external_id, sequence, outcome FROM ingest.submissions"
                          " WHERE key = ANY ($1)",
                          pg::Params(keys)));
    std::map<std::string, pg::Row> by_key;
    for (const pg::Row row : earlier) by_key.emplace(row.String("key"), row);
    std::map<std::string, std::string> seen;  // keys of this transaction
    std::vector<std::size_t> anew;
    for (std::size_t i = 0; i < submissions.size(); ++i) {
      const Submission& submission = submissions[i];
      const auto found = by_key.find(submission.key);
      const auto [twin, first] = seen.try_emplace(submission.key, submission.request_digest);
      const std::string_view before = found != by_key.end() ? found->second.Text("request_digest")
                                      : first               ? std::string_view(submission.request_digest)
                                                            : std::string_view(twin->second);
      if (!submission.key.empty() && before != submission.request_digest)
        return InvalidField("idempotency_key", "must not be used again for another request");
      if (found != by_key.end()) {
        answers[i] = {found->second.String("external_id"), found->second.Int("sequence"),
                      static_cast<SubmitOutcome>(found->second.Int("outcome")), true};
        continue;
      }
      anew.push_back(i);
      items.push_back(submission.item);
    }
    if (anew.empty()) return answers;

    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows tokens,
        transaction.Query("UPDATE ingest.sources SET push_tokens = least($2::double precision, coalesce(push_tokens +"
                          " extract(epoch FROM clock_timestamp() - push_tokens_time) / 60 * $2, $2)) - $3,"
                          " push_tokens_time = clock_timestamp() WHERE source_id = $1 RETURNING push_tokens",
                          pg::Params(source_id, source.max_pushed_per_minute, static_cast<int>(anew.size()))));
    if (const double left = tokens[0].Double("push_tokens"); left < 0) {
      const auto wait = static_cast<std::int64_t>(-left * 60 / source.max_pushed_per_minute) + 1;
      return Fail(Code::kResourceExhausted, "source " + source_id + " may push " +
                                                std::to_string(source.max_pushed_per_minute) +
                                                " items a minute; try again in " + std::to_string(wait) + " s");
    }

    // In their order, and the last of several of one item stands: one round for each time that an id comes again.
    const Time now = clock_.Now();
    int taken = 0;
    for (std::size_t begin = 0; begin < anew.size();) {
      std::vector<ItemWrite> writes;
      std::map<std::string, std::size_t> round;
      std::size_t end = begin;
      while (end < anew.size() && round.emplace(items[end].external_id, end).second) {
        writes.push_back({&items[end], items[end].external_id});
        ++end;
      }
      KIMBERLITE_ASSIGN_OR_RETURN(const auto sequences,
                                  Write(transaction, source, now, writes, Tell(source, writes), traceparent));
      taken += static_cast<int>(sequences.size());
      for (std::size_t i = begin; i < end; ++i) {
        Submitted& answer = answers[anew[i]];
        answer.external_id = items[i].external_id;
        const auto found = sequences.find(answer.external_id);
        if (found == sequences.end()) continue;
        answer.sequence = found->second;
        answer.outcome = found->second == 1 ? SubmitOutcome::kNew : SubmitOutcome::kChanged;
      }
      begin = end;
    }
    KIMBERLITE_RETURN_IF_ERROR(FillSequences(transaction, source_id, answers));
    for (const std::size_t i : anew) {
      if (submissions[i].key.empty()) continue;
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
          "INSERT INTO ingest.submissions (key, request_digest, source_id, external_id, sequence, outcome, "
          "created_time)"
          " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO NOTHING",
          pg::Params(submissions[i].key, submissions[i].request_digest, source_id, answers[i].external_id,
                     answers[i].sequence, static_cast<int>(answers[i].outcome), now)));
    }
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(
        "UPDATE ingest.sources SET items_seen = items_seen + $2, items_taken = items_taken + $3 WHERE source_id = $1",
        pg::Params(source_id, static_cast<int>(anew.size()), taken)));
    return answers;
  });
}

// Of items that were there already.
Result<void> PgItemStore::FillSequences(pg::Transaction& transaction, const std::string& source_id,
                                        std::vector<Submitted>& answers) {
  std::vector<std::string> ids;
  for (const Submitted& answer : answers) {
    if (answer.sequence == 0) ids.push_back(answer.external_id);
  }
  if (ids.empty()) return {};
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "SELECT external_id, sequence FROM ingest.items WHERE source_id = $1 AND external_id = ANY ($2)",
          pg::Params(source_id, ids)));
  std::map<std::string, std::int64_t> known;
  for (const pg::Row row : rows) known.emplace(row.String("external_id"), row.Int("sequence"));
  for (Submitted& answer : answers) {
    if (answer.sequence == 0) answer.sequence = known[answer.external_id];
  }
  return {};
}

Result<std::vector<ItemRecord>> PgItemStore::List(const std::string& source_id, const std::optional<ItemCursor>& after,
                                                  int limit) {
  std::string sql =
      "SELECT source_id, external_id, headline, link, language_code, published_time, taken_time, sequence, "
      "removed_time FROM "
      "ingest.items WHERE true";
  pg::Params params(limit);
  int next = 2;
  if (!source_id.empty()) {
    sql += " AND source_id = $" + std::to_string(next++);
    params.Add(source_id);
  }
  if (after) {
    sql += " AND (taken_time, source_id, external_id) < ($" + std::to_string(next) + ", $" + std::to_string(next + 1) +
           ", $" + std::to_string(next + 2) + ")";
    params.Add(after->taken_time).Add(after->source_id).Add(after->external_id);
  }
  sql += " ORDER BY taken_time DESC, source_id DESC, external_id DESC LIMIT $1";
  return pool_.Read([&](pg::Transaction& transaction) -> Result<std::vector<ItemRecord>> {
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(sql, params));
    std::vector<ItemRecord> records;
    for (const pg::Row row : rows) {
      records.push_back({row.String("source_id"), row.String("external_id"), row.String("headline"), row.String("link"),
                         row.String("language_code"), row.OptionalInstant("published_time"), row.Instant("taken_time"),
                         row.Int("sequence"), row.OptionalInstant("removed_time")});
    }
    return records;
  });
}

}  // namespace kimberlite::ingest
