#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/act.h"
#include "services/content/core/rules.h"

// A write that carries an idempotency key happens once: its answer is stored in the transaction that makes it.
namespace kimberlite::content {

// Takes the key for this transaction. A value: the answer of the same request made before. Waits for another
// transaction that holds the key. INVALID_ARGUMENT when the key belongs to another request.
Result<std::optional<std::string>> ClaimKey(pg::Transaction& transaction, const std::string& key,
                                            const google::protobuf::Message& request, Time now);
Result<void> KeepAnswer(pg::Transaction& transaction, const std::string& key,
                        const google::protobuf::Message& response);

// Runs `body` in one transaction. With a key in the request, once: a repetition by the same actor gets the first one's
// answer. Errors are not kept, since what they met may be mended.
template <typename Response, typename Request>
Result<Response> WriteOnce(pg::Pool& pool, const Request& request, const Act& act,
                           const std::function<Result<Response>(pg::Transaction&)>& body) {
  KIMBERLITE_RETURN_IF_ERROR(CheckIdempotencyKey(request.idempotency_key()));
  if (request.idempotency_key().empty()) return pool.Write(body);
  // Each caller has keys of its own. Names of callers hold no space.
  const std::string key = act.actor + ' ' + request.idempotency_key();
  return pool.Write([&](pg::Transaction& transaction) -> Result<Response> {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::optional<std::string> earlier,
                                ClaimKey(transaction, key, request, act.time));
    Response response;
    if (earlier) {
      if (!response.ParseFromString(*earlier))
        return Fail(Code::kDataLoss, "the stored answer of this key cannot be read");
      return response;
    }
    KIMBERLITE_ASSIGN_OR_RETURN(response, body(transaction));
    KIMBERLITE_RETURN_IF_ERROR(KeepAnswer(transaction, key, response));
    return response;
  });
}

// Deletes keys older than 7 days, up to `count`; how many that were.
Result<std::int64_t> SweepKeys(pg::Transaction& transaction, Time now, int count);

}  // namespace kimberlite::content
