#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"

// PostgreSQL through libpq. No exceptions; every statement is prepared once per connection and kept.
namespace kimberlite::pg {

// Parameters $1, $2, … of a statement, in text form. PostgreSQL infers their types.
class Params {
 public:
  Params() = default;
  template <typename... Values>
  explicit Params(const Values&... values) {
    (Add(values), ...);
  }

  Params& Add(std::string_view value);  // must not contain NUL; valid UTF-8 is checked by the server
  Params& Add(const char* value) { return Add(std::string_view(value)); }
  Params& Add(const std::string& value) { return Add(std::string_view(value)); }
  Params& Add(std::int64_t value);
  Params& Add(int value) { return Add(static_cast<std::int64_t>(value)); }
  Params& Add(bool value);
  Params& Add(double value);
  Params& Add(Time value);
  Params& Add(std::nullopt_t);
  Params& Add(const std::vector<std::string>& values);   // text[]
  Params& Add(const std::vector<std::int64_t>& values);  // bigint[]
  Params& AddBytes(std::string_view bytes);              // bytea
  template <typename T>
  Params& Add(const std::optional<T>& value) {
    return value ? Add(*value) : Add(std::nullopt);
  }

  std::span<const std::optional<std::string>> values() const { return values_; }

 private:
  std::vector<std::optional<std::string>> values_;
};

struct ResultHandle;  // owns a PGresult

// One row of Rows; valid while its Rows lives. Columns are named as in the statement; a name that is not there, or a
// value that does not read as the asked type, is a broken invariant and aborts.
class Row {
 public:
  bool IsNull(std::string_view column) const;
  std::string_view Text(std::string_view column) const;  // NULL reads as empty
  std::string String(std::string_view column) const { return std::string(Text(column)); }
  std::int64_t Int(std::string_view column) const;
  bool Bool(std::string_view column) const;
  double Double(std::string_view column) const;
  Time Instant(std::string_view column) const;  // timestamptz
  std::optional<Time> OptionalInstant(std::string_view column) const;
  std::string Bytes(std::string_view column) const;                 // bytea
  std::vector<std::string> Strings(std::string_view column) const;  // text[] without NULLs
  std::vector<std::int64_t> Ints(std::string_view column) const;    // bigint[] without NULLs

 private:
  friend class Rows;
  Row(const ResultHandle* handle, int index) : handle_(handle), index_(index) {}
  int Column(std::string_view column) const;
  const ResultHandle* handle_;
  int index_;
};

// What a statement returned.
class Rows {
 public:
  explicit Rows(std::shared_ptr<const ResultHandle> handle);
  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Row operator[](int index) const { return Row(handle_.get(), index); }
  // Rows that INSERT, UPDATE or DELETE touched.
  std::int64_t affected() const { return affected_; }

  class Iterator {
   public:
    Iterator(const Rows* rows, int index) : rows_(rows), index_(index) {}
    Row operator*() const { return (*rows_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Rows* rows_;
    int index_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }

 private:
  std::shared_ptr<const ResultHandle> handle_;
  int size_ = 0;
  std::int64_t affected_ = 0;
};

class Connection;

// A running transaction. Used by one thread.
class Transaction {
 public:
  // SQLSTATE becomes a code: unique_violation ALREADY_EXISTS, foreign_key and check violations FAILED_PRECONDITION,
  // serialization failures and deadlocks ABORTED, lost connections and shutdowns UNAVAILABLE, time-outs
  // DEADLINE_EXCEEDED, everything else INTERNAL.
  Result<Rows> Query(std::string_view sql, const Params& params = Params());

 private:
  friend class Pool;
  explicit Transaction(Connection& connection) : connection_(connection) {}
  Connection& connection_;
};

// A bounded pool of connections to one database. Safe for any thread.
class Pool {
 public:
  struct Options {
    std::string url;      // libpq connection string or URI
    int connections = 8;  // opened when first needed
    int statement_timeout_ms = 10'000;
    int wait_timeout_ms = 5'000;  // for a free connection; then RESOURCE_EXHAUSTED
    std::string application_name = "kimberlite";
  };
  explicit Pool(Options options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Runs `body(Transaction&)`, which returns a Result<T>, in one READ COMMITTED transaction: committed when it returns
  // a value, rolled back when it returns an error. A statement that failed cannot be passed over: the outcome is
  // INTERNAL when `body` returns a value all the same. Runs it again, up to 3 times in all, when the database aborted
  // it or the connection died before COMMIT was sent: `body` must have no effects but those of its statements. When the
  // connection dies during COMMIT the outcome is unknown: UNKNOWN, and only an idempotency key tells.
  template <typename Body>
  auto Write(Body&& body) -> std::invoke_result_t<Body&, Transaction&> {
    return Run<std::invoke_result_t<Body&, Transaction&>>("BEGIN", std::forward<Body>(body));
  }

  // The same in one READ ONLY, REPEATABLE READ transaction: all statements see one snapshot.
  template <typename Body>
  auto Read(Body&& body) -> std::invoke_result_t<Body&, Transaction&> {
    return Run<std::invoke_result_t<Body&, Transaction&>>("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                                                          std::forward<Body>(body));
  }

  const Options& options() const { return options_; }

 private:
  template <typename R, typename Body>
  R Run(const char* begin, Body&& body) {
    std::optional<R> outcome;
    const std::function<Result<void>(Transaction&)> step = [&](Transaction& transaction) -> Result<void> {
      outcome.emplace(body(transaction));
      if (!*outcome) return std::unexpected(outcome->error());
      return {};
    };
    if (auto done = RunTransaction(begin, step); !done) return std::unexpected(std::move(done).error());
    return std::move(*outcome);
  }
  Result<void> RunTransaction(const char* begin, const std::function<Result<void>(Transaction&)>& body);
  Result<std::unique_ptr<Connection>> Acquire();
  void Release(std::unique_ptr<Connection> connection);

  struct State;
  Options options_;
  std::unique_ptr<State> state_;
};

// Waits for NOTIFY on a channel. A thread of its own; reconnects by itself.
class Listener {
 public:
  // `on_notify(payload)` runs on the listener's thread, once per notification, and once with an empty payload after
  // each (re)connection, since notifications may have been missed. It must not block for long.
  Listener(std::string url, std::string channel, std::function<void(std::string_view payload)> on_notify);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One file of a service's migrations/ folder.
struct Migration {
  std::string_view name;  // "0001_create_articles.sql"
  std::string_view sql;
};

// Creates `schema` when missing and applies, in order of name, what is not yet applied, each in one transaction with
// its record in <schema>.migrations. Holds an advisory lock, so replicas may start at once. FAILED_PRECONDITION when
// the text of an applied migration has changed. Returns how many were applied. Statements run with search_path =
// schema.
Result<int> Migrate(const std::string& url, std::string_view schema, std::span<const Migration> migrations);

}  // namespace kimberlite::pg
