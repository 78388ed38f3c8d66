#include <atomic>
#include <map>
#include <set>

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/http/server.h"
#include "tools/kimberlitectl/http_get.h"
#include "tools/kimberlitectl/tests/program.h"

namespace kimberlite::ctl {
namespace {

using namespace content::v1;
using ::testing::HasSubstr;

// A newsroom with an edge that shows each change only when it has been asked for a few times.
class Bench : public Program {
 protected:
  Bench() : edge_({}, [this](const http::Request& request) { return Answer(request); }) {
    services_.On<GetSiteRequest, GetSiteResponse>([](const GetSiteRequest&) -> Result<GetSiteResponse> {
      GetSiteResponse response;
      auto& section = *response.mutable_site()->add_sections();
      section.set_section_id("economy");
      (*section.mutable_slugs())["ru"] = "ekonomika";
      return response;
    });
    services_.On<CreateArticleRequest, CreateArticleResponse>(
        [this](const CreateArticleRequest& request) -> Result<CreateArticleResponse> {
          CreateArticleResponse response;
          *response.mutable_article() =
              Publish(1000 + static_cast<int>(public_.size()), 1, request.translations(0).headline());
          public_.insert(response.article().article_id());
          return response;
        });
    services_.On<UpdateArticleRequest, UpdateArticleResponse>(
        [this](const UpdateArticleRequest& request) -> Result<UpdateArticleResponse> {
          if (request.translations(0).expected_version() != 1) return Fail(Code::kAborted, "wrong version");
          UpdateArticleResponse response;
          *response.mutable_article() = Publish(request.article_id(), 2, request.translations(0).headline());
          ++updates_;
          return response;
        });
    services_.On<WithdrawArticleRequest, WithdrawArticleResponse>(
        [this](const WithdrawArticleRequest& request) -> Result<WithdrawArticleResponse> {
          public_.erase(request.article_id());
          ++withdrawn_;
          return WithdrawArticleResponse();
        });
  }

  Article Publish(std::int64_t id, int version, const std::string& headline) {
    Article article;
    article.set_article_id(id);
    article.set_sequence(version);
    article.add_translations()->set_slug("a-slug");
    article.mutable_translations(0)->set_version(version);
    const std::lock_guard lock(mutex_);
    headline_ = headline;
    asked_.clear();
    article_path_ = "/ru/ekonomika/" + std::to_string(id) + "-a-slug";
    return article;
  }

  http::Response Answer(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(request.header("accept-encoding"), "identity");
    const std::set<std::string> known = {article_path_, "/ru/ekonomika/", "/ru/ekonomika/rss.xml"};
    if (!known.contains(request.target)) return {.status = 404};
    const bool fresh = ++asked_[request.target] > 2 && request.target != stuck_;
    return {.body = std::make_shared<std::string>("<h1>" + (fresh ? headline_ : "older") + "</h1>")};
  }

  Outcome Measure(std::vector<std::string> more) {
    Serve();
    EXPECT_TRUE(edge_.Start());
    std::vector<std::string> words = {"bench", "publish", "--language",
                                      "ru",    "--edge",  "http://127.0.0.1:" + std::to_string(edge_.port())};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  }

  std::mutex mutex_;  // guards what the edge shows
  std::string headline_, article_path_, stuck_;
  std::map<std::string, int> asked_;
  std::set<std::int64_t> public_;
  int updates_ = 0, withdrawn_ = 0;
  http::Server edge_;
};

TEST_F(Bench, MeasuresEachPlaceAndTidiesUp) {
  const Outcome outcome = Measure({"--count", "5", "-o", "json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::json json = outcome.json();
  EXPECT_EQ(json["count"], 5);
  for (const char* place : {"article_page", "section_list", "rss", "all", "wait_visible", "acknowledge"}) {
    EXPECT_GT(json[place]["p50_ms"].get<double>(), 0) << place;
    EXPECT_GE(json[place]["p90_ms"], json[place]["p50_ms"]) << place;
    EXPECT_GE(json[place]["p99_ms"], json[place]["p90_ms"]) << place;
    EXPECT_GE(json[place]["max_ms"], json[place]["p99_ms"]) << place;
  }
  EXPECT_GE(json["all"]["max_ms"], json["rss"]["max_ms"]);
  EXPECT_EQ(updates_, 2);
  EXPECT_EQ(withdrawn_, 3);
  EXPECT_TRUE(public_.empty());
}

TEST_F(Bench, KeepsTheArticlesWhenAsked) {
  const Outcome outcome = Measure({"--count", "2", "--keep"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("section_list"));
  EXPECT_EQ(withdrawn_, 0);
}

TEST_F(Bench, SaysWhichPlaceDidNotShowIt) {
  stuck_ = "/ru/ekonomika/rss.xml";
  const Outcome outcome = Measure({"--count", "1", "--timeout", "200ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("publication 1 of 1: /ru/ekonomika/rss.xml did not show"));
  EXPECT_EQ(withdrawn_, 1);
}

TEST_F(Bench, AnUnknownSectionIsAnError) {
  EXPECT_EQ(Measure({"--section", "astrology"}).err, "error: NOT_FOUND: the site has no section astrology\n");
}

TEST(HttpReader, KeepsItsConnectionAndComesBackAfterARestart) {
  const auto handler = [](const http::Request& request) {
    return http::Response{.body = std::make_shared<std::string>(request.target)};
  };
  auto server = std::make_unique<http::Server>(http::Server::Options{}, handler);
  ASSERT_TRUE(server->Start());
  const int port = server->port();
  auto reader = HttpReader::Open("http://127.0.0.1:" + std::to_string(port) + "/", std::chrono::seconds(5));
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->Get("/one")->body, "/one");
  EXPECT_EQ(reader->Get("/two")->body, "/two");
  server = std::make_unique<http::Server>(http::Server::Options{.port = port}, handler);
  ASSERT_TRUE(server->Start());
  const auto again = reader->Get("/three");
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(again->body, "/three");
  server.reset();
  EXPECT_EQ(reader->Get("/four").error().code(), Code::kUnavailable);
}

TEST(HttpReader, RefusesWhatIsNoOrigin) {
  for (const char* url : {"", "127.0.0.1:80", "https://a.example", "http://", "http://a.example/path"}) {
    EXPECT_FALSE(HttpReader::Open(url, std::chrono::seconds(1))) << url;
  }
}

}  // namespace
}  // namespace kimberlite::ctl
