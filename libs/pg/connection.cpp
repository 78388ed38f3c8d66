#include "libs/pg/connection.h"

#include <array>

#include "libs/base/text.h"

namespace kimberlite::pg {
namespace {

Code CodeOfSqlState(std::string_view state) {
  if (state.empty()) return Code::kUnavailable;  // the connection died before the server answered
  if (state == "23505") return Code::kAlreadyExists;
  if (state.starts_with("23")) return Code::kFailedPrecondition;
  if (state == "40001" || state == "40P01" || state == "55P03") return Code::kAborted;
  if (state == "57014") return Code::kDeadlineExceeded;
  if (state.starts_with("08") || state.starts_with("57P") || state.starts_with("53")) return Code::kUnavailable;
  if (state == "22021" || state == "22P05") return Code::kInvalidArgument;  // text that is not UTF-8, or NUL
  return Code::kInternal;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& url, const std::string& application_name,
                                                     int statement_timeout_ms) {
  // libpq's own words quote what it could not parse, and that may be the password.
  char* problem = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(url.c_str(), &problem);
  PQfreemem(problem);
  if (!parsed) {
    return Fail(Code::kInvalidArgument,
                "the PostgreSQL connection string cannot be parsed; see libpq's connection strings");
  }
  // Nor what it took for a host or a port, that is the tail of a password with an unescaped "@" or "/" in it.
  bool plausible = true;
  for (const PQconninfoOption* option = parsed; option->keyword; ++option) {
    const std::string_view keyword = option->keyword, value = option->val ? option->val : "";
    // An "@" in front names a socket in the abstract namespace.
    if (keyword == "host" && value.find('@', 1) != value.npos) plausible = false;
    if (keyword == "port" && value.find_first_not_of("0123456789, ") != value.npos) plausible = false;
  }
  PQconninfoFree(parsed);
  if (!plausible) {
    return Fail(Code::kInvalidArgument,
                "the PostgreSQL connection string names no possible host and port; in a URI, write special characters "
                "of the password as %XX");
  }
  const std::string options =
      "-c statement_timeout=" + std::to_string(statement_timeout_ms) +
      " -c idle_in_transaction_session_timeout=60000 -c TimeZone=UTC -c client_min_messages=warning";
  // dbname is expanded as a connection string; what follows it are defaults that it does not name.
  // The server's time-outs do not help when it is not heard any more: those of TCP do.
  const std::array<const char*, 10> keys = {
      "fallback_application_name", "options",          "connect_timeout",  "client_encoding", "keepalives_idle",
      "keepalives_interval",       "keepalives_count", "tcp_user_timeout", "dbname",          nullptr};
  const std::array<const char*, 10> values = {
      application_name.c_str(), options.c_str(), "5", "UTF8", "10", "5", "3", "10000", url.c_str(), nullptr};
  PGconn* raw = PQconnectdbParams(keys.data(), values.data(), 1);
  std::unique_ptr<Connection> connection(new Connection(raw));
  if (!connection->healthy()) {
    return Fail(Code::kUnavailable, "cannot connect to PostgreSQL: " + std::string(TrimAscii(PQerrorMessage(raw))));
  }
  return connection;
}

Error Connection::ErrorOf(const PGresult* result) const {
  const char* state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  const char* primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  const char* constraint = result ? PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) : nullptr;
  std::string message = "PostgreSQL: ";
  message += primary ? primary : std::string(TrimAscii(PQerrorMessage(connection_.get())));
  if (constraint) message += " (constraint " + std::string(constraint) + ")";
  if (state) message += " [" + std::string(state) + "]";
  return Error(CodeOfSqlState(state ? state : ""), std::move(message));
}

Result<Rows> Connection::Query(std::string_view sql, const Params& params) {
  std::vector<const char*> values;
  values.reserve(params.values().size());
  for (const auto& value : params.values()) {
    if (value && value->find('\0') != std::string::npos) {
      return Fail(Code::kInvalidArgument, "text for PostgreSQL must not contain NUL");
    }
    values.push_back(value ? value->c_str() : nullptr);
  }
  std::string text(sql);
  auto known = prepared_.find(text);
  if (known == prepared_.end()) {
    const std::string name = "s" + std::to_string(prepared_.size());
    const ResultHandle prepared(PQprepare(connection_.get(), name.c_str(), text.c_str(), 0, nullptr));
    if (PQresultStatus(prepared.result) != PGRES_COMMAND_OK) return std::unexpected(ErrorOf(prepared.result));
    known = prepared_.emplace(std::move(text), name).first;
  }
  auto handle = std::make_shared<const ResultHandle>(PQexecPrepared(
      connection_.get(), known->second.c_str(), static_cast<int>(values.size()), values.data(), nullptr, nullptr, 0));
  const ExecStatusType status = PQresultStatus(handle->result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return std::unexpected(ErrorOf(handle->result));
  return Rows(std::move(handle));
}

Result<void> Connection::Commit() {
  const ResultHandle result(PQexec(connection_.get(), "COMMIT"));
  if (PQresultStatus(result.result) != PGRES_COMMAND_OK) return std::unexpected(ErrorOf(result.result));
  // The server answers the COMMIT of a failed transaction with success, and with another word.
  if (std::string_view(PQcmdStatus(result.result)) != "COMMIT") {
    return Fail(Code::kInternal, "a statement of the transaction had failed, so it was rolled back");
  }
  return {};
}

Result<void> Connection::Script(const std::string& sql) {
  const ResultHandle result(PQexec(connection_.get(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
    return std::unexpected(ErrorOf(result.result));
  }
  return {};
}

}  // namespace kimberlite::pg
