#include "services/content/adapters/sweeper.h"

#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/pg_change_log.h"
#include "services/content/adapters/pg_idempotency.h"
#include "services/content/adapters/pg_withdrawals.h"

namespace kimberlite::content {
namespace {

constexpr int kBatch = 1000;

}  // namespace

Sweeper::Sweeper(pg::Pool& pool, const Clock& clock, std::chrono::days changes_kept)
    : pool_(pool),
      clock_(clock),
      changes_kept_(changes_kept),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Sweeper::~Sweeper() {
  thread_.request_stop();
  wake_.notify_all();
}

Result<std::int64_t> Sweeper::Sweep(const std::stop_token& stop) {
  const Time now = clock_.Now();
  const auto keys = [&](pg::Transaction& transaction) { return SweepKeys(transaction, now, kBatch); };
  const auto withdrawals = [&](pg::Transaction& transaction) { return SweepWithdrawals(transaction, now, kBatch); };
  const auto changes = [&](pg::Transaction& transaction) {
    return ForgetChanges(transaction, now - changes_kept_, kBatch);
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
  KIMBERLITE_RETURN_IF_ERROR(sweep(changes));
  return deleted;
}

void Sweeper::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const auto deleted = Sweep(stop); !deleted) {
      telemetry::Warning("could not delete what is old enough, will be tried again",
                         {{"error", deleted.error().ToString()}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, std::chrono::hours(1), [] { return false; });
  }
}

}  // namespace kimberlite::content
