#include "services/ingest/adapters/pg_item_store.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "kimberlite/ingest/v1/events.pb.h"
#include "libs/base/id.h"
#include "libs/bus/outbox.h"
#include "services/ingest/adapters/proto_time.h"

namespace kimberlite::ingest {
namespace {

// Small enough to be far from the lease's end and the statement's, large enough that commits are not what costs.
constexpr std::size_t kBatch = 100;

bus::Event EventOf(const Lease& lease, const RecognisedItem& item, std::int64_t sequence, Time time,
                   const std::string& traceparent) {
  v1::ItemTaken taken;
  taken.set_source_id(lease.source.source_id);
  taken.set_external_id(item.external_id);
  taken.set_sequence(sequence);
  taken.set_credit_name(item.credit_name);
  taken.set_credit_url(item.credit_url);
  taken.set_link(item.link);
  taken.set_language_code(item.language_code);
  taken.set_headline(item.headline);
  taken.set_summary(item.summary);
  taken.set_body_html(item.body_html);
  for (const std::string& author : item.authors) taken.add_authors(author);
  for (const std::string& category : item.categories) taken.add_categories(category);
  if (item.published_time) *taken.mutable_published_time() = ToTimestamp(*item.published_time);
  taken.set_default_section_id(lease.source.default_section_id);
  taken.set_publish_at_once(lease.source.publish_at_once);

  bus::Event event;
  event.topic = kItemTopic;
  event.key = lease.source.source_id + "/" + item.external_id;
  event.id = NewUuid();
  event.type = taken.GetTypeName();
  event.source = "ingest";
  event.time = time;
  event.sequence = sequence;
  event.traceparent = ChildTraceparent(traceparent);
  event.payload = taken.SerializeAsString();
  return event;
}

}  // namespace

Result<Taken> PgItemStore::Take(const Lease& lease, std::span<const RecognisedItem> items) {
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<const RecognisedItem*> moved, Moved(lease.source.source_id, items));
  const std::string traceparent = ChildTraceparent("");
  Taken total;
  for (std::size_t begin = 0; begin < moved.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, moved.size());
    KIMBERLITE_ASSIGN_OR_RETURN(const Taken taken, pool_.Write([&](pg::Transaction& transaction) -> Result<Taken> {
      KIMBERLITE_RETURN_IF_ERROR(sources_.Hold(transaction, lease));
      Taken count;
      for (std::size_t i = begin; i < end; ++i) {
        KIMBERLITE_ASSIGN_OR_RETURN(const std::int64_t sequence, TakeOne(transaction, lease, *moved[i], traceparent));
        if (sequence == 1) {
          ++count.fresh;
          count.fresh_published.push_back(moved[i]->published_time);
        } else if (sequence > 1) {
          ++count.changed;
        }
      }
      KIMBERLITE_RETURN_IF_ERROR(
          transaction.Query("UPDATE ingest.sources SET items_taken = items_taken + $2 WHERE source_id = $1",
                            pg::Params(lease.source.source_id, count.count())));
      return count;
    }));
    total.fresh += taken.fresh;
    total.changed += taken.changed;
    std::ranges::copy(taken.fresh_published, std::back_inserter(total.fresh_published));
  }
  return total;
}

// Most polls bring nothing new: found out without a lock.
Result<std::vector<const RecognisedItem*>> PgItemStore::Moved(const std::string& source_id,
                                                              std::span<const RecognisedItem> items) {
  std::vector<std::string> ids;
  for (const RecognisedItem& item : items) ids.push_back(item.external_id);
  return pool_.Read([&](pg::Transaction& transaction) -> Result<std::vector<const RecognisedItem*>> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("SELECT external_id, digest FROM ingest.items WHERE source_id = $1 AND external_id = ANY($2)",
                          pg::Params(source_id, ids)));
    std::unordered_map<std::string, std::string> digests;
    for (const pg::Row row : rows) digests.emplace(row.String("external_id"), row.String("digest"));
    std::vector<const RecognisedItem*> moved;
    for (auto item = items.rbegin(); item != items.rend(); ++item) {
      const auto known = digests.find(item->external_id);
      if (known == digests.end() || known->second != item->digest) moved.push_back(&*item);
    }
    return moved;
  });
}

Result<std::int64_t> PgItemStore::TakeOne(pg::Transaction& transaction, const Lease& lease, const RecognisedItem& item,
                                          const std::string& traceparent) {
  const Time now = clock_.Now();
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "INSERT INTO ingest.items AS known (source_id, external_id, sequence, digest, language_code, headline, "
          "summary, body_html,"
          " link, credit_name, credit_url, authors, categories, published_time, first_taken_time, taken_time)"
          " VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)"
          " ON CONFLICT (source_id, external_id) DO UPDATE SET sequence = known.sequence + 1, digest = excluded.digest,"
          " language_code = excluded.language_code, headline = excluded.headline, summary = excluded.summary,"
          " body_html = excluded.body_html, link = excluded.link, credit_name = excluded.credit_name,"
          " credit_url = excluded.credit_url, authors = excluded.authors, categories = excluded.categories,"
          " published_time = excluded.published_time, taken_time = excluded.taken_time"
          " WHERE known.digest <> excluded.digest RETURNING sequence",
          pg::Params(lease.source.source_id, item.external_id, item.digest, item.language_code, item.headline,
                     item.summary, item.body_html, item.link, item.credit_name, item.credit_url, item.authors,
                     item.categories, item.published_time, now)));
  if (rows.empty()) return 0;
  KIMBERLITE_RETURN_IF_ERROR(
      bus::Append(transaction, kSchema, EventOf(lease, item, rows[0].Int("sequence"), now, traceparent)));
  return rows[0].Int("sequence");
}

Result<std::vector<ItemRecord>> PgItemStore::List(const std::string& source_id, const std::optional<ItemCursor>& after,
                                                  int limit) {
  std::string sql =
      "SELECT source_id, external_id, headline, link, language_code, published_time, taken_time, sequence FROM "
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
                         row.Int("sequence")});
    }
    return records;
  });
}

}  // namespace kimberlite::ingest
