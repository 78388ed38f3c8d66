#include "libs/pg/pg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/testing/servers.h"

namespace kimberlite::pg {
namespace {

using ::testing::ElementsAre;

class PgTest : public ::testing::Test {
 protected:
  template <typename... Values>
  Result<Rows> Query(std::string_view sql, const Values&... values) {
    return pool_.Write([&](Transaction& transaction) { return transaction.Query(sql, Params(values...)); });
  }
  testing::TestDatabase database_;
  Pool pool_{{.url = database_.url(), .connections = 4, .wait_timeout_ms = 200}};
};

TEST_F(PgTest, RoundTripsEveryKindOfValue) {
  const Time time = *ParseRfc3339("2026-11-24T09:30:00.000001Z");
  const std::vector<std::string> strings = {"plain", "with \"quotes\" and \\", "Өлүөнэ, {тыа}", "", "NULL"};
  const std::string bytes("\x00\xff\x7f", 3);
  const auto rows = pool_.Write([&](Transaction& transaction) {
    return transaction.Query(
        "SELECT $1::text AS t, $2::bigint AS i, $3::bool AS b, $4::float8 AS d, $5::timestamptz AS at, $6::text[] AS "
        "ts,"
        " $7::bigint[] AS is, $8::bytea AS raw, $9::text AS nothing",
        Params("сонун", std::int64_t{1} << 60, true, 0.1, time, strings, std::vector<std::int64_t>{1, -2})
            .AddBytes(bytes)
            .Add(std::nullopt));
  });
  ASSERT_TRUE(rows) << rows.error().ToString();
  const Row row = (*rows)[0];
  EXPECT_EQ(row.Text("t"), "сонун");
  EXPECT_EQ(row.Int("i"), std::int64_t{1} << 60);
  EXPECT_TRUE(row.Bool("b"));
  EXPECT_EQ(row.Double("d"), 0.1);
  EXPECT_EQ(row.Instant("at"), time);
  EXPECT_EQ(row.Strings("ts"), strings);
  EXPECT_THAT(row.Ints("is"), ElementsAre(1, -2));
  EXPECT_EQ(row.Bytes("raw"), bytes);
  EXPECT_TRUE(row.IsNull("nothing"));
}

TEST_F(PgTest, AnErrorRollsBackAndNamesTheConstraint) {
  ASSERT_TRUE(Query("CREATE TABLE t (id int CONSTRAINT t_key PRIMARY KEY)"));
  ASSERT_TRUE(Query("INSERT INTO t VALUES (1)"));
  const auto outcome = pool_.Write([&](Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("INSERT INTO t VALUES (2)"));
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("INSERT INTO t VALUES (1)"));
    return {};
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), Code::kAlreadyExists);
  EXPECT_THAT(outcome.error().message(), ::testing::HasSubstr("t_key"));
  EXPECT_EQ((*Query("SELECT count(*) AS n FROM t"))[0].Int("n"), 1);
}

TEST_F(PgTest, AFailureThatTheBodySwallowsIsNoCommit) {
  ASSERT_TRUE(Query("CREATE TABLE t (id int)"));
  const auto outcome = pool_.Write([&](Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("INSERT INTO t VALUES (1)"));
    EXPECT_FALSE(transaction.Query("SELECT 1 / 0"));
    return {};
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), Code::kInternal);
  EXPECT_EQ((*Query("SELECT count(*) AS n FROM t"))[0].Int("n"), 0);
}

TEST_F(PgTest, AConnectionStringThatDoesNotParseIsNotShown) {
  for (const char* url : {"postgres://me:hu%sh@nowhere/x", "postgre://me:hush@nowhere/x?sslmode=off",
                          "password=hush ==", "postgres://me:x@hush@nowhere/x", "postgres://me:hush/x@nowhere/x"}) {
    Pool nowhere({.url = url});
    const auto outcome = nowhere.Read([](Transaction& transaction) { return transaction.Query("SELECT 1"); });
    ASSERT_FALSE(outcome) << url;
    EXPECT_EQ(outcome.error().code(), Code::kInvalidArgument) << url;
    EXPECT_EQ(outcome.error().message().find("hu"), std::string::npos) << outcome.error().message();
  }
}

TEST_F(PgTest, RunsAgainWhenTheConnectionDiedBeforeCommit) {
  ASSERT_TRUE(Query("CREATE TABLE t (id int)"));
  int runs = 0;
  const auto outcome = pool_.Write([&](Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("INSERT INTO t VALUES (1)"));
    if (++runs == 1) {
      auto killed = transaction.Query("SELECT pg_terminate_backend(pg_backend_pid())");
      if (!killed) return std::unexpected(killed.error());
    }
    return {};
  });
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ((*Query("SELECT count(*) AS n FROM t"))[0].Int("n"), 1);
}

TEST_F(PgTest, TellsWhenAllConnectionsAreBusy) {
  Pool small({.url = database_.url(), .connections = 1, .wait_timeout_ms = 20});
  const auto outcome = small.Read([&](Transaction&) -> Result<void> {
    auto inner = small.Read([&](Transaction& transaction) { return transaction.Query("SELECT 1"); });
    EXPECT_FALSE(inner);
    return inner ? Result<void>() : std::unexpected(inner.error());
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), Code::kResourceExhausted);
}

TEST_F(PgTest, RefusesNulAndMalformedUtf8WithoutHarm) {
  EXPECT_EQ(Query("SELECT $1::text", std::string("a\0b", 3)).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(Query("SELECT $1::text", std::string("\xff")).error().code(), Code::kInvalidArgument);
  EXPECT_TRUE(Query("SELECT 1"));
}

TEST_F(PgTest, UnreachableServerIsUnavailable) {
  Pool nowhere({.url = "host=/nonexistent dbname=x"});
  const auto outcome = nowhere.Read([](Transaction& transaction) { return transaction.Query("SELECT 1"); });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), Code::kUnavailable);
}

TEST_F(PgTest, ListenerHearsNotifications) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> heard;
  Listener listener(database_.url(), "news", [&](std::string_view payload) {
    const std::lock_guard lock(mutex);
    heard.emplace_back(payload);
    changed.notify_all();
  });
  const auto wait_for = [&](std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return heard.size() >= count; });
  };
  ASSERT_TRUE(wait_for(1));
  ASSERT_TRUE(Query("SELECT pg_notify('news', 'published')"));
  ASSERT_TRUE(wait_for(2));
  EXPECT_THAT(heard, ElementsAre("", "published"));
}

TEST_F(PgTest, MigratesOnceAndRefusesChangedHistory) {
  const Migration first[] = {{"0001_a.sql", "CREATE TABLE a (id int); INSERT INTO a VALUES (1)"}};
  EXPECT_EQ(*Migrate(database_.url(), "news", first), 1);
  EXPECT_EQ(*Migrate(database_.url(), "news", first), 0);
  EXPECT_EQ((*Query("SELECT count(*) AS n FROM news.a"))[0].Int("n"), 1);
  const Migration changed[] = {{"0001_a.sql", "CREATE TABLE a (id bigint)"}};
  EXPECT_EQ(Migrate(database_.url(), "news", changed).error().code(), Code::kFailedPrecondition);
}

TEST_F(PgTest, AFailingMigrationLeavesNothingBehind) {
  const Migration bad[] = {{"0001_a.sql", "CREATE TABLE a (id int); SELECT broken"}};
  EXPECT_FALSE(Migrate(database_.url(), "news", bad));
  EXPECT_TRUE((*Query("SELECT to_regclass('news.a') IS NULL AS gone"))[0].Bool("gone"));
}

TEST_F(PgTest, ReplicasMayMigrateAtOnce) {
  const Migration one[] = {{"0001_a.sql", "CREATE TABLE a (id int)"}};
  std::atomic<int> applied = 0;
  {
    std::vector<std::jthread> replicas;
    for (int i = 0; i < 4; ++i) {
      replicas.emplace_back([&] {
        const auto count = Migrate(database_.url(), "news", one);
        ASSERT_TRUE(count) << count.error().ToString();
        applied += *count;
      });
    }
  }
  EXPECT_EQ(applied, 1);
}

}  // namespace
}  // namespace kimberlite::pg
