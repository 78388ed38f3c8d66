#include <algorithm>

#include "libs/base/id.h"
#include "libs/pg/connection.h"

namespace kimberlite::pg {

Result<int> Migrate(const std::string& url, std::string_view schema, std::span<const Migration> migrations) {
  // Building an index on a full table may take long: no statement time-out.
  auto opened = Connection::Open(url, "kimberlite-migrate", 0);
  if (!opened) return std::unexpected(std::move(opened).error());
  Connection& connection = **opened;
  const std::string name(schema);

  // Released when the connection closes, however this function ends.
  auto locked = connection.Query("SELECT pg_advisory_lock(hashtext('kimberlite.migrate.' || $1))", Params(name));
  if (!locked) return std::unexpected(std::move(locked).error());
  KIMBERLITE_RETURN_IF_ERROR(
      connection.Script("CREATE SCHEMA IF NOT EXISTS " + name + "; SET search_path = " + name +
                        "; CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, digest text NOT NULL,"
                        " applied_time timestamptz NOT NULL DEFAULT now())"));

  std::vector<Migration> ordered(migrations.begin(), migrations.end());
  std::ranges::sort(ordered, {}, &Migration::name);
  int applied = 0;
  for (const Migration& migration : ordered) {
    const std::string digest = Sha256Hex(migration.sql);
    auto known = connection.Query("SELECT digest FROM migrations WHERE name = $1", Params(migration.name));
    if (!known) return std::unexpected(std::move(known).error());
    if (!known->empty()) {
      if ((*known)[0].Text("digest") != digest) {
        return Fail(Code::kFailedPrecondition, "migration " + name + "/" + std::string(migration.name) +
                                                   " was changed after it was applied; add a new one instead");
      }
      continue;
    }
    // COMMIT comes in the same script: a failing statement leaves the transaction open and the connection closes it.
    const std::string record =
        "INSERT INTO migrations (name, digest) VALUES ('" + std::string(migration.name) + "', '" + digest + "')";
    auto done = connection.Script("BEGIN;\n" + std::string(migration.sql) + "\n;" + record + "; COMMIT");
    if (!done) {
      return Fail(done.error().code(),
                  "migration " + name + "/" + std::string(migration.name) + ": " + done.error().message());
    }
    ++applied;
  }
  return applied;
}

}  // namespace kimberlite::pg
