#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include "services/content/adapters/change_article.h"
#include "services/content/core/life.h"
#include "services/content/tests/harness.h"
#include "services/content/tests/samples.h"

// Deaths in the wrong moment: of the process between any two statements, and of the connection during COMMIT.
namespace kimberlite::content {
namespace {

// What must hold whatever died when: how many rows of the schema break it.
constexpr const char* kHalves =
    "(SELECT count(*) FROM content.articles AS a WHERE sequence <> (SELECT count(*) FROM content.article_revisions AS r"
    " WHERE r.article_id = a.article_id)) +"
    " (SELECT count(*) FROM content.articles AS a WHERE sequence <> (SELECT count(*) FROM content.outbox AS o"
    " WHERE o.topic = 'kimberlite.content.article.v1' AND o.key = a.article_id::text)) +"
    " (SELECT count(*) FROM content.translations AS t WHERE version <> (SELECT count(*) FROM"
    " content.translation_revisions AS r WHERE r.article_id = t.article_id AND r.language_code = t.language_code)) +"
    " (SELECT count(*) FROM content.translations AS t WHERE (state = 2) <> EXISTS (SELECT 1 FROM content.list_entries"
    " AS e WHERE e.list_key = t.language_code AND e.article_id = t.article_id)) +"
    " (SELECT count(*) FROM content.idempotency WHERE response IS NULL)";

v1::UpdateArticleRequest Update(std::int64_t article_id, int number) {
  v1::UpdateArticleRequest request;
  request.set_article_id(article_id);
  request.set_idempotency_key("write " + std::to_string(number));
  return request;
}

// One write of a row of them: words, or every few of them withdrawal and restoring, so that every table moves.
Result<v1::UpdateArticleResponse> Write(pg::Pool& pool, PgSiteStore& sites, std::int64_t article_id, int number) {
  const Act act{.verb = "update", .actor = "ann", .time = SystemClock().Now()};
  return ChangeArticle<v1::UpdateArticleResponse>(
      pool, sites, act, Update(article_id, number), [&](const Site& site, const Article& before) -> Result<Article> {
        const Translation& english = *before.Find("en");
        if (english.state == TranslationState::kWithdrawn) return RestoreArticle(site, before, {"en"}, "", act.time);
        if (number % 4 == 3) return WithdrawArticle(site, before, {"en"}, "");
        const std::string words = "Ice " + std::to_string(number);
        return UpdateArticle(
            site, before,
            {.translations = {{.language_code = "en",
                               .expected_version = english.version,
                               .headline = words,
                               .body_html = "<p>" + words + "</p>",
                               .authors = std::vector<std::string>{"Ann " + std::to_string(number % 5)}}},
             .concept_ids = std::vector<std::int64_t>{number % 3 + 1}},
            act.time);
      });
}

// Writes numbers from `first` on and tells each that was acknowledged, until it is killed.
[[noreturn]] void WriteForEver(const std::string& url, std::int64_t article_id, int first, int acknowledged) {
  pg::Pool pool({.url = url, .connections = 1});
  PgSiteStore sites;
  for (int number = first;; ++number) {
    if (!Write(pool, sites, article_id, number)) _exit(1);
    if (write(acknowledged, &number, sizeof number) != sizeof number) _exit(2);
  }
}

int Kills() {
  const char* kills = std::getenv("KIMBERLITE_TEST_KILLS");
  return kills ? std::atoi(kills) : 200;
}

TEST(Kill9, AtAnyPointLosesNoAcknowledgedWriteAndLeavesNoneHalf) {
  MigratedDatabase database;
  PgSiteStore sites;
  const auto created = database.pool().Write([&](pg::Transaction& transaction) -> Result<std::int64_t> {
    const Act act{.verb = "site", .actor = "ann", .time = SystemClock().Now()};
    Site site = SampleSite();
    KIMBERLITE_RETURN_IF_ERROR(sites.Update(transaction, act, 0, site));
    KIMBERLITE_RETURN_IF_ERROR(sites.PutSource(transaction, act, site.sources[0]));
    KIMBERLITE_ASSIGN_OR_RETURN(Article article, CreateArticle(site, SampleStory(), act.time));
    KIMBERLITE_RETURN_IF_ERROR(InsertArticle(transaction, act, article));
    return article.article_id;
  });
  ASSERT_TRUE(created) << created.error().ToString();

  std::mt19937 random(20261124);
  int written = 0;  // the highest number that was acknowledged
  int first = 0;
  for (int point = 0; point < Kills(); ++point) {
    int acknowledged[2];
    ASSERT_EQ(pipe(acknowledged), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) WriteForEver(database.url(), *created, first, acknowledged[1]);
    close(acknowledged[1]);
    int number = 0;
    // Once it writes, kill it somewhere within its next writes.
    ASSERT_EQ(read(acknowledged[0], &number, sizeof number), static_cast<ssize_t>(sizeof number));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << WEXITSTATUS(status);
    written = number;
    while (read(acknowledged[0], &number, sizeof number) == sizeof number) written = number;
    close(acknowledged[0]);

    // The server may still be ending the transaction of the dead; wait for its row.
    ASSERT_TRUE(database.pool().Write(
        [](pg::Transaction& transaction) { return transaction.Query("SELECT 1 FROM content.articles FOR UPDATE"); }));
    ASSERT_EQ(database.Number(kHalves), 0) << "after kill " << point;
    const std::int64_t kept = database.Number("SELECT count(*) FROM content.idempotency");
    ASSERT_GE(kept, written + 1) << "an acknowledged write is gone";
    ASSERT_LE(kept, written + 2) << "more was written than was asked for";
    ASSERT_EQ(database.Number("SELECT sequence FROM content.articles"), kept + 1);
    first = static_cast<int>(kept);
  }
}

// Stands between a client and PostgreSQL's socket, and can cut the connection when COMMIT passes.
class Gate {
 public:
  enum class Cut { kNothing, kBeforeCommit, kAfterCommit };

  explicit Gate(std::string server) : server_(std::move(server)) {
    directory_ = std::filesystem::temp_directory_path() / testing::UniqueName("gate");
    std::filesystem::create_directory(directory_);
    listener_ = Socket();
    sockaddr_un address = Address((directory_ / ".s.PGSQL.5432").string());
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
    EXPECT_EQ(listen(listener_, 16), 0);
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  ~Gate() {
    thread_.request_stop();
    thread_.join();
    close(listener_);
    std::filesystem::remove_all(directory_);
  }

  std::string directory() const { return directory_.string(); }
  void CutNext(Cut cut) { cut_ = cut; }
  int cuts() const { return cuts_; }

 private:
  static int Socket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }
  static sockaddr_un Address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
  }
  struct Pair {
    int client;
    int server;
  };

  void Run(const std::stop_token& stop) {
    std::vector<Pair> pairs;
    while (!stop.stop_requested()) {
      std::vector<pollfd> waiting = {{listener_, POLLIN, 0}};
      for (const Pair& pair : pairs) {
        waiting.push_back({pair.client, POLLIN, 0});
        waiting.push_back({pair.server, POLLIN, 0});
      }
      poll(waiting.data(), waiting.size(), 20);
      std::vector<Pair> open;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const bool alive = (waiting[1 + 2 * i].revents == 0 || FromClient(pairs[i])) &&
                           (waiting[2 + 2 * i].revents == 0 || Pass(pairs[i].server, pairs[i].client));
        if (alive) {
          open.push_back(pairs[i]);
        } else {
          close(pairs[i].client);
          close(pairs[i].server);
        }
      }
      pairs = std::move(open);
      if (waiting[0].revents != 0) {
        const Pair pair{accept(listener_, nullptr, nullptr), Socket()};
        sockaddr_un address = Address(server_);
        EXPECT_EQ(connect(pair.server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        pairs.push_back(pair);
      }
    }
    for (const Pair& pair : pairs) {
      close(pair.client);
      close(pair.server);
    }
  }

  bool FromClient(const Pair& pair) {
    const ssize_t size = read(pair.client, buffer_, sizeof buffer_);
    if (size <= 0) return false;
    const bool commit = std::string_view(buffer_, static_cast<std::size_t>(size)).find("COMMIT") != std::string::npos;
    const Cut cut = commit ? cut_.exchange(Cut::kNothing) : Cut::kNothing;
    if (cut != Cut::kNothing) ++cuts_;
    if (cut == Cut::kBeforeCommit) return false;
    if (!Send(pair.server, static_cast<std::size_t>(size))) return false;
    if (cut == Cut::kNothing) return true;
    // The answer comes, and the client never hears it.
    return read(pair.server, buffer_, sizeof buffer_) < 0;
  }
  bool Pass(int from, int to) {
    const ssize_t size = read(from, buffer_, sizeof buffer_);
    return size > 0 && Send(to, static_cast<std::size_t>(size));
  }
  bool Send(int to, std::size_t size) {
    for (std::size_t sent = 0; sent < size;) {
      const ssize_t written = send(to, buffer_ + sent, size - sent, MSG_NOSIGNAL);
      if (written <= 0) return false;
      sent += static_cast<std::size_t>(written);
    }
    return true;
  }

  const std::string server_;
  std::filesystem::path directory_;
  int listener_ = -1;
  std::atomic<Cut> cut_ = Cut::kNothing;
  std::atomic<int> cuts_ = 0;
  char buffer_[65536];
  std::jthread thread_;
};

// The value of a key in a libpq connection string of keys and values.
std::string ValueOf(const std::string& url, const std::string& key, const std::string& otherwise) {
  const std::size_t at = (" " + url).find(" " + key + "=");
  if (at == std::string::npos) return otherwise;
  const std::size_t begin = at + key.size() + 1;
  return url.substr(begin, url.find(' ', begin) - begin);
}

class CommitDeathTest : public ContentRpcTest, public ::testing::WithParamInterface<Gate::Cut> {};

TEST_P(CommitDeathTest, TheSameKeyMakesExactlyOneChange) {
  LoadSite();
  const v1::Article article = Create(Story());
  const std::string host = ValueOf(database_.url(), "host", "");
  if (!host.starts_with("/")) GTEST_SKIP() << "the database has no Unix socket in its address";
  Gate gate(host + "/.s.PGSQL." + ValueOf(database_.url(), "port", "5432"));
  pg::Pool pool({.url = "host=" + gate.directory() + " port=5432 user=" + ValueOf(database_.url(), "user", "postgres") +
                        " dbname=" + ValueOf(database_.url().substr(database_.url().rfind("dbname=")), "dbname", ""),
                 .connections = 1});
  PgSiteStore sites;
  gate.CutNext(GetParam());
  const auto lost = Write(pool, sites, article.article_id(), 1);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), Code::kUnknown) << lost.error().ToString();
  EXPECT_EQ(gate.cuts(), 1);
  // Where COMMIT was taken, the server may not be through with it yet.
  const auto again = Write(pool, sites, article.article_id(), 1);
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(again->article().sequence(), 2);
  EXPECT_EQ(again->article().translations(1).headline(), "Ice 1");
  EXPECT_EQ(Write(pool, sites, article.article_id(), 1)->article().sequence(), 2);
  EXPECT_EQ(database_.Number("SELECT sequence FROM content.articles"), 2);
  EXPECT_EQ(database_.Number(kHalves), 0);
}

INSTANTIATE_TEST_SUITE_P(Cuts, CommitDeathTest, ::testing::Values(Gate::Cut::kBeforeCommit, Gate::Cut::kAfterCommit));

}  // namespace
}  // namespace kimberlite::content
