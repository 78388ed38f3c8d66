#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/error.h"
#include "libs/pg/pg.h"

namespace kimberlite::tagging {

// What was found in an article when it was last read.
struct StoredSuggestions {
  std::int64_t sequence = 0;          // of the newest event; 0: none was sent yet
  std::int64_t article_sequence = 0;  // that was read; 0: none yet
  std::string text_digest;
  v1::ExplainTagsResponse explained;
};

// The article's row under a lock; made when there is none.
Result<StoredSuggestions> LockSuggestions(pg::Transaction& transaction, std::int64_t article_id);

// Replaces the row that LockSuggestions locked.
Result<void> SaveSuggestions(pg::Transaction& transaction, std::int64_t article_id,
                             const StoredSuggestions& suggestions);

Result<std::optional<StoredSuggestions>> ReadSuggestions(pg::Transaction& transaction, std::int64_t article_id);

}  // namespace kimberlite::tagging
