#include "libs/testing/servers.h"

#include <cstdio>
#include <cstdlib>

#include "libs/base/id.h"
#include "libs/pg/connection.h"

namespace kimberlite::testing {
namespace {

std::string Required(const char* variable) {
  const char* value = std::getenv(variable);
  if (!value || !*value) {
    std::fprintf(stderr, "%s is not set: integration tests run by ./dev test, which starts the servers\n", variable);
    std::exit(1);
  }
  return value;
}

// CREATE and DROP DATABASE do not run inside a transaction.
void Administer(const std::string& statement) {
  auto connection = pg::Connection::Open(PostgresUrl(), "kimberlite-test", 30'000);
  if (!connection) {
    std::fprintf(stderr, "%s\n", connection.error().ToString().c_str());
    std::exit(1);
  }
  if (auto done = (*connection)->Script(statement); !done) {
    std::fprintf(stderr, "%s: %s\n", statement.c_str(), done.error().ToString().c_str());
    std::exit(1);
  }
}

}  // namespace

std::string PostgresUrl() { return Required("KIMBERLITE_TEST_POSTGRES_URL"); }
std::string RedisUrl() { return Required("KIMBERLITE_TEST_REDIS_URL"); }

std::optional<std::string> KafkaBrokers() {
  const char* value = std::getenv("KIMBERLITE_TEST_KAFKA_BROKERS");
  if (value && *value) return value;
  const char* ci = std::getenv("CI");
  if (ci && std::string(ci) == "true") return Required("KIMBERLITE_TEST_KAFKA_BROKERS");
  return std::nullopt;
}

std::string UniqueName(const std::string& prefix) { return prefix + "_" + RandomHex(6); }

TestDatabase::TestDatabase() : name_(UniqueName("test")) {
  Administer("CREATE DATABASE " + name_ + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'");
  // The connection string may be a URI or key=value pairs; in both a later dbname wins.
  const std::string url = PostgresUrl();
  if (url.starts_with("postgres")) {
    const std::size_t query = url.find('?');
    url_ = url + (query == std::string::npos ? "?" : "&") + "dbname=" + name_;
  } else {
    url_ = url + " dbname=" + name_;
  }
}

TestDatabase::~TestDatabase() { Administer("DROP DATABASE " + name_ + " WITH (FORCE)"); }

}  // namespace kimberlite::testing
