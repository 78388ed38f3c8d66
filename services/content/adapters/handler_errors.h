#pragma once

#include "libs/base/error.h"

namespace kimberlite::content {

// Errors of a transaction as a bus handler must report them: what will pass (a busy pool, a race that was lost with a
// deadlock or on a unique index, a section removed just now, a site that is not there yet) is UNAVAILABLE, so that the
// event is tried again and never set aside for it. What names a field is wrong with the event itself and stays as it
// is.
inline Error ForBus(const Error& error) {
  const bool passes = error.code() == Code::kResourceExhausted || error.code() == Code::kAborted ||
                      error.code() == Code::kAlreadyExists || error.code() == Code::kFailedPrecondition;
  if (!passes || !error.violations().empty()) return error;
  return Error(Code::kUnavailable, error.message());
}

}  // namespace kimberlite::content
