// Items taken in from end to end: the whole service with its stores, its outbox and the embedded bus on a real
// PostgreSQL, fed by a web server of this program. From the first poll until every event is on the bus.
//
// KIMBERLITE_TEST_POSTGRES_URL names the server; `./dev bench ingest` starts one. Exit code 1 when the aim is missed.

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "libs/http/tests/tiny_server.h"
#include "libs/telemetry/telemetry.h"
#include "libs/testing/servers.h"
#include "services/ingest/app.h"

namespace {

using namespace kimberlite;
using namespace kimberlite::ingest;
using std::chrono::steady_clock;

constexpr int kFeeds = 150;
constexpr int kItems = 100;
constexpr int kRounds = 3;
constexpr double kAim = 1500;  // items a second on two cores

std::string Article(int feed, int item) {
  // Words that differ from item to item, so that no two are taken for one story.
  std::string html;
  unsigned state = static_cast<unsigned>(feed * 1000 + item) * 2654435761U + 1;
  for (int paragraph = 0; paragraph < 5; ++paragraph) {
    html += "<p>";
    for (int word = 0; word < 28; ++word) {
      state = state * 1664525U + 1013904223U;
      html += fmt::format("слово{} ", state >> 20);
    }
    html += fmt::format("<a href=\"/more/{0}?utm_source=rss\">ещё {0}</a></p>", item);
  }
  return html;
}

std::string Document(int feed, int round) {
  std::string rss = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>T</title><language>ru</language>";
  for (int i = 0; i < kItems; ++i) {
    rss += fmt::format(
        "<item><title>Новость {0} ленты {1} круга "
        "{3}</title><link>https://wire.example/{1}/{3}/{0}</link><guid>{1}-{3}-{0}</guid>"
        "<pubDate>Tue, 24 Nov 2026 10:{2:02}:00 +0900</pubDate><category>Экономика</category><author>a@b.example (Анна)"
        "</author><description><![CDATA[{4}]]></description></item>",
        i, feed, i % 60, round, Article(feed + 1000 * round, i));
  }
  return rss + "</channel></rss>";
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double OwnCpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

// Of the server's processes that work for this database.
double DatabaseCpu(pg::Pool& pool) {
  const auto rows = pool.Read([](pg::Transaction& transaction) {
    return transaction.Query(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " OR backend_type IN ('walwriter', 'background writer', 'checkpointer')");
  });
  double total = 0;
  if (!rows) return total;
  for (const pg::Row row : *rows) {
    std::ifstream stat("/proc/" + row.String("pid") + "/stat");
    std::string line;
    std::getline(stat, line);
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) continue;
    std::istringstream fields(line.substr(name_end + 1));
    std::string field;
    double ticks = 0;
    for (int i = 3; i <= 15 && fields >> field; ++i) {
      if (i >= 14) ticks += std::atof(field.c_str());
    }
    total += ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return total;
}

std::int64_t Count(pg::Pool& pool, const char* sql) {
  const auto rows = pool.Read([&](pg::Transaction& transaction) { return transaction.Query(sql); });
  if (!rows) {
    fmt::print(stderr, "{}\n", rows.error().ToString());
    std::exit(2);
  }
  return (*rows)[0].Int("n");
}

}  // namespace

int main() {
  telemetry::InitLogging("ingest-bench", telemetry::Level::kWarning);
  testing::TestDatabase database;
  int round = 0;
  std::vector<std::string> documents(kFeeds);
  const auto make_documents = [&] {
    for (int i = 0; i < kFeeds; ++i) {
      documents[static_cast<std::size_t>(i)] =
          http::TinyServer::Answer(200, {"Content-Type: application/rss+xml"}, Document(i, round));
    }
  };
  http::TinyServer server([&](const auto& request) {
    const auto feed = static_cast<std::size_t>(std::atoi(request.target.c_str() + 1));
    return feed < documents.size() ? documents[feed] : http::TinyServer::Answer(404, {}, "");
  });

  const auto directory = std::filesystem::temp_directory_path() / testing::UniqueName("ingest_bench");
  std::filesystem::create_directory(directory);
  std::ofstream(directory / "tokens") << "op operator token-of-an-operator-of-ours\n";
  Config config;
  config.common.postgres_url = database.url();
  config.common.grpc_port = 0;
  config.common.rpc_tokens_file = directory / "tokens";
  config.allowed_hosts = {server.host_port()};
  config.workers = 4;
  if (const auto migrated = MigrateAll(config); !migrated) {
    fmt::print(stderr, "{}\n", migrated.error().ToString());
    return 2;
  }
  pg::Pool pool({.url = database.url(), .connections = 2});
  PgSourceStore sources(pool);

  std::vector<double> rates;
  {
    App app(config);
    if (const auto started = app.Start(); !started) {
      fmt::print(stderr, "{}\n", started.error().ToString());
      return 2;
    }
    fmt::print("{} feeds of {} items; from the first poll until every event is on the bus\n", kFeeds, kItems);
    for (round = 0; round < kRounds; ++round) {
      make_documents();
      const double own = OwnCpu(), theirs = DatabaseCpu(pool);
      const auto begun = steady_clock::now();
      for (int i = 0; i < kFeeds; ++i) {
        Source source;
        source.source_id = "feed-" + std::to_string(i);
        source.name = "Лента";
        source.feed_url = server.Url("/" + std::to_string(i));
        source.default_language_code = "ru";
        source.default_section_id = "economy";
        source.poll_interval = source.max_poll_interval = std::chrono::hours(24);
        if (const auto put = sources.Put(source); !put) {
          fmt::print(stderr, "{}\n", put.error().ToString());
          return 2;
        }
      }
      const std::int64_t wanted = std::int64_t{kFeeds} * kItems * (round + 1);
      while (Count(pool, "SELECT count(*) AS n FROM ingest.items") < wanted)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const double taken = std::chrono::duration<double>(steady_clock::now() - begun).count();
      while (Count(pool, "SELECT count(*) AS n FROM (SELECT 1 FROM ingest.outbox WHERE sent_time IS NULL LIMIT 1) o") >
             0)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const double wall = std::chrono::duration<double>(steady_clock::now() - begun).count();
      const double items = kFeeds * kItems;
      const double own_us = (OwnCpu() - own) / items * 1e6, their_us = (DatabaseCpu(pool) - theirs) / items * 1e6;
      rates.push_back(items / wall);
      fmt::print(
          "round {}: {:.0f} items/s taken, {:.0f} items/s until sent; CPU per item: ingest {:.0f} µs, PostgreSQL "
          "{:.0f} "
          "µs: {:.0f} items/s of two cores\n",
          round + 1, items / taken, items / wall, own_us, their_us, 2e6 / (own_us + their_us));
    }
  }
  std::filesystem::remove_all(directory);
  std::ranges::sort(rates);
  const double median = rates[rates.size() / 2];
  fmt::print("median {:.0f} items/s until sent (aim {:.0f})\n", median, kAim);
  return median >= kAim ? 0 : 1;
}
