#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/base/id.h"
#include "libs/bus/delivery.h"
#include "libs/bus/metrics.h"
#include "libs/bus/outbox.h"
#include "libs/bus/postgres_log.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::bus {

std::string OutboxChannel(std::string_view schema);

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kLookEvery{1};
// From the order to stop.
constexpr std::chrono::seconds kDrain{3};
// Of payload in one batch, unless one event alone has more: what the bus takes well within its time-outs.
constexpr std::int64_t kBatchBytes = 4 << 20;
constexpr std::chrono::minutes kCleanEvery{1};

struct Unsent {
  std::vector<std::int64_t> ids;
  std::vector<Event> events;
};

}  // namespace

struct Relay::State {
  State(Options given, std::unique_ptr<Publisher> to)
      : options(std::move(given)),
        publisher(std::move(to)),
        // One connection, and so one session: the advisory lock belongs to it and is gone when it is.
        pool({.url = options.postgres_url, .connections = 1, .application_name = "kimberlite-relay " + options.schema}),
        table(options.schema + ".outbox"),
        listener(options.postgres_url, OutboxChannel(options.schema), [this](std::string_view) { Wake(); }),
        thread([this](std::stop_token stop) { Run(stop); }) {}

  void Wake() {
    const std::lock_guard lock(mutex);
    woken = true;
    changed.notify_one();
  }

  void WaitForWork(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, kLookEvery, [this] { return woken; });
    woken = false;
  }

  // However much is appended meanwhile.
  void Rest(const std::stop_token& stop, steady_clock::duration time) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, time, [] { return false; });
  }

  void Run(const std::stop_token& stop) {
    Backoff trouble;
    // Whether something that takes so long would end too late.
    const auto too_late = [&](steady_clock::duration time) {
      if (!stop.stop_requested() || steady_clock::now() + time < stop_time + kDrain) return false;
      telemetry::Warning("relay stopped before everything was sent", {{"schema", options.schema}});
      return true;
    };
    while (!too_late({})) {
      const auto begin = steady_clock::now();
      auto sent = Step();
      if (!sent) {
        // What is too large for a time-out gets through in parts.
        next_rows = std::max(1, next_rows / 2);
        next_bytes = std::max<std::int64_t>(1, next_bytes / 2);
        const auto took = steady_clock::now() - begin;
        const auto wait = trouble.Next();
        telemetry::Warning("events not relayed, will be tried again",
                           {{"schema", options.schema}, {"wait_ms", wait.count()}, {"error", sent.error().ToString()}});
        if (too_late(wait + took)) return;  // the next attempt will hardly take less time
        // The stop token would end this wait at once.
        Rest(stop.stop_requested() ? std::stop_token() : stop, wait);
        continue;
      }
      trouble.Reset();
      if (*sent > 0) {
        next_rows = std::min(options.batch, next_rows * 2);
        next_bytes = std::min(kBatchBytes, next_bytes * 2);
        continue;
      }
      if (stop.stop_requested()) return;
      if (leading) {
        WaitForWork(stop);
      } else {
        Rest(stop, kLookEvery);
      }
    }
  }

  // Sends one batch. How many; 0 also for a relay that stands by.
  Result<int> Step() {
    if (!leading) {
      KIMBERLITE_RETURN_IF_ERROR(TryLead());
      if (!leading) return 0;
    }
    if (steady_clock::now() >= next_clean) {
      KIMBERLITE_ASSIGN_OR_RETURN(const bool more, Clean());
      next_clean = steady_clock::now() + (more ? kLookEvery : kCleanEvery);
    }
    KIMBERLITE_ASSIGN_OR_RETURN(const std::optional<Unsent> batch, Read());
    if (!batch) {
      leading = false;
      telemetry::Warning("relay lost its lock with its connection", {{"schema", options.schema}});
      return 0;
    }
    if (steady_clock::now() >= next_count) {
      KIMBERLITE_RETURN_IF_ERROR(Count());
      next_count = steady_clock::now() + kLookEvery;
    }
    if (batch->ids.empty()) return 0;
    if (auto published = publisher->Publish(batch->events); !published) {
      const Event& first = batch->events.front();
      return Fail(published.error().code(), published.error().message() + " (batch of " +
                                                std::to_string(batch->ids.size()) + " from event " + first.id + " of " +
                                                first.key + " sequence " + std::to_string(first.sequence) + ")");
    }
    KIMBERLITE_RETURN_IF_ERROR(Mark(batch->ids));
    return static_cast<int>(batch->ids.size());
  }

  Result<void> TryLead() {
    session = RandomHex(8);
    auto locked = pool.Write([&](pg::Transaction& transaction) {
      return transaction.Query(
          "SELECT pg_try_advisory_lock(hashtextextended('kimberlite.relay.' || $1, 0)) AS locked,"
          " set_config('kimberlite.relay', $2, false)",
          pg::Params(options.schema, session));
    });
    if (!locked) return std::unexpected(std::move(locked).error());
    leading = (*locked)[0].Bool("locked");
    if (leading) telemetry::Info("relay at work", {{"schema", options.schema}});
    return {};
  }

  // Unsent events in the order in which they were written. Writers of one key follow each other under the aggregate's
  // lock, so that is also the order of each key's sequence. Not by a cursor: a transaction that commits late is found
  // when it is there. Absent when the session is no longer the one that took the lock.
  Result<std::optional<Unsent>> Read() {
    return pool.Read([&](pg::Transaction& transaction) -> Result<std::optional<Unsent>> {
      // As many as fit: bodies are large, and what one round carries is in memory several times over.
      const std::string columns =
          "id, topic, key, event_id, type, source, event_time, sequence, traceparent, headers, payload";
      auto rows = transaction.Query(
          "SELECT l.leading, o.id, o.topic, o.key, o.event_id, o.type, o.source, o.event_time, o.sequence,"
          " o.traceparent, o.headers, o.payload"
          " FROM (SELECT coalesce(current_setting('kimberlite.relay', true), '') = $1 AS leading) AS l"
          " LEFT JOIN (SELECT " +
              columns + " FROM (SELECT " + columns +
              ", sum(octet_length(payload)) OVER (ORDER BY id) AS bytes, row_number() OVER (ORDER BY id) AS place"
              " FROM (SELECT " +
              columns + " FROM " + table +
              " WHERE sent_time IS NULL ORDER BY id LIMIT $2) AS oldest) AS sized WHERE place = 1 OR bytes <= $3) AS o"
              " ON l.leading ORDER BY o.id",
          pg::Params(session, next_rows, next_bytes));
      if (!rows) return std::unexpected(std::move(rows).error());
      if (!(*rows)[0].Bool("leading")) return std::optional<Unsent>();
      Unsent unsent;
      for (const pg::Row row : *rows) {
        if (row.IsNull("id")) break;
        unsent.ids.push_back(row.Int("id"));
        Event& event = unsent.events.emplace_back();
        event.topic = row.String("topic");
        event.key = row.String("key");
        event.id = row.String("event_id");
        event.type = row.String("type");
        event.source = row.String("source");
        event.time = row.Instant("event_time");
        event.sequence = row.Int("sequence");
        event.traceparent = row.String("traceparent");
        event.headers = ReadHeaders(row.Strings("headers"));
        event.payload = row.Bytes("payload");
      }
      return unsent;
    });
  }

  Result<void> Mark(const std::vector<std::int64_t>& ids) {
    return pool.Write([&](pg::Transaction& transaction) -> Result<void> {
      // A mark that a crash of the server loses costs a repetition; it need not wait for the disk.
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query("UPDATE " + table +
                                                       " SET sent_time = clock_timestamp() WHERE id = ANY ($1)"
                                                       " RETURNING set_config('synchronous_commit', 'off', true)",
                                                   pg::Params(ids)));
      return {};
    });
  }

  Result<void> Count() {
    return pool.Read([&](pg::Transaction& transaction) -> Result<void> {
      auto rows = transaction.Query(
          "SELECT count(*) AS unsent, coalesce(extract(epoch FROM clock_timestamp() - min(created_time)), 0)::float8 "
          "AS age"
          " FROM (SELECT created_time FROM " +
          table + " WHERE sent_time IS NULL ORDER BY id LIMIT 10000) AS o");
      if (!rows) return std::unexpected(std::move(rows).error());
      metrics::Outbox(options.schema, (*rows)[0].Int("unsent"), (*rows)[0].Double("age"));
      return {};
    });
  }

  // Deletes what is past its time, a bounded number; whether there may be more.
  Result<bool> Clean() {
    constexpr int kBatch = 1000;
    bool more = false;
    const std::string statements[] = {
        "DELETE FROM " + table + " WHERE id = ANY (ARRAY(SELECT id FROM " + table +
            " WHERE sent_time < clock_timestamp() - interval '1 day' ORDER BY sent_time LIMIT $1))",
        "DELETE FROM " + options.schema + ".inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM " + options.schema +
            ".inbox WHERE seen_time < clock_timestamp() - interval '7 days' ORDER BY seen_time LIMIT $1))"};
    for (const std::string& statement : statements) {
      KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows deleted, pool.Write([&](pg::Transaction& transaction) {
        return transaction.Query(statement, pg::Params(kBatch));
      }));
      more = more || deleted.affected() == kBatch;
    }
    return more;
  }

  const Options options;
  const std::unique_ptr<Publisher> publisher;
  pg::Pool pool;
  const std::string table;
  steady_clock::time_point stop_time{};  // set before the thread is told to stop

  // The relay's thread only.
  bool leading = false;
  std::string session;
  int next_rows = options.batch;  // limits of the next batch: halved by a failure, doubled by a success
  std::int64_t next_bytes = kBatchBytes;
  steady_clock::time_point next_clean{};
  steady_clock::time_point next_count{};

  std::mutex mutex;
  std::condition_variable_any changed;
  bool woken = false;
  pg::Listener listener;
  std::jthread thread;  // last: it uses everything above
};

Relay::Relay(Options options, std::unique_ptr<Publisher> publisher)
    : state_(std::make_unique<State>(std::move(options), std::move(publisher))) {}

Relay::~Relay() {
  state_->stop_time = steady_clock::now();
  state_->thread.request_stop();
  state_->thread.join();
}

}  // namespace kimberlite::bus
