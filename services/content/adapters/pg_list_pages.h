#pragma once

#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/core/article_event.h"

// Anchored pages of lists (content.list_pages). A page is a range of sort keys that ends at its bound; only bounds are
// written, so entries never move and writers of one list do not wait for each other.
//
// - The open page is what stands above the newest bound. An insertion that makes it 40 long seals its oldest 30 as the
// page
//   with the next number; so it has 10 to 39, and a publication changes it alone.
// - A removal, or an insertion further down, changes the page it falls into. One that an insertion makes 60 long is
// divided:
//   its newer part keeps the number, each older 30 get the next one. So numbers are names that never move, in order of
//   time but for what was divided; neighbours tell what is older and newer.
// - Whoever finds a page too long and somebody else at work on the list leaves it to the next insertion, which counts
//   again. A page may thus be longer by as many as were written at once.
namespace kimberlite::content {

inline constexpr int kSealedEntries = 30;
inline constexpr int kOpenEntries = 10;  // left open when a page is sealed, and shown at least by the open page

// To be called after `added` was written. Answers the bounds that were set: each divides the page it stands in.
Result<std::vector<ListPlace>> SealPages(pg::Transaction& transaction, const std::vector<ListPlace>& added);

struct AnchoredPage {
  ListPage list;        // newest first; `more` when it holds more than 200
  int page_number = 0;  // of the open page: 0
  int newer = 0;        // 0: the open page
  int older = 0;        // 0: none
  // Bounds of the page, both included; empty: open on that side.
  std::string low;
  std::string high;
  // Bound of the newer page; empty: that is the open page.
  std::string newer_high;
};

// Page `page_number`, or with 0 the open page. NOT_FOUND when there is no such page. The open page shows at least the
// newest 10, so it may repeat some of the newest sealed one after removals or where nothing is old enough.
Result<AnchoredPage> ReadAnchoredPage(pg::Transaction& transaction, const std::string& list_key, int page_number,
                                      bool with_bodies);

// The number of the newest sealed page; 0 when none is.
Result<int> NewestSealedPage(pg::Transaction& transaction, const std::string& list_key);

}  // namespace kimberlite::content
