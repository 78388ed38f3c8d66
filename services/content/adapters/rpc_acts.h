#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/rpc/rpc.h"
#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/act.h"

// What the RPCs of this service share.
namespace kimberlite::content {

inline Act ActOf(const rpc::Call& call, std::string verb, Time time, std::string note = {}) {
  return {.verb = std::move(verb),
          .actor = call.caller,
          .traceparent = call.context.traceparent,
          .time = time,
          .note = std::move(note)};
}

// The answer of a write, counted when it is one.
template <typename Response>
Result<Response> Counted(const std::string& verb, Result<Response> outcome) {
  if (outcome) {
    telemetry::Metrics::Counter("kimberlite_content_writes_total", "Writes that were committed, repetitions included",
                                {{"verb", verb}})
        .Add();
  }
  return outcome;
}

inline Result<void> CheckArticleId(std::int64_t article_id) {
  if (article_id > 0) return {};
  return InvalidField("article_id", "must be greater than 0");
}

inline Result<void> CheckMinSequence(std::int64_t min_sequence) {
  if (min_sequence >= 0) return {};
  return InvalidField("min_sequence", "must be 0 or greater");
}

// The error of a reader that asked for more than is here yet.
inline std::unexpected<Error> NotYet(const std::string& what, std::int64_t sequence, std::int64_t min_sequence) {
  return Fail(Code::kUnavailable, what + " is at sequence " + std::to_string(sequence) + " here, " +
                                      std::to_string(min_sequence) + " was asked for; try again");
}

}  // namespace kimberlite::content
