#include <chrono>
#include <condition_variable>
#include <mutex>

#include "libs/pg/connection.h"

namespace kimberlite::pg {

struct Pool::State {
  std::mutex mutex;
  std::condition_variable freed;
  std::vector<std::unique_ptr<Connection>> idle;
  int in_use = 0;
};

Pool::Pool(Options options) : options_(std::move(options)), state_(std::make_unique<State>()) {}
Pool::~Pool() = default;

Result<std::unique_ptr<Connection>> Pool::Acquire() {
  {
    std::unique_lock lock(state_->mutex);
    const bool free = state_->freed.wait_for(lock, std::chrono::milliseconds(options_.wait_timeout_ms),
                                             [&] { return state_->in_use < options_.connections; });
    if (!free) {
      return Fail(Code::kResourceExhausted,
                  "all " + std::to_string(options_.connections) + " database connections are busy; try again later");
    }
    ++state_->in_use;
    if (!state_->idle.empty()) {
      auto connection = std::move(state_->idle.back());
      state_->idle.pop_back();
      return connection;
    }
  }
  auto opened = Connection::Open(options_.url, options_.application_name, options_.statement_timeout_ms);
  if (!opened) Release(nullptr);
  return opened;
}

void Pool::Release(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(state_->mutex);
  --state_->in_use;
  if (connection && connection->healthy()) {
    state_->idle.push_back(std::move(connection));
  } else {
    // When one connection died the server probably restarted: the idle ones are dead too.
    state_->idle.clear();
  }
  state_->freed.notify_one();
}

Result<Rows> Transaction::Query(std::string_view sql, const Params& params) { return connection_.Query(sql, params); }

Result<void> Pool::RunTransaction(const char* begin, const std::function<Result<void>(Transaction&)>& body) {
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    auto acquired = Acquire();
    if (!acquired) return std::unexpected(std::move(acquired).error());
    std::unique_ptr<Connection> connection = std::move(*acquired);

    bool committing = false;
    bool reusable = true;
    Result<void> outcome = connection->Script(begin);
    if (outcome) {
      Transaction transaction(*connection);
      outcome = body(transaction);
      if (outcome) {
        committing = true;
        outcome = connection->Commit();
      } else if (connection->healthy()) {
        // A connection whose ROLLBACK fails is closed, which ends the transaction as well.
        if (!connection->Script("ROLLBACK")) reusable = false;
      }
    }
    const bool lost = !connection->healthy();
    Release(reusable ? std::move(connection) : nullptr);
    if (outcome) return {};
    if (committing && lost) {
      return Fail(Code::kUnknown,
                  "the connection to PostgreSQL died during COMMIT: whether the change was made is not "
                  "known; repeat it with the same idempotency key");
    }
    const bool aborted =
        outcome.error().code() == Code::kAborted && outcome.error().message().starts_with("PostgreSQL:");
    if ((aborted || lost) && attempt < kAttempts) continue;
    return outcome;
  }
}

}  // namespace kimberlite::pg
