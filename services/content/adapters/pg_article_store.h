#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/act.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_site_store.h"
#include "services/content/core/article.h"
#include "services/content/core/site.h"

// Articles in content.articles, translations, article_tags, with their revisions and list_entries. All within the
// caller's transaction.
namespace kimberlite::content {

// NOT_FOUND when there is none. Translations stand in the site's order.
Result<Article> ReadArticle(pg::Transaction& transaction, const Site& site, std::int64_t article_id);

// The same under the row's lock: every change of an article begins with it, so changes of one article come one after
// the other and their events in the order of the sequence.
Result<Article> LockArticle(pg::Transaction& transaction, const Site& site, std::int64_t article_id);

// Stores a new article under the next public id, with its revisions, list entries and event. Sets article_id
// and author_ids.
Result<void> InsertArticle(pg::Transaction& transaction, const Act& act, Article& article);

// Stores what differs between `before`, which LockArticle gave, and `after`: rows, revisions, list entries, and the
// event with both. Nothing when nothing differs. Sets the author_ids of new bylines.
Result<void> SaveArticle(pg::Transaction& transaction, const Act& act, const Article& before, Article& after);

// Gives up to 200 articles whose bylines were written before there were authors their author_ids and places in the
// lists of authors; how many those were. Tells nobody: the lists did not exist before.
Result<int> ResolveBylinesBatch(pg::Transaction& transaction, PgSiteStore& sites, const Act& act);

// What ReadList asks: $1 list key, $2 sort key to stay below, $3 rows, $4 least sort key. Named for the test that reads
// its plan.
extern const char* const kListSql;

struct ListQuery {
  std::string list_key;
  std::string before_sort_key;  // empty: from the head
  int page_size = 30;
  bool with_bodies = false;
  std::string from_sort_key;  // nothing older than this; empty: to the end
};
struct ListPage {
  std::vector<Card> cards;
  bool more = false;  // there are older ones
};

// One range of the list's index. With bodies a page ends early where they would take it over 16 MiB; it holds one card
// at least.
Result<ListPage> ReadList(pg::Transaction& transaction, const ListQuery& query);

// What ReadCards asks: $1 article ids, $2 language codes, $3 translations of each article or NULL, $4 with bodies.
// Named for the test that reads its plan.
extern const char* const kCardsSql;

struct CardsQuery {
  std::vector<std::int64_t> article_ids;
  std::vector<std::string> language_codes;  // in order of preference
  bool every_language = false;              // all that are public instead of the first
  bool with_bodies = false;
};

// Public translations in the order of article_ids, then of language_codes; articles that are public in none of the
// languages are left out. RESOURCE_EXHAUSTED when the bodies asked for are more than 16 MiB together.
Result<std::vector<Card>> ReadCards(pg::Transaction& transaction, const CardsQuery& query);

}  // namespace kimberlite::content
