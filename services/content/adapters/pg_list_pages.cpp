#include "services/content/adapters/pg_list_pages.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/telemetry/telemetry.h"

namespace kimberlite::content {
namespace {

constexpr int kMostCards = 200;

// The least sort key above this one.
std::string Next(std::string sort_key) {
  for (std::size_t i = sort_key.size(); i > 0; --i) {
    char& digit = sort_key[i - 1];
    if (digit != 'f') {
      digit = digit == '9' ? 'a' : static_cast<char>(digit + 1);
      return sort_key;
    }
    digit = '0';
  }
  return "g";  // above all
}

// Which of the places stand in a page that is too long. Reads at most 60 lines of an index for each.
Result<std::vector<ListPlace>> InLongPages(pg::Transaction& transaction, const std::vector<ListPlace>& places) {
  std::vector<std::string> list_keys;
  std::vector<std::string> sort_keys;
  for (const ListPlace& place : places) {
    list_keys.push_back(place.list_key);
    sort_keys.push_back(place.sort_key);
  }
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "SELECT t.list_key, t.sort_key FROM unnest($1::text[], $2::text[]) AS t (list_key, sort_key)"
          " LEFT JOIN LATERAL (SELECT high_sort_key FROM content.list_pages AS p WHERE p.list_key = t.list_key"
          " AND p.high_sort_key < t.sort_key ORDER BY p.high_sort_key DESC LIMIT 1) AS low ON true"
          " LEFT JOIN LATERAL (SELECT high_sort_key FROM content.list_pages AS p WHERE p.list_key = t.list_key"
          " AND p.high_sort_key >= t.sort_key ORDER BY p.high_sort_key LIMIT 1) AS high ON true"
          " CROSS JOIN LATERAL (SELECT 1 FROM content.list_entries AS e WHERE e.list_key = t.list_key"
          " AND e.sort_key > coalesce(low.high_sort_key, '') AND e.sort_key <= coalesce(high.high_sort_key, 'g')"
          " ORDER BY e.sort_key OFFSET CASE WHEN high.high_sort_key IS NULL THEN $3::int ELSE $4::int END - 1 LIMIT 1)"
          " AS long ORDER BY t.list_key",
          pg::Params(list_keys, sort_keys, kSealedEntries + kOpenEntries, 2 * kSealedEntries)));
  std::vector<ListPlace> found;
  for (const pg::Row& row : rows) found.push_back({row.String("list_key"), row.String("sort_key"), {}});
  return found;
}

// Sets bounds in the page that holds the place, while it is too long; a hundred at once at most.
Result<std::vector<ListPlace>> Divide(pg::Transaction& transaction, const ListPlace& place) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows lock,
                              // The first number keeps it apart from the locks of others.
                              transaction.Query("SELECT pg_try_advisory_xact_lock(1819307371, hashtext($1)) AS mine",
                                                pg::Params(place.list_key)));
  if (!lock[0].Bool("mine")) return std::vector<ListPlace>();
  // A statement of its own: its snapshot is newer than the lock, so it sees what the holder before has set.
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "WITH bounds AS (SELECT"
          " (SELECT max(high_sort_key) FROM content.list_pages WHERE list_key = $1 AND high_sort_key < $2) AS low,"
          " (SELECT min(high_sort_key) FROM content.list_pages WHERE list_key = $1 AND high_sort_key >= $2) AS high),"
          " entries AS MATERIALIZED (SELECT sort_key, row_number() OVER (ORDER BY sort_key) AS place FROM"
          " (SELECT e.sort_key FROM content.list_entries AS e, bounds WHERE e.list_key = $1"
          " AND e.sort_key > coalesce(bounds.low, '') AND e.sort_key <= coalesce(bounds.high, 'g')"
          " ORDER BY e.sort_key LIMIT 100 * $3::int) AS oldest)"
          " INSERT INTO content.list_pages (list_key, page_number, high_sort_key)"
          " SELECT $1, place / $3::int + (SELECT coalesce(max(page_number), 0) FROM content.list_pages"
          " WHERE list_key = $1), sort_key FROM entries, bounds WHERE place % $3::int = 0"
          " AND place + CASE WHEN bounds.high IS NULL THEN $4::int ELSE $3::int END <= (SELECT count(*) FROM entries)"
          " RETURNING high_sort_key, (SELECT high FROM bounds) IS NULL AS sealed",
          pg::Params(place.list_key, place.sort_key, kSealedEntries, kOpenEntries)));
  std::vector<ListPlace> set;
  for (const pg::Row& row : rows) {
    set.push_back({place.list_key, row.String("high_sort_key"), {}});
    telemetry::Metrics::Counter("kimberlite_content_list_pages_total",
                                "Pages of lists that were sealed at the head or divided further down",
                                {{"how", row.Bool("sealed") ? "sealed" : "divided"}})
        .Add();
  }
  return set;
}

}  // namespace

Result<std::vector<ListPlace>> SealPages(pg::Transaction& transaction, const std::vector<ListPlace>& added) {
  std::vector<ListPlace> all;
  if (added.empty()) return all;
  KIMBERLITE_ASSIGN_OR_RETURN(const auto places, InLongPages(transaction, added));
  for (const ListPlace& place : places) {
    KIMBERLITE_ASSIGN_OR_RETURN(auto set, Divide(transaction, place));
    std::ranges::move(set, std::back_inserter(all));
  }
  return all;
}

Result<int> NewestSealedPage(pg::Transaction& transaction, const std::string& list_key) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(
          "SELECT page_number FROM content.list_pages WHERE list_key = $1 ORDER BY high_sort_key DESC LIMIT 1",
          pg::Params(list_key)));
  return rows.empty() ? 0 : static_cast<int>(rows[0].Int("page_number"));
}

Result<AnchoredPage> ReadAnchoredPage(pg::Transaction& transaction, const std::string& list_key, int page_number,
                                      bool with_bodies) {
  AnchoredPage page{.page_number = page_number};
  if (page_number > 0) {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows own,
        transaction.Query("SELECT high_sort_key FROM content.list_pages WHERE list_key = $1 AND page_number = $2",
                          pg::Params(list_key, page_number)));
    if (own.empty()) {
      return Fail(Error::Field(Code::kNotFound, "page_number",
                               "list " + list_key + " has no page " + std::to_string(page_number)));
    }
    page.high = own[0].String("high_sort_key");
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows newer,
        transaction.Query("SELECT page_number, high_sort_key FROM content.list_pages WHERE list_key = $1"
                          " AND high_sort_key > $2 ORDER BY high_sort_key LIMIT 1",
                          pg::Params(list_key, page.high)));
    if (!newer.empty()) {
      page.newer = static_cast<int>(newer[0].Int("page_number"));
      page.newer_high = newer[0].String("high_sort_key");
    }
  }
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows older,
      transaction.Query("SELECT page_number, high_sort_key FROM content.list_pages WHERE list_key = $1"
                        " AND high_sort_key < $2 ORDER BY high_sort_key DESC LIMIT 1",
                        pg::Params(list_key, page.high.empty() ? "g" : page.high)));
  if (!older.empty()) {
    page.older = static_cast<int>(older[0].Int("page_number"));
    page.low = Next(older[0].String("high_sort_key"));
  }
  ListQuery query{.list_key = list_key,
                  .before_sort_key = page.high.empty() ? "" : Next(page.high),
                  .page_size = kMostCards,
                  .with_bodies = with_bodies,
                  .from_sort_key = page.low};
  KIMBERLITE_ASSIGN_OR_RETURN(page.list, ReadList(transaction, query));
  if (page_number > 0 || page.low.empty() || static_cast<int>(page.list.cards.size()) >= kOpenEntries) return page;
  query.from_sort_key.clear();
  query.page_size = kOpenEntries;
  KIMBERLITE_ASSIGN_OR_RETURN(page.list, ReadList(transaction, query));
  page.low = page.list.more ? page.list.cards.back().sort_key : "";
  page.list.more = false;
  return page;
}

}  // namespace kimberlite::content
