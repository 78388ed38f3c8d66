#include "services/content/adapters/pg_transfer.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "libs/base/id.h"
#include "libs/base/text.h"
#include "libs/bus/outbox.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/adapters/pg_change_log.h"

namespace kimberlite::content {
namespace {

constexpr int kRows = 500;
constexpr int kArticles = 200;

// Made from other things, or of this database alone.
const std::set<std::string> kLeftOut = {"migrations",   "outbox",       "inbox",         "idempotency",
                                        "change_queue", "changes",      "changes_state", "search_entries",
                                        "search_words", "search_state", "blobs"};

struct Table {
  std::string name;
  std::vector<std::string> key;
  std::vector<std::string> types;  // of the key
};

// In an order in which each comes after those it refers to.
Result<std::vector<Table>> ReadTables(pg::Transaction& transaction) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows keys,
      transaction.Query("SELECT c.relname AS name, array_agg(a.attname::text ORDER BY k.place) AS key,"
                        " array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY k.place) AS types"
                        " FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary"
                        " CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)"
                        " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum"
                        " WHERE c.relnamespace = 'content'::regnamespace AND c.relkind = 'r' GROUP BY c.relname"
                        " ORDER BY c.relname"));
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows references,
      transaction.Query("SELECT c.relname AS name, t.relname AS target FROM pg_constraint AS r"
                        " JOIN pg_class AS c ON c.oid = r.conrelid JOIN pg_class AS t ON t.oid = r.confrelid"
                        " WHERE r.contype = 'f' AND c.relnamespace = 'content'::regnamespace AND c.oid <> t.oid"));
  std::map<std::string, std::set<std::string>> needs;
  for (const pg::Row& row : references) needs[row.String("name")].insert(row.String("target"));
  std::vector<Table> waiting;
  for (const pg::Row& row : keys) {
    if (!kLeftOut.contains(row.String("name")))
      waiting.push_back({row.String("name"), row.Strings("key"), row.Strings("types")});
  }
  std::vector<Table> ordered;
  while (!waiting.empty()) {
    const auto next = std::ranges::find_if(waiting, [&](const Table& table) {
      return std::ranges::none_of(waiting, [&](const Table& other) { return needs[table.name].contains(other.name); });
    });
    if (next == waiting.end()) return Fail(Code::kInternal, "tables of schema content refer to each other in a circle");
    ordered.push_back(*next);
    waiting.erase(next);
  }
  return ordered;
}

// Names come from the catalog, never from a caller.
std::string KeyList(const Table& table) {
  std::vector<std::string> columns;
  for (const std::string& column : table.key) columns.push_back("t.\"" + column + "\"");
  return Join(columns, ", ");
}

// The key of the row $1.
std::string KeyOfRow(const Table& table) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < table.key.size(); ++i)
    values.push_back("($1::jsonb->>'" + table.key[i] + "')::" + table.types[i]);
  return Join(values, ", ");
}

Result<void> ExportTable(pg::Transaction& transaction, const Table& table,
                         const std::function<Result<void>(const ExportedLine&)>& take) {
  const std::string name = "content.\"" + table.name + "\"";
  const std::string order = " ORDER BY " + KeyList(table) + " LIMIT " + std::to_string(kRows);
  const std::string select = "SELECT to_jsonb(t)::text AS row FROM " + name + " AS t";
  // A range of the key's index: the next page begins after the row that the last one ended with.
  const std::string next = select + " WHERE (" + KeyList(table) + ") > (" + KeyOfRow(table) + ")" + order;
  std::string last;
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows, last.empty() ? transaction.Query(select + order)
                                                                  : transaction.Query(next, pg::Params(last)));
    for (const pg::Row& row : rows) {
      last = row.String("row");
      KIMBERLITE_RETURN_IF_ERROR(take({.line = R"({"table":")" + table.name + R"(","row":)" + last + "}"}));
    }
    if (rows.size() < kRows) return {};
  }
}

Result<void> ExportBlobs(pg::Transaction& transaction, BlobStore& blobs,
                         const std::function<Result<void>(const ExportedLine&)>& take) {
  std::string last;
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows rows,
        transaction.Query("SELECT media_id FROM content.media WHERE media_id > $1 AND data IS NULL ORDER BY media_id"
                          " LIMIT 100",
                          pg::Params(last)));
    if (rows.empty()) return {};
    for (const pg::Row& row : rows) {
      last = row.String("media_id");
      KIMBERLITE_ASSIGN_OR_RETURN(std::string data, blobs.Get(last));
      KIMBERLITE_RETURN_IF_ERROR(take({.blob_id = last, .data = std::move(data)}));
    }
  }
}

}  // namespace

Result<void> ExportAll(pg::Pool& pool, BlobStore& blobs, const std::function<Result<void>(const ExportedLine&)>& take) {
  // A connection that dies is not tried again: half of it has gone out.
  std::optional<Error> failed;
  const auto done = pool.Read([&](pg::Transaction& transaction) -> Result<bool> {
    if (failed) return Fail(*failed);
    const auto exported = [&]() -> Result<void> {
      KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Table> tables, ReadTables(transaction));
      KIMBERLITE_RETURN_IF_ERROR(ExportBlobs(transaction, blobs, take));
      for (const Table& table : tables) KIMBERLITE_RETURN_IF_ERROR(ExportTable(transaction, table, take));
      return {};
    }();
    if (exported) return true;
    failed = exported.error();
    return Fail(*failed);
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::int64_t> ImportRows(pg::Transaction& transaction, const std::vector<std::string>& lines, bool first) {
  if (first) {
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query("SELECT 1 FROM content.articles LIMIT 1"));
    if (!rows.empty())
      return Fail(Code::kFailedPrecondition, "there are articles already: an export is taken into an empty database");
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Table> tables, ReadTables(transaction));
  std::int64_t added = 0;
  // Runs of lines of one table together.
  for (std::size_t i = 0; i < lines.size();) {
    std::string table;
    std::string rows = "[";
    std::size_t j = i;
    for (; j < lines.size(); ++j) {
      const auto line = nlohmann::json::parse(lines[j], nullptr, false);
      const std::string field = "lines[" + std::to_string(j) + "]";
      if (!line.is_object() || !line.contains("table") || !line["table"].is_string() || !line.contains("row") ||
          !line["row"].is_object()) {
        return InvalidField(field, "must be a JSON object with \"table\" and \"row\"");
      }
      const std::string name = line["table"];
      if (std::ranges::find(tables, name, &Table::name) == tables.end())
        return InvalidField(field, "names a table that is not taken in: is the export of a newer version?");
      if (j > i && name != table) break;
      table = name;
      rows += (j > i ? "," : "") + line["row"].dump();
    }
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows inserted,
        transaction.Query("INSERT INTO content.\"" + table + "\" OVERRIDING SYSTEM VALUE SELECT * FROM" +
                              " jsonb_populate_recordset(NULL::content.\"" + table +
                              "\", $1::jsonb) ON CONFLICT DO NOTHING",
                          pg::Params(rows + "]")));
    added += inserted.affected();
    i = j;
  }
  return added;
}

Result<std::int64_t> TellImported(pg::Transaction& transaction, PgSiteStore& sites, const Act& act,
                                  std::int64_t after_article_id) {
  KIMBERLITE_RETURN_IF_ERROR(
      transaction.Query("SELECT setval('content.article_ids', greatest((SELECT last_value FROM content.article_ids),"
                        " (SELECT coalesce(max(article_id), 1000) FROM content.articles)))"));
  KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites.Load(transaction));
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows ids,
      transaction.Query("SELECT article_id FROM content.articles WHERE article_id > $1 ORDER BY article_id LIMIT $2",
                        pg::Params(after_article_id, kArticles)));
  for (const pg::Row& row : ids) {
    KIMBERLITE_ASSIGN_OR_RETURN(const Article article, ReadArticle(transaction, *site, row.Int("article_id")));
    const pb::ArticleChanged event = EventOf(nullptr, article);
    KIMBERLITE_RETURN_IF_ERROR(QueueChange(transaction, event, act.time));
    KIMBERLITE_RETURN_IF_ERROR(bus::Append(transaction, kSchema,
                                           {.topic = "kimberlite.content.article.v1",
                                            .key = std::to_string(article.article_id),
                                            .id = NewUuid(),
                                            .type = event.GetDescriptor()->full_name(),
                                            .source = "content",
                                            .time = act.time,
                                            .sequence = article.sequence,
                                            .traceparent = act.traceparent,
                                            .payload = event.SerializeAsString()}));
  }
  return ids.size() < kArticles ? 0 : ids[ids.size() - 1].Int("article_id");
}

}  // namespace kimberlite::content
