#include "services/content/adapters/pg_idempotency.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "libs/base/id.h"
#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/pg_withdrawals.h"

namespace kimberlite::content {
namespace {

constexpr std::chrono::hours kKept{7 * 24};
constexpr int kBatch = 1000;

// The request's name and its bytes, in which the same maps stand in the same order.
std::string DigestOf(const google::protobuf::Message& request) {
  std::string bytes = request.GetDescriptor()->full_name() + '\n';
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return Sha256Hex(bytes);
}

}  // namespace

Result<std::optional<std::string>> ClaimKey(pg::Transaction& transaction, const std::string& key,
                                            const google::protobuf::Message& request, Time now) {
  const std::string digest = DigestOf(request);
  // Waits for a transaction that has inserted the key and not yet ended.
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows claimed,
      transaction.Query("INSERT INTO content.idempotency (key, request_digest, created_time) VALUES ($1, $2, $3)"
                        " ON CONFLICT (key) DO NOTHING",
                        pg::Params(key, digest, now)));
  if (claimed.affected() == 1) return std::nullopt;
  KIMBERLITE_ASSIGN_OR_RETURN(
      const pg::Rows known,
      transaction.Query("SELECT request_digest, response FROM content.idempotency WHERE key = $1", pg::Params(key)));
  // Swept between the two statements.
  if (known.empty()) return Fail(Code::kUnavailable, "the idempotency key has just expired; try again");
  if (known[0].Text("request_digest") != digest) {
    return InvalidField("idempotency_key", "must not be used again for another request");
  }
  return known[0].Bytes("response");
}

Result<void> KeepAnswer(pg::Transaction& transaction, const std::string& key,
                        const google::protobuf::Message& response) {
  KIMBERLITE_RETURN_IF_ERROR(transaction.Query("UPDATE content.idempotency SET response = $2 WHERE key = $1",
                                               pg::Params(key).AddBytes(response.SerializeAsString())));
  return {};
}

IdempotencySweeper::IdempotencySweeper(pg::Pool& pool, const Clock& clock)
    : pool_(pool), clock_(clock), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

IdempotencySweeper::~IdempotencySweeper() {
  thread_.request_stop();
  wake_.notify_all();
}

Result<std::int64_t> IdempotencySweeper::Sweep(const std::stop_token& stop) {
  const auto keys = [&](pg::Transaction& transaction) -> Result<std::int64_t> {
    KIMBERLITE_ASSIGN_OR_RETURN(
        const pg::Rows batch,
        transaction.Query(
            "DELETE FROM content.idempotency WHERE key IN (SELECT key FROM content.idempotency WHERE created_time < $1"
            " ORDER BY created_time LIMIT $2 FOR UPDATE SKIP LOCKED)",
            pg::Params(clock_.Now() - kKept, kBatch)));
    return batch.affected();
  };
  const auto withdrawals = [&](pg::Transaction& transaction) {
    return SweepWithdrawals(transaction, clock_.Now(), kBatch);
  };
  std::int64_t deleted = 0;
  const auto sweep = [&](const auto& batch) -> Result<void> {
    while (!stop.stop_requested()) {
      KIMBERLITE_ASSIGN_OR_RETURN(const std::int64_t rows, pool_.Write(batch));
      deleted += rows;
      if (rows < kBatch) break;
    }
    return {};
  };
  KIMBERLITE_RETURN_IF_ERROR(sweep(keys));
  KIMBERLITE_RETURN_IF_ERROR(sweep(withdrawals));
  return deleted;
}

void IdempotencySweeper::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const auto deleted = Sweep(stop); !deleted) {
      telemetry::Warning("could not delete old idempotency keys", {{"error", deleted.error().ToString()}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, std::chrono::hours(1), [] { return false; });
  }
}

}  // namespace kimberlite::content
