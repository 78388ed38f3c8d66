// ./dev bench content-writes: updates of articles with their revision, event and idempotency key, by the use case of
// the service in process (no gRPC), beside pgbench writing the same rows into the same tables, turn by turn in one run.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "libs/testing/servers.h"
#include "services/content/adapters/change_article.h"
#include "services/content/app.h"
#include "services/content/core/editing.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

constexpr int kArticles = 2000;
constexpr int kClients = 8;
constexpr int kSeconds = 4;
constexpr int kRounds = 5;
constexpr double kAimRate = 1500;
constexpr double kAimRatio = 0.5;

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "content-writes: {}\n", why);
  std::exit(1);
}

template <typename T>
T Must(Result<T> result) {
  if (!result) Die(result.error().ToString());
  return *std::move(result);
}

std::string Paragraphs(const std::string& first) {
  std::string body = "<p>" + first + "</p>";
  for (int i = 0; i < 8; ++i) {
    body +=
        "<p>Өлүөнэ мууһа быйыл эрдэ хамсаабыт; the ice of the river moved early this year, people of the villages say, "
        "and the road across it was closed for lorries on Monday.</p>";
  }
  return body;
}

// Published stories in two languages, with a source, a byline and three concepts: eight lists each.
void Fill(pg::Pool& pool, PgSiteStore& sites) {
  const Act act{.verb = "create", .actor = "bench", .time = SystemClock().Now()};
  const Site site = SampleSite();
  Must(pool.Write([&](pg::Transaction& transaction) { return sites.Update(transaction, act, 0, site); }));
  Must(pool.Write([&](pg::Transaction& transaction) -> Result<int> {
    KIMBERLITE_RETURN_IF_ERROR(sites.PutSource(transaction, act, site.sources[0]));
    return 0;
  }));
  for (int i = 0; i < kArticles; i += 100) {
    Must(pool.Write([&](pg::Transaction& transaction) -> Result<int> {
      for (int j = 0; j < 100; ++j) {
        NewArticle story = SampleStory();
        for (auto& translation : story.translations) {
          translation.body_html = Paragraphs("0");
          translation.authors = {"Ann Petrova"};
        }
        KIMBERLITE_ASSIGN_OR_RETURN(Article article, CreateArticle(site, story, SystemClock().Now()));
        KIMBERLITE_RETURN_IF_ERROR(InsertArticle(transaction, act, article));
      }
      return 0;
    }));
  }
}

std::int64_t FirstId(pg::Pool& pool) {
  return Must(pool.Read([](pg::Transaction& transaction) {
           return transaction.Query("SELECT min(article_id) AS id FROM content.articles");
         }))[0]
      .Int("id");
}

// Updates a second, over kSeconds.
double Ours(pg::Pool& pool, PgSiteStore& sites, std::int64_t first, int round) {
  std::atomic<std::int64_t> done = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kSeconds);
  {
    std::vector<std::jthread> clients;
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back([&, client] {
        for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
          v1::UpdateArticleRequest request;
          // Each client has articles of its own: none waits for another's row.
          request.set_article_id(first + (i * 7 % (kArticles / kClients)) * kClients + client);
          request.set_idempotency_key(fmt::format("{} {} {}", round, client, i));
          const Act act{.verb = "update", .actor = "bench", .time = SystemClock().Now()};
          const std::string words = fmt::format("Ice breaks early {} {}", round, i);
          Must(ChangeArticle<v1::UpdateArticleResponse>(
              pool, sites, act, request, [&](const Site& site, const Article& before) {
                return UpdateArticle(site, before,
                                     {.translations = {{.language_code = "en",
                                                        .expected_version = before.Find("en")->version,
                                                        .headline = words,
                                                        .body_html = Paragraphs(words)}}},
                                     act.time);
              }));
          ++done;
        }
      });
    }
  }
  return static_cast<double>(done) / kSeconds;
}

// The rows that Ours writes, by their average sizes, as pgbench's script.
std::string Script(pg::Pool& pool, std::int64_t first) {
  const pg::Rows sizes = Must(pool.Read([](pg::Transaction& transaction) {
    return transaction.Query(
        "SELECT (SELECT avg(octet_length(response)) FROM content.idempotency)::bigint AS response,"
        " (SELECT avg(octet_length(payload)) FROM content.outbox)::bigint AS payload");
  }));
  const std::string response = fmt::format("decode(repeat('ab', {}), 'hex')", sizes[0].Int("response"));
  const std::string payload = fmt::format("decode(repeat('ab', {}), 'hex')", sizes[0].Int("payload"));
  std::string body = Paragraphs("Ice breaks early");
  for (std::size_t at = 0; (at = body.find(';', at)) != std::string::npos;) body[at] = ',';
  return fmt::format(
      "\\set n random(0, {0})\n"
      "\\set id {1} + :n * {2} + :client_id\n"
      "\\set unique random(1, 1000000000000)\n"
      "BEGIN;\n"
      "INSERT INTO content.idempotency (key, request_digest, response, created_time) VALUES"
      " ('pgbench ' || :unique || ' ' || :client_id, repeat('a', 64), {3}, now()) ON CONFLICT DO NOTHING;\n"
      "SELECT sequence, section_id, source_id, source_url FROM content.articles WHERE article_id = :id FOR UPDATE;\n"
      "SELECT * FROM content.translations WHERE article_id = :id;\n"
      "SELECT * FROM content.article_tags WHERE article_id = :id ORDER BY rank;\n"
      "UPDATE content.articles SET sequence = sequence + 1 WHERE article_id = :id;\n"
      "INSERT INTO content.article_revisions (article_id, sequence, verb, note, changed_by, changed_time, section_id,"
      " source_id, source_url, picture_alt, concept_ids) SELECT article_id, sequence, 'update', '', 'bench', now(),"
      " section_id, source_id, source_url, '{{}}', '{{7,3}}' FROM content.articles WHERE article_id = :id;\n"
      "UPDATE content.translations SET version = version + 1, headline = 'Ice breaks early ' || :unique,"
      " body_html = '{5}', updated_time = now() WHERE article_id = :id AND language_code = 'en';\n"
      "INSERT INTO content.translation_revisions (article_id, language_code, version, sequence, state, headline, slug,"
      " summary, body_html, authors, published_time, updated_time) SELECT t.article_id, t.language_code, t.version,"
      " a.sequence, t.state, t.headline, t.slug, t.summary, t.body_html, t.authors, t.published_time, t.updated_time"
      " FROM content.translations AS t JOIN content.articles AS a USING (article_id) WHERE t.article_id = :id AND"
      " t.language_code = 'en';\n"
      "INSERT INTO content.change_queue (article_id, sequence, changed_time, event) VALUES (:id, 1, now(), {4});\n"
      "INSERT INTO content.outbox (topic, key, event_id, type, source, event_time, sequence, traceparent, headers,"
      " payload) VALUES ('kimberlite.content.article.v1', :id::text, gen_random_uuid()::text,"
      " 'kimberlite.content.v1.ArticleChanged', 'content', now(), 1, repeat('0', 55), '{{}}', {4})"
      " RETURNING pg_notify('kimberlite_outbox_content', '');\n"
      "COMMIT;\n",
      kArticles / kClients - 1, first, kClients, response, payload, body);
}

double Theirs(const std::string& program, const std::string& url, const std::filesystem::path& script) {
  const std::string command = fmt::format("{} -n -M prepared -c {} -j 2 -T {} -f {} '{}' 2>&1", program, kClients,
                                          kSeconds, script.string(), url);
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) Die("cannot run pgbench");
  std::string output;
  char line[4096];
  while (std::fgets(line, sizeof line, pipe) != nullptr) output += line;
  const std::size_t at = output.find("tps = ");
  if (pclose(pipe) != 0 || at == std::string::npos || output.find("failed transactions: 0 ") == std::string::npos)
    Die("pgbench said: " + output);
  return std::strtod(output.c_str() + at + 6, nullptr);
}

std::string Pgbench() {
  for (const char* version : {"17", "16", "15"}) {
    const std::string path = fmt::format("/usr/lib/postgresql/{}/bin/pgbench", version);
    if (std::filesystem::exists(path)) return path;
  }
  return "pgbench";
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int Main() {
  testing::TestDatabase database;
  Config config;
  config.common.postgres_url = database.url();
  if (const auto migrated = MigrateAll(config); !migrated) Die(migrated.error().ToString());
  pg::Pool pool({.url = database.url(), .connections = kClients});
  PgSiteStore sites;
  Fill(pool, sites);
  const std::int64_t first = FirstId(pool);
  Ours(pool, sites, first, 0);  // warms caches and tells the sizes
  const auto script = std::filesystem::temp_directory_path() / testing::UniqueName("pgbench");
  std::ofstream(script) << Script(pool, first);
  Must(pool.Write([](pg::Transaction& transaction) { return transaction.Query("ANALYZE"); }));

  std::vector<double> ours;
  std::vector<double> theirs;
  std::vector<double> ratios;
  for (int round = 1; round <= kRounds; ++round) {
    theirs.push_back(Theirs(Pgbench(), database.url(), script));
    ours.push_back(Ours(pool, sites, first, round));
    ratios.push_back(ours.back() / theirs.back());
    fmt::print("round {}: service {:.0f}/s, pgbench {:.0f}/s, ratio {:.2f}\n", round, ours.back(), theirs.back(),
               ratios.back());
    std::fflush(stdout);
  }
  std::filesystem::remove(script);
  const bool reached = Median(ours) >= kAimRate && Median(ratios) >= kAimRatio;
  fmt::print(
      "median: service {:.0f} updates/s with their event (aim {:.0f}), pgbench {:.0f}, ratio {:.2f} (aim {}): {}\n",
      Median(ours), kAimRate, Median(theirs), Median(ratios), kAimRatio, reached ? "reached" : "NOT reached");
  return reached ? 0 : 1;
}

}  // namespace
}  // namespace kimberlite::content

int main() { return kimberlite::content::Main(); }
