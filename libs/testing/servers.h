#pragma once

#include <optional>
#include <string>

// The real servers that integration tests talk to. `./dev test` starts them and sets the variables; without them a
// test fails with a sentence that says so.
namespace kimberlite::testing {

// KIMBERLITE_TEST_POSTGRES_URL
std::string PostgresUrl();
// KIMBERLITE_TEST_REDIS_URL
std::string RedisUrl();
// KIMBERLITE_TEST_KAFKA_BROKERS; absent where Kafka cannot be had: its tests skip, and fail when CI=true.
std::optional<std::string> KafkaBrokers();

// A name that no other test uses, [a-z0-9_], starting with `prefix`.
std::string UniqueName(const std::string& prefix);

// A database of the test's own, dropped at the end.
class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;
  const std::string& url() const { return url_; }

 private:
  std::string name_;
  std::string url_;
};

}  // namespace kimberlite::testing
