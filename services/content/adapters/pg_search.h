#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "libs/pg/pg.h"
#include "services/content/core/search.h"

// Looking things up in what pg_search_index writes.
namespace kimberlite::content {

// So many finds are ranked; where there may be more, the newest are looked through, newest first.
inline constexpr std::int64_t kMaxRanked = 10'000;

struct SearchPlace {
  int tier = 0;          // 0 all words in the headline, 1 in headline or summary, 2 anywhere
  std::string sort_key;  // below it; empty: from the newest
};

struct SearchAsk {
  std::string language_code;
  SearchQuery query;
  std::int64_t concept_id = 0;  // 0: any
  SearchPlace from;
  int page_size = 20;
};

struct SearchFound {
  std::vector<std::int64_t> article_ids;
  std::vector<std::string> stems;  // what the words came to, for snippets
  bool bounded = false;
  bool more = false;
  SearchPlace next;  // where the next page begins, when there is more
};

Result<SearchFound> Search(pg::Transaction& transaction, const SearchAsk& ask);

// What a snippet is made of: summary and body as stored, in the order of the ids; empty where the translation is not
// public.
Result<std::vector<std::pair<std::string, std::string>>> ReadSearchTexts(pg::Transaction& transaction,
                                                                         const std::string& language_code,
                                                                         const std::vector<std::int64_t>& article_ids);

// What it asks; named for the test that reads their plans.
extern const char* const kSearchSql;         // $1 tsquery, $2 below this sort key, $3 rows
extern const char* const kSearchPhraseSql;   // $1 tsquery without places, $2 below, $3 candidates, $4 tsquery, $5 rows
extern const char* const kSearchWordsSql;    // $1 language, $2 stems
extern const char* const kSearchPrefixSql;   // $1 language, $2 from, $3 below
extern const char* const kSearchWindowSql;   // $1 list key, $2 below, $3 entries
extern const char* const kSearchConceptSql;  // $1 list key, $2 rows
extern const char* const kSearchTextsSql;    // $1 ids, $2 language

}  // namespace kimberlite::content
