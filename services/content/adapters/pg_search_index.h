#pragma once

#include <chrono>

#include "libs/base/error.h"
#include "libs/pg/pg.h"

// Writing what search reads. One process at a time writes; the others stand by.
namespace kimberlite::content {

// The next few changes of the log, or else the next few articles while everything is written anew, in one transaction
// with how far it came. How many translations were looked at; 0: nothing to do, or another process is at it.
Result<int> IndexStep(pg::Pool& pool);

// How old the oldest change is that search does not know, queue and log together; 0 when there is none.
Result<std::chrono::milliseconds> SearchLag(pg::Pool& pool);

}  // namespace kimberlite::content
