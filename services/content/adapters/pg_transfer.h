#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/act.h"
#include "services/content/adapters/blob_store.h"
#include "services/content/adapters/pg_site_store.h"

// Everything that the service keeps, out and in again. A line is a JSON object with "table" and "row", as PostgreSQL
// writes a row; pictures follow with their bytes. What is made from other things (search, the log of changes, what is
// on its way to the bus, answers of earlier writes) is left out. Tables come after those that they refer to, by the
// catalog, so a new table takes part by being there.
namespace kimberlite::content {

struct ExportedLine {
  std::string line;     // JSON; empty with a blob
  std::string blob_id;  // of the bytes in `data`; empty with a line
  std::string data;
};

// One snapshot. Stops at the first error of `take`.
Result<void> ExportAll(pg::Pool& pool, BlobStore& blobs, const std::function<Result<void>(const ExportedLine&)>& take);

// Rows into the tables that they name; those that are there stay as they are, so a part may be repeated. How many were
// new. FAILED_PRECONDITION when there are articles already and `first` is set.
Result<std::int64_t> ImportRows(pg::Transaction& transaction, const std::vector<std::string>& lines, bool first);

// After all rows: sequences go on after them, and the next articles after an id are told to the others as created. The
// last id; 0 when there are no more.
Result<std::int64_t> TellImported(pg::Transaction& transaction, PgSiteStore& sites, const Act& act,
                                  std::int64_t after_article_id);

}  // namespace kimberlite::content
