#pragma once

#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/act.h"
#include "services/content/core/article.h"
#include "services/content/core/author.h"

// Authors in content.authors and author_spellings. Every change raises the author's sequence by one and is told in an
// AuthorChanged. All within the caller's transaction.
namespace kimberlite::content {

// Sets the author_ids of translations whose bylines differ from `before` (null: none): by name or alias, else by the
// rule of IsSameAuthor, else a new author. One look-up when all are known; creating takes a lock of all authors until
// the transaction ends, so it comes after the site's row was locked, where that is needed.
Result<void> ResolveBylines(pg::Transaction& transaction, const Act& act, const Article* before, Article& after);

// NOT_FOUND when there is none.
Result<Author> ReadAuthor(pg::Transaction& transaction, const std::string& author_id);

// Creates or replaces, and gives what is stored then. Nothing happens when nothing differs. ALREADY_EXISTS when a name
// or alias means another author. Bylines of the past keep their author.
Result<Author> PutAuthor(pg::Transaction& transaction, const Act& act, Author author);

// Up to `limit` authors after `after_id` (empty: from the first), by id.
Result<std::vector<Author>> ListAuthors(pg::Transaction& transaction, const std::string& after_id, int limit);

// The months of the language's archive, newest first: one look at list_entries for each.
Result<std::vector<std::string>> ListArchiveMonths(pg::Transaction& transaction, const std::string& language_code);
extern const char* const kMonthsSql;  // $1 beginning of the lists' keys, $2 months; named for the test of plans

}  // namespace kimberlite::content
