#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/content/core/article.h"
#include "services/content/core/article_event.h"

// content.list_withdrawals: what lists showed until it was withdrawn. All within the caller's transaction.
namespace kimberlite::content {

// Notes which of the places that an article left it left by being withdrawn, and forgets those that it has again.
Result<void> NoteWithdrawals(pg::Transaction& transaction, const Article& after, const ListDiff& lists, Time now);

struct Withdrawal {
  std::int64_t article_id = 0;
  std::string sort_key;
  Time withdrawn_time{};
};
// What ReadWithdrawals asks: $1 list key, $2 lowest and $3 highest sort key, $4 oldest time, $5 rows.
extern const char* const kWithdrawalsSql;

// The newest first. low, high: of sort keys, both included; empty: no bound.
Result<std::vector<Withdrawal>> ReadWithdrawals(pg::Transaction& transaction, const std::string& list_key,
                                                const std::string& low, const std::string& high, int count, Time now);

// Forgets those that are older than 30 days, up to `count`; how many that were.
Result<std::int64_t> SweepWithdrawals(pg::Transaction& transaction, Time now, int count);

}  // namespace kimberlite::content
