#include <algorithm>
#include <atomic>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "tools/kimberlitectl/tests/program.h"

namespace kimberlite::ctl {
namespace {

using namespace content::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Newsroom : public Program {
 protected:
  Newsroom() {
    services_.On<tagging::v1::PutConceptRequest, tagging::v1::PutConceptResponse>(
        [this](const tagging::v1::PutConceptRequest& request) -> Result<tagging::v1::PutConceptResponse> {
          tagging::v1::PutConceptResponse response;
          const auto id = concepts_.emplace(request.definition().key(), 101 + concepts_.size()).first->second;
          response.mutable_definition()->set_concept_id(static_cast<std::int64_t>(id));
          response.mutable_definition()->set_key(request.definition().key());
          return response;
        });
    services_.On<PutMediaRequest, PutMediaResponse>([](const PutMediaRequest& request) -> Result<PutMediaResponse> {
      PutMediaResponse response;
      response.mutable_media()->set_media_id("id-of-" + request.data());
      return response;
    });
    services_.On<GetSiteRequest, GetSiteResponse>([this](const GetSiteRequest&) -> Result<GetSiteResponse> {
      GetSiteResponse response;
      if (site_.sequence() == 0) return Fail(Code::kFailedPrecondition, "no settings yet");
      *response.mutable_site() = site_;
      return response;
    });
    services_.On<UpdateSiteRequest, UpdateSiteResponse>(
        [this](const UpdateSiteRequest& request) -> Result<UpdateSiteResponse> {
          site_ = request.site();
          site_.set_sequence(5);
          site_.add_sources()->set_source_id("sandal-tv");
          return UpdateSiteResponse();
        });
    services_.On<CreateArticleRequest, CreateArticleResponse>(
        [this](const CreateArticleRequest& request) -> Result<CreateArticleResponse> {
          articles_.push_back(request);
          if (request.section_id() == "astrology")
            return Fail(Error::Field(Code::kNotFound, "section_id", "astrology does not exist"));
          return CreateArticleResponse();
        });
    services_.On<ingest::v1::PutSourceRequest, ingest::v1::PutSourceResponse>(
        [this](const ingest::v1::PutSourceRequest& request) -> Result<ingest::v1::PutSourceResponse> {
          feeds_.push_back(request.source().feed_url());
          return ingest::v1::PutSourceResponse();
        });
    Write("room/site.json", R"({"public_url": "http://a.example", "names": {"en": "Lantern"}})");
    Write("room/sources.jsonl", R"({"source_id": "sandal-tv", "name": "Sandal TV"})"
                                "\n");
    Write("room/concepts.jsonl", "{\"key\": \"river\"}\n\n{\"key\": \"ice\"}\n");
    Write(
        "room/articles.jsonl",
        R"({"key": "first", "section_id": "economy", "concept_keys": ["ice", "river"], "publish": true,)"
        R"( "picture": {"file": "media/x.svg", "alt": {"sah": "Өрүс"}}, "translations": [{"language_code": "sah", "headline": "Муус"}]})"
        "\n");
    Write("room/feeds.jsonl", R"({"source_id": "wire", "feed_url": "http://127.0.0.1:{wire_port}/a.xml"})"
                              "\n"
                              R"({"source_id": "far", "feed_url": "https://far.example/a.xml"})");
    Write("room/media/x.svg", "picture");
  }
  Outcome Load(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"newsroom", "load", (directory_ / "room").string()};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  }

  std::map<std::string, std::size_t> concepts_;  // key → id
  Site site_;
  std::vector<CreateArticleRequest> articles_;
  std::vector<std::string> feeds_;
};

TEST_F(Newsroom, IsLoadedInTheOrderInWhichThingsNeedEachOther) {
  Serve();
  const Outcome outcome = Load({"--wire-port", "9090", "--public-url", "http://b.example"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(services_.calls(), ElementsAre("PutConcept", "PutConcept", "GetSite", "UpdateSite", "PutSource",
                                             "PutMedia", "CreateArticle", "PutSource", "PutSource"));
  CreateArticleRequest& article = articles_.at(0);
  EXPECT_EQ(article.idempotency_key(), "newsroom:first");
  EXPECT_THAT(article.concept_ids(), ElementsAre(102, 101));
  EXPECT_EQ(article.picture().media_id(), "id-of-picture");
  EXPECT_EQ(article.picture().alt().at("sah"), "Өрүс");
  EXPECT_EQ(article.translations(0).headline(), "Муус");
  EXPECT_TRUE(article.publish());
  EXPECT_EQ(site_.public_url(), "http://b.example");
  EXPECT_THAT(feeds_, ElementsAre("http://127.0.0.1:9090/a.xml", "https://far.example/a.xml"));
  EXPECT_THAT(outcome.out, HasSubstr("concepts     2  "));
  EXPECT_THAT(outcome.out, HasSubstr("articles     1  "));
}

TEST_F(Newsroom, LoadedAgainItLeavesTheSiteAlone) {
  Serve();
  ASSERT_EQ(Load().code, 0);
  const Outcome again = Load({"-o", "json"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.json()["site"]["count"], 0);
  EXPECT_EQ(again.json()["site"]["remark"], "unchanged");
  EXPECT_EQ(std::ranges::count(services_.calls(), "UpdateSite"), 1);
  EXPECT_EQ(articles_.at(0).SerializeAsString(), articles_.at(1).SerializeAsString()) << "the same request again";
}

TEST_F(Newsroom, LeavesFeedsOfTheLocalWireOutWithoutItsPort) {
  Serve();
  const Outcome outcome = Load();
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(feeds_, ElementsAre("https://far.example/a.xml"));
  EXPECT_THAT(outcome.out, HasSubstr("1 on the local wire left out: no --wire-port"));
}

TEST_F(Newsroom, ErrorsNameFileAndLine) {
  Serve();
  const std::string room = (directory_ / "room").string();
  Write("room/articles.jsonl",
        "{\"key\": \"a\", \"section_id\": \"economy\"}\n\n{\"key\": \"b\", \"section_id\": \"astrology\"}\n");
  EXPECT_EQ(Load().err, "error: NOT_FOUND: " + room + "/articles.jsonl:3: section_id: astrology does not exist\n");
  Write("room/articles.jsonl", "{\"key\": \"a\", \"concept_keys\": [\"absent\"]}");
  EXPECT_EQ(Load().err,
            "error: INVALID_ARGUMENT: " + room + "/articles.jsonl:1: concepts.jsonl has no key \"absent\"\n");
  Write("room/articles.jsonl", "{\"key\": \"a\", \"picture\": {\"file\": \"media/absent.svg\"}}");
  EXPECT_EQ(Load().err,
            "error: INVALID_ARGUMENT: " + room + "/articles.jsonl:1: there is no picture \"media/absent.svg\"\n");
  Write("room/articles.jsonl", "{\"section_id\": \"economy\"}");
  EXPECT_EQ(Load().err, "error: INVALID_ARGUMENT: " + room + "/articles.jsonl:1: \"key\" is missing\n");
  Write("room/articles.jsonl", "not json");
  EXPECT_EQ(Load().err, "error: INVALID_ARGUMENT: " + room + "/articles.jsonl:1: is not a JSON object\n");
  Write("room/concepts.jsonl", "\n{\"kay\": \"river\"}\n");
  EXPECT_THAT(Load().err,
              StartsWith("error: INVALID_ARGUMENT: " + room + "/concepts.jsonl:2: is not the JSON of a Concept: "));
}

TEST_F(Newsroom, WaitsForServicesThatAreBeingStarted) {
  std::atomic<int> refused = 0;
  services_.On<PutSourceRequest, PutSourceResponse>([&](const PutSourceRequest&) -> Result<PutSourceResponse> {
    if (++refused < 4) return Fail(Code::kUnavailable, "not ready");
    return PutSourceResponse();
  });
  Serve();
  EXPECT_EQ(Load().code, 0);
  EXPECT_EQ(refused, 4);
}

TEST_F(Newsroom, TheDemoOfTheRepositoryIsWellFormed) {
  Serve();
  const Outcome outcome = Run({"newsroom", "load", KIMBERLITE_NEWSROOM, "--wire-port", "8090", "-o", "json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_GE(outcome.json()["articles"]["count"], 24);
  EXPECT_EQ(outcome.json()["site"]["count"], 1);
  EXPECT_GE(outcome.json()["feeds"]["count"], 3);
}

}  // namespace
}  // namespace kimberlite::ctl
