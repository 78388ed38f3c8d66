#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "libs/base/error.h"
#include "libs/pg/pg.h"

namespace kimberlite::pg {

struct ResultHandle {
  explicit ResultHandle(PGresult* result) : result(result) {}
  ~ResultHandle() { PQclear(result); }
  ResultHandle(const ResultHandle&) = delete;
  PGresult* result;
};

// One libpq connection. Used by one thread at a time.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open(const std::string& url, const std::string& application_name,
                                                  int statement_timeout_ms);

  // One statement, prepared the first time that its text is seen.
  Result<Rows> Query(std::string_view sql, const Params& params);
  // Any number of statements without parameters.
  Result<void> Script(const std::string& sql);

  // INTERNAL when the transaction had failed before, and was rolled back.
  Result<void> Commit();

  bool healthy() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
  PGconn* raw() const { return connection_.get(); }

 private:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  explicit Connection(PGconn* connection) : connection_(connection) {}
  Error ErrorOf(const PGresult* result) const;

  std::unique_ptr<PGconn, Closer> connection_;
  std::unordered_map<std::string, std::string> prepared_;  // statement text to name
};

}  // namespace kimberlite::pg
