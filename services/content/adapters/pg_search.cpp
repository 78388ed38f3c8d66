#include "services/content/adapters/pg_search.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "libs/base/text.h"
#include "libs/base/time.h"
#include "services/content/core/article_event.h"

namespace kimberlite::content {
namespace {

constexpr int kPhraseCandidates = 1000;
constexpr int kWindowEntries = 2000;  // looked through at a time where finds are too many to rank
constexpr int kMaxWindowDays = 60;
constexpr int kMaxWindows = 12;
constexpr std::string_view kNewest = "g";  // above every sort key, which is hex

using std::chrono::days;

// Of one required word: the stems that it may be, any of them.
struct Clause {
  std::vector<std::string> stems;
  std::int64_t documents = 0;  // at most so many have it
};

std::string AnyOf(const Clause& clause, std::string_view mark) {
  std::vector<std::string> parts;
  for (const std::string& stem : clause.stems) parts.push_back(QuoteLexeme(std::string(mark) + stem));
  return "(" + Join(parts, " | ") + ")";
}

std::string AllOf(const std::vector<Clause>& clauses, std::string_view mark) {
  std::vector<std::string> parts;
  for (const Clause& clause : clauses) parts.push_back(AnyOf(clause, mark));
  return Join(parts, " & ");
}

// What every find has: its language, perhaps a concept.
std::string ScopeOf(const SearchAsk& ask) {
  std::string scope = QuoteLexeme(LanguageKey(ask.language_code));
  if (ask.concept_id != 0) scope += " & " + QuoteLexeme(ConceptKey(ask.concept_id));
  return scope;
}

Result<std::vector<Clause>> ReadClauses(pg::Transaction& transaction, const SearchAsk& ask) {
  std::vector<Clause> clauses;
  if (!ask.query.stems.empty() || !ask.query.prefix_stem.empty()) {
    std::vector<std::string> stems = ask.query.stems;
    if (!ask.query.prefix_stem.empty()) stems.push_back(ask.query.prefix_stem);
    KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                                transaction.Query(kSearchWordsSql, pg::Params(ask.language_code, stems)));
    std::map<std::string, std::int64_t> documents;
    // A word that came with an update only is known, and counted nowhere.
    for (const pg::Row& row : rows) documents[row.String("stem")] = std::max<std::int64_t>(1, row.Int("documents"));
    for (const std::string& stem : stems) clauses.push_back({{stem}, documents[stem]});
  }
  if (ask.query.prefix.empty()) return clauses;
  Clause& last = clauses.back();
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query(kSearchPrefixSql, pg::Params(ask.language_code, ask.query.prefix,
                                                                             ask.query.prefix + "\xF4\x8F\xBF\xBF")));
  for (const pg::Row& row : rows) {
    if (row.Text("stem") == last.stems.front()) continue;
    last.stems.push_back(row.String("stem"));
    last.documents += row.Int("documents");
  }
  return clauses;
}

struct Find {
  std::int64_t article_id = 0;
  std::string sort_key;
};

std::vector<Find> FindsOf(const pg::Rows& rows) {
  std::vector<Find> finds;
  for (const pg::Row& row : rows) {
    if (!row.IsNull("article_id")) finds.push_back({row.Int("article_id"), row.String("sort_key")});
  }
  return finds;
}

// Collects a page.
class Page {
 public:
  Page(SearchFound& found, int size) : found_(found), size_(size) {}
  int room() const { return size_ - static_cast<int>(found_.article_ids.size()); }

  // Finds of one tier, newest first; one more than there is room for tells that the page is full.
  bool Take(int tier, const std::vector<Find>& finds) {
    for (const Find& find : finds) {
      if (room() == 0) {
        found_.more = true;
        return false;
      }
      found_.article_ids.push_back(find.article_id);
      found_.next = {tier, find.sort_key};
    }
    return true;
  }

 private:
  SearchFound& found_;
  int size_;
};

Result<std::vector<Find>> Matches(pg::Transaction& transaction, const std::string& query, std::string_view below,
                                  int limit) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kSearchSql, pg::Params(query, below, limit)));
  return FindsOf(rows);
}

Result<void> SearchRanked(pg::Transaction& transaction, const SearchAsk& ask, const std::vector<Clause>& clauses,
                          SearchFound& found) {
  const std::string scope = ScopeOf(ask);
  const std::string words = AllOf(clauses, "");
  const std::string lead = AllOf(clauses, "~");
  const std::string tiers[] = {scope + " & " + AllOf(clauses, "^"),
                               scope + " & " + lead + " & !(" + AllOf(clauses, "^") + ")",
                               scope + " & " + words + " & !(" + lead + ")"};
  Page page(found, ask.page_size);
  for (int tier = ask.from.tier; tier < 3; ++tier) {
    const bool first = tier == ask.from.tier && !ask.from.sort_key.empty();
    KIMBERLITE_ASSIGN_OR_RETURN(
        const std::vector<Find> finds,
        Matches(transaction, tiers[tier], first ? std::string_view(ask.from.sort_key) : kNewest, page.room() + 1));
    if (!page.Take(tier, finds)) return {};
  }
  return {};
}

// The time in a sort key.
Time TimeOf(std::string_view sort_key) {
  std::int64_t micros = 0;
  std::from_chars(sort_key.data(), sort_key.data() + 16, micros, 16);
  return Time(std::chrono::microseconds(micros));
}

// Some days of the language's entries after some days, so that what is looked through is bounded however much matches.
Result<void> SearchNewest(pg::Transaction& transaction, const SearchAsk& ask, const std::vector<Clause>& clauses,
                          SearchFound& found) {
  found.bounded = true;
  std::string below = ask.from.sort_key.empty() ? std::string(kNewest) : ask.from.sort_key;
  const std::string query = ScopeOf(ask) + (clauses.empty() ? "" : " & " + AllOf(clauses, ""));
  Page page(found, ask.page_size);
  for (int window = 0; window < kMaxWindows; ++window) {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows bounds,
        transaction.Query(kSearchWindowSql, pg::Params(HomeList(ask.language_code), below, kWindowEntries)));
    if (bounds.empty() || bounds[0].IsNull("newest")) return {};
    const auto newest = std::chrono::floor<days>(TimeOf(bounds[0].Text("newest")));
    const auto oldest =
        std::max(std::chrono::floor<days>(TimeOf(bounds[0].Text("oldest"))), newest - days(kMaxWindowDays - 1));
    std::vector<std::string> keys;
    for (auto day = newest; day >= oldest; day -= days(1)) keys.push_back(QuoteLexeme(DayKey(ask.language_code, day)));
    KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Find> finds,
                                Matches(transaction, "(" + Join(keys, " | ") + ") & " + query, below, page.room() + 1));
    if (!page.Take(2, finds)) return {};
    below = SortKey(oldest, 0);
  }
  // There may be more, further back than one look goes.
  found.more = !found.article_ids.empty();
  found.next = {2, below};
  return {};
}

// Words that stand together: places are looked at for the newest candidates only.
Result<void> SearchPhrases(pg::Transaction& transaction, const SearchAsk& ask, const std::vector<Clause>& clauses,
                           SearchFound& found) {
  std::string places;
  for (const std::vector<std::string>& phrase : ask.query.phrases) {
    std::vector<std::string> lexemes;
    for (const std::string& stem : phrase) lexemes.push_back(QuoteLexeme(stem));
    places += (places.empty() ? "(" : " & (") + Join(lexemes, " <-> ") + ")";
  }
  const std::string_view below = ask.from.sort_key.empty() ? kNewest : std::string_view(ask.from.sort_key);
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(kSearchPhraseSql, pg::Params(ScopeOf(ask) + " & " + AllOf(clauses, ""), below,
                                                     kPhraseCandidates, places, ask.page_size + 1)));
  Page page(found, ask.page_size);
  const bool all = page.Take(2, FindsOf(rows));
  if (rows[0].Int("candidates") < kPhraseCandidates) return {};
  found.bounded = true;
  if (!all || found.article_ids.empty()) return {};
  found.more = true;
  found.next = {2, rows[0].String("last_candidate")};
  return {};
}

// How many carry the concept, up to one more than are ranked.
Result<std::int64_t> CountConcept(pg::Transaction& transaction, const SearchAsk& ask) {
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query(kSearchConceptSql, pg::Params(ConceptList(ask.language_code, ask.concept_id), kMaxRanked + 1)));
  return rows[0].Int("count");
}

// A concept alone is a list.
Result<void> ListConcept(pg::Transaction& transaction, const SearchAsk& ask, SearchFound& found) {
  const std::string below = ask.from.sort_key.empty() ? std::string(kNewest) : ask.from.sort_key;
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows rows,
      transaction.Query("SELECT article_id, sort_key FROM content.list_entries WHERE list_key = $1 AND sort_key < $2"
                        " ORDER BY sort_key DESC LIMIT $3",
                        pg::Params(ConceptList(ask.language_code, ask.concept_id), below, ask.page_size + 1)));
  Page(found, ask.page_size).Take(2, FindsOf(rows));
  return {};
}

}  // namespace

const char* const kSearchSql =
    "SELECT article_id, sort_key FROM content.search_entries WHERE words @@ $1::tsquery AND sort_key < $2"
    " ORDER BY sort_key DESC LIMIT $3";
const char* const kSearchPhraseSql =
    "WITH c AS MATERIALIZED (SELECT article_id, sort_key, words FROM content.search_entries WHERE words @@ $1::tsquery"
    " AND sort_key < $2 ORDER BY sort_key DESC LIMIT $3)"
    " SELECT f.article_id, f.sort_key, n.candidates, n.last_candidate"
    " FROM (SELECT count(*) AS candidates, min(sort_key) AS last_candidate FROM c) AS n"
    " LEFT JOIN LATERAL (SELECT article_id, sort_key FROM c WHERE words @@ $4::tsquery ORDER BY sort_key DESC LIMIT $5)"
    " AS f ON true ORDER BY f.sort_key DESC";
const char* const kSearchWordsSql =
    "SELECT stem, sum(documents)::bigint AS documents FROM content.search_words WHERE language_code = $1 AND"
    " stem = ANY ($2::text[]) GROUP BY stem";
// The commonest of what begins so. Two looks, each bounded: a short beginning has too many rare forms.
const char* const kSearchPrefixSql =
    "SELECT stem, sum(documents)::bigint AS documents FROM ("
    "(SELECT form, stem, documents FROM content.search_words WHERE language_code = $1 AND form >= $2 AND form < $3"
    " AND common ORDER BY form LIMIT 2000)"
    " UNION (SELECT form, stem, documents FROM content.search_words WHERE language_code = $1 AND form >= $2"
    " AND form < $3 ORDER BY form LIMIT 2000)) AS w GROUP BY stem ORDER BY documents DESC, stem LIMIT 16";
const char* const kSearchWindowSql =
    "SELECT max(sort_key) AS newest, min(sort_key) AS oldest FROM (SELECT sort_key FROM content.list_entries"
    " WHERE list_key = $1 AND sort_key < $2 ORDER BY sort_key DESC LIMIT $3) AS w";
const char* const kSearchConceptSql =
    // Ordered, so that it is a walk along the index however much of the table the list is.
    "SELECT count(*) AS count FROM (SELECT 1 FROM content.list_entries WHERE list_key = $1 ORDER BY sort_key DESC"
    " LIMIT $2) AS w";
const char* const kSearchTextsSql =
    "SELECT w.place, t.summary, t.body FROM unnest($1::bigint[]) WITH ORDINALITY AS w (article_id, place)"
    " CROSS JOIN LATERAL (SELECT summary, left(body_html, 32768) AS body FROM content.translations"
    " WHERE article_id = w.article_id AND language_code = $2 AND state = 2 OFFSET 0) AS t";

Result<SearchFound> Search(pg::Transaction& transaction, const SearchAsk& ask) {
  SearchFound found;
  if (ask.query.empty()) {
    if (ask.concept_id != 0) KIMBERLITE_RETURN_IF_ERROR(ListConcept(transaction, ask, found));
    return found;
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const std::vector<Clause> clauses, ReadClauses(transaction, ask));
  for (const Clause& clause : clauses) found.stems.insert(found.stems.end(), clause.stems.begin(), clause.stems.end());
  std::int64_t at_most = std::ranges::min_element(clauses, {}, &Clause::documents)->documents;
  if (at_most == 0) return found;
  if (!ask.query.phrases.empty()) {
    KIMBERLITE_RETURN_IF_ERROR(SearchPhrases(transaction, ask, clauses, found));
    return found;
  }
  if (at_most > kMaxRanked && ask.concept_id != 0) {
    KIMBERLITE_ASSIGN_OR_RETURN(at_most, CountConcept(transaction, ask));
  }
  const auto search = at_most <= kMaxRanked ? SearchRanked : SearchNewest;
  KIMBERLITE_RETURN_IF_ERROR(search(transaction, ask, clauses, found));
  return found;
}

Result<std::vector<std::pair<std::string, std::string>>> ReadSearchTexts(pg::Transaction& transaction,
                                                                         const std::string& language_code,
                                                                         const std::vector<std::int64_t>& article_ids) {
  KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows rows,
                              transaction.Query(kSearchTextsSql, pg::Params(article_ids, language_code)));
  std::vector<std::pair<std::string, std::string>> texts(article_ids.size());
  for (const pg::Row& row : rows)
    texts[static_cast<std::size_t>(row.Int("place") - 1)] = {row.String("summary"), row.String("body")};
  return texts;
}

}  // namespace kimberlite::content
