// content_reads_bench [ARTICLES]: cards of 30 articles in one call, search by how much it finds, and import, on a
// database of so many articles in three languages that it makes itself (100,000 unless given).
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "services/content/adapters/grpc_transfer_service.h"
#include "services/content/tests/harness.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kVocabulary = 50'000;
constexpr int kWordsOfABody = 60;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void Must(const Result<void>& done) {
  if (done) return;
  fmt::print(stderr, "{}\n", done.error().ToString());
  std::exit(1);
}

class Bench {
 public:
  explicit Bench(std::int64_t articles)
      : articles_(articles),
        service_(database_.pool(), sites_, clock_),
        reader_(database_.pool(), sites_, clock_),
        search_(database_.pool(), sites_),
        blobs_(tokens_.path() + ".blobs"),
        media_(database_.pool(), blobs_, clock_),
        redirects_(database_.pool(), sites_, clock_),
        authors_(database_.pool(), sites_, clock_),
        transfer_(database_.pool(), sites_, blobs_, clock_),
        server_({.tokens_file = tokens_.path(), .partial = true}) {
    service_.Register(server_);
    reader_.Register(server_);
    search_.Register(server_);
    redirects_.Register(server_);
    transfer_.Register(server_);
    Must(server_.Start());
    channel_ = std::make_unique<rpc::Channel>("127.0.0.1:" + std::to_string(server_.port()), TokensFile::kEditor);
    operator_ = std::make_unique<rpc::Channel>("127.0.0.1:" + std::to_string(server_.port()), TokensFile::kOperator);
  }
  ~Bench() { server_.Stop(); }

  void Fill() {
    v1::UpdateSiteRequest site;
    *site.mutable_site() = MessageOf(SampleSite());
    const auto updated = operator_->Call<v1::UpdateSiteResponse>(Context::WithTimeout(std::chrono::seconds(20)), site);
    if (!updated) Must(std::unexpected(updated.error()));
    const auto begun = SteadyClock::now();
    // One connection without a time-out; the index of words is made when all is there, as a restore would.
    pg::Pool pool({.url = database_.url(), .connections = 1, .statement_timeout_ms = 0});
    const std::string n = std::to_string(articles_);
    const std::string when = "(timestamptz '2016-01-01' + g.n * (interval '10 years' / " + n + "))";
    const std::string sort_key = "lpad(to_hex((extract(epoch FROM " + when +
                                 ") * 1000000)::bigint), 16, '0') || lpad(to_hex(g.n + 1000), 12, '0')";
    const std::string all = " FROM generate_series(1, " + n + ") AS g (n)";
    const std::string languages = " CROSS JOIN unnest(ARRAY['en', 'ru', 'sah']) AS l (code)";
    const std::vector<std::string> statements = {
        "SET maintenance_work_mem = '1GB'",
        "SET synchronous_commit = off",
        "DROP INDEX content.search_entries_by_word",
        "INSERT INTO content.articles (article_id, sequence, section_id, source_url, original_language_code, "
        "created_time)"
        " SELECT g.n + 1000, 1, 'economy', '', 'en', " +
            when + all,
        "INSERT INTO content.translations (article_id, language_code, state, version, headline, slug, summary, "
        "body_html,"
        " authors, published_time, updated_time, from_item) SELECT g.n + 1000, l.code, 2, 1, 'Story w' || g.n % 50000,"
        " 'story', 'Summary w' || g.n % 977, '<p>' || (SELECT string_agg('w' || floor(exp(random() * ln(50000)))::int, "
        "' ')"
        " FROM generate_series(1, " +
            std::to_string(kWordsOfABody) + " + 0 * g.n + 0 * length(l.code))) || '</p>', '{}', " + when + ", " + when +
            ", false" + all + languages,
        "INSERT INTO content.article_tags (article_id, rank, concept_id, origin, confidence)"
        " SELECT g.n + 1000, 1, 1 + g.n % 1000, 1, 1" +
            all,
        "INSERT INTO content.list_entries (list_key, sort_key, article_id, language_code) SELECT l.code || p.list, " +
            sort_key + ", g.n + 1000, l.code" + all + languages +
            " CROSS JOIN unnest(ARRAY['', '/section/economy']) AS p (list)",
        "INSERT INTO content.search_entries (article_id, language_code, sort_key, words) SELECT t.article_id,"
        " t.language_code, lpad(to_hex((extract(epoch FROM t.published_time) * 1000000)::bigint), 16, '0') ||"
        " lpad(to_hex(t.article_id), 12, '0'), to_tsvector('simple', t.headline || ' ' || t.summary || ' ' ||"
        " substr(t.body_html, 4, length(t.body_html) - 7)) || array_to_tsvector(ARRAY['@' || t.language_code, '@' ||"
        " t.language_code || '.' || to_char(t.published_time, 'YYYY-MM-DD'), '#' || 1 + (t.article_id - 1000) % 1000,"
        " '^story', '~story', '^w' || (t.article_id - 1000) % 50000, '~w' || (t.article_id - 1000) % 50000,"
        " '~w' || (t.article_id - 1000) % 977]) FROM content.translations AS t",
        "INSERT INTO content.search_words (language_code, form, stem, documents, common) SELECT l.code, 'w' || g.n,"
        " 'w' || g.n, least(" +
            n + ", ceil(" + n + " * 60 / (ln(50000) * greatest(g.n, 1)))::bigint), " + n +
            " * 60 / (ln(50000) * greatest(g.n, 1)) >= 64 FROM generate_series(1, 50000) AS g (n)" + languages,
        "CREATE INDEX search_entries_by_word ON content.search_entries USING gin (words) WITH (gin_pending_list_limit "
        "= 1024)",
        "SELECT setval('content.article_ids', " + n + " + 2000)",
        "UPDATE content.search_state SET backfilling = false, version = 1",
        "VACUUM (ANALYZE) content.search_entries",
        "ANALYZE"};
    for (const std::string& statement : statements) {
      // VACUUM runs in no transaction.
      if (statement.starts_with("VACUUM")) continue;
      const auto done = pool.Write([&](pg::Transaction& transaction) { return transaction.Query(statement); });
      if (!done) Must(std::unexpected(done.error()));
    }
    fmt::print("{} articles in 3 languages made in {:.0f} s\n", articles_, Since(begun));
  }

  static double Since(SteadyClock::time_point begun) {
    return std::chrono::duration<double>(SteadyClock::now() - begun).count();
  }

  template <typename Request>
  void Measure(const std::string& name, int calls, const std::function<Request()>& make,
               const std::function<std::string(const Request&)>& ask) {
    std::vector<double> times;
    for (int i = 0; i < calls / 10; ++i) ask(make());
    const double cpu = CpuSeconds();
    std::string remark;
    for (int i = 0; i < calls; ++i) {
      const Request request = make();
      const auto begun = SteadyClock::now();
      remark = ask(request);
      times.push_back(Since(begun) * 1000);
    }
    std::ranges::sort(times);
    fmt::print("{:<42} p50 {:7.2f} ms   p99 {:7.2f} ms   {:6.2f} ms CPU of client and service a call   {}\n", name,
               times[times.size() / 2], times[times.size() * 99 / 100], (CpuSeconds() - cpu) * 1000 / calls, remark);
  }

  void BatchGet() {
    Measure<v1::BatchGetArticlesRequest>(
        "BatchGetArticles, 30 translations", 2000,
        [&] {
          v1::BatchGetArticlesRequest request;
          for (int i = 0; i < 30; ++i) request.add_article_ids(1001 + static_cast<std::int64_t>(random_() % articles_));
          request.add_language_codes("sah");
          request.add_language_codes("ru");
          return request;
        },
        [&](const v1::BatchGetArticlesRequest& request) {
          return fmt::format("{} cards", Ask<v1::BatchGetArticlesResponse>(request).articles_size());
        });
  }

  // Words are numbered by how common they are: word i stands in about 5.5 / i of the translations of a language.
  std::string WordFoundBy(double low, double high) {
    std::uniform_real_distribution<double> finds(std::log(low), std::log(high));
    const double wanted = std::exp(finds(random_));
    return "w" + std::to_string(std::clamp(static_cast<int>(static_cast<double>(articles_) * kWordsOfABody /
                                                            (std::log(kVocabulary) * wanted)),
                                           1, kVocabulary - 1));
  }

  void Search(const std::string& name, const std::function<std::string()>& query) {
    Measure<v1::SearchArticlesRequest>(
        "SearchArticles, " + name, 500,
        [&] {
          v1::SearchArticlesRequest request;
          request.set_language_code("sah");
          request.set_query(query());
          return request;
        },
        [&](const v1::SearchArticlesRequest& request) {
          const auto answer = Ask<v1::SearchArticlesResponse>(request);
          return fmt::format("last \"{}\": {} hits{}", request.query(), answer.hits_size(),
                             answer.bounded() ? ", bounded" : "");
        });
  }

  void Searches() {
    const double most = std::min(10'000.0, static_cast<double>(articles_) / 4);
    // A closing quote of a lone word keeps it from being taken for a beginning.
    const auto word = [&](double low, double high) { return "\"" + WordFoundBy(low, high) + "\""; };
    Search("a word found up to 1,000 times", [&] { return word(100, std::min(1000.0, most)); });
    Search("a word found up to 10,000 times", [&] { return word(most / 3, most); });
    Search("two such words", [&] { return word(most / 3, most) + " " + word(most / 3, most); });
    Search("a word found more often", [&] { return word(most * 1.5, static_cast<double>(articles_) / 2); });
    Search("a beginning", [&] { return WordFoundBy(most / 10, most).substr(0, 4); });
  }

  void Import() {
    constexpr int kThreads = 4;
    constexpr int kBatches = 50;
    constexpr int kEach = 100;
    const auto begun = SteadyClock::now();
    const double cpu = CpuSeconds();
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::string body;
        for (int i = 0; i < kWordsOfABody; ++i) body += "word" + std::to_string(i) + " ";
        for (int b = 0; b < kBatches; ++b) {
          v1::ImportArticlesRequest request;
          for (int i = 0; i < kEach; ++i) {
            v1::ImportedArticle& imported = *request.add_articles();
            imported.set_import_key(fmt::format("bench:{}:{}:{}", t, b, i));
            imported.add_old_paths(fmt::format("/ru/news/economy/{}-x", ((t * kBatches) + b) * kEach + i));
            imported.mutable_published_time()->set_seconds(1'600'000'000 + i + b * 1000 + t * 100'000);
            imported.mutable_article()->set_section_id("economy");
            imported.mutable_article()->set_publish(true);
            auto& translation = *imported.mutable_article()->add_translations();
            translation.set_language_code("ru");
            translation.set_headline("Заголовок " + std::to_string(i));
            translation.set_body_html("<p>" + body + "</p>");
          }
          Ask<v1::ImportArticlesResponse>(request);
        }
      });
    }
    threads.clear();
    const double seconds = Since(begun);
    constexpr int kAll = kThreads * kBatches * kEach;
    fmt::print(
        "ImportArticles, {} threads of {} a call    {:.0f} articles a second   {:.2f} ms CPU of client and service an "
        "article\n",
        kThreads, kEach, kAll / seconds, (CpuSeconds() - cpu) * 1000 / kAll);
  }

 private:
  template <typename Response, typename Request>
  Response Ask(const Request& request) {
    auto answer = channel_->Call<Response>(Context::WithTimeout(std::chrono::seconds(60)), request);
    if (!answer) Must(std::unexpected(answer.error()));
    return std::move(*answer);
  }

  std::int64_t articles_;
  std::mt19937_64 random_{7};
  MigratedDatabase database_;
  TokensFile tokens_;
  SystemClock clock_;
  PgSiteStore sites_;
  GrpcContentService service_;
  GrpcReaderService reader_;
  GrpcSearchService search_;
  DirectoryBlobStore blobs_;
  GrpcMediaService media_;
  GrpcRedirectService redirects_;
  GrpcAuthorService authors_;
  GrpcTransferService transfer_;
  rpc::Server server_;
  std::unique_ptr<rpc::Channel> channel_, operator_;
};

}  // namespace
}  // namespace kimberlite::content

int main(int argc, char** argv) {
  const std::int64_t articles = argc > 1 ? std::atoll(argv[1]) : 100'000;
  if (articles < 1000) {
    fmt::print(stderr, "content_reads_bench [ARTICLES]: 1,000 or more\n");
    return 2;
  }
  kimberlite::content::Bench bench(articles);
  bench.Fill();
  bench.BatchGet();
  bench.Searches();
  bench.Import();
  return 0;
}
