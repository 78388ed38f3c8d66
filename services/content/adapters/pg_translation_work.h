#pragma once

#include <cstdint>
#include <string>

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/content/core/site.h"

// What translators have to do: articles of which translations are behind.
namespace kimberlite::content {

// Where a page of the work begins: below this article in the order of the work.
struct WorkCursor {
  std::int64_t behind = INT32_MAX;
  std::int64_t since_micros = INT64_MAX / 2;
  std::int64_t article_id = INT64_MAX;
};
// INVALID_ARGUMENT naming page_token when it is none of ours. Empty: the beginning.
Result<WorkCursor> ReadWorkCursor(const std::string& token);

// One range of an index over what is behind, in `language_code` or (empty) in any.
Result<v1::ListTranslationWorkResponse> ReadTranslationWork(pg::Transaction& transaction, const Site& site,
                                                            const std::string& language_code, const WorkCursor& cursor,
                                                            int limit);

// What ReadTranslationWork asks: $1 to $3 the cursor, $4 rows, and of one language $5. Named for the test of plans.
extern const char* const kWorkSql;
extern const char* const kLanguageWorkSql;

}  // namespace kimberlite::content
