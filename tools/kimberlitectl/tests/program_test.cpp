#include "tools/kimberlitectl/tests/program.h"

#include <algorithm>
#include <cctype>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/feed/v1/feed_service.pb.h"
#include "kimberlite/rendering/v1/rendering_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "tools/kimberlitectl/verbs.h"

namespace kimberlite::ctl {
namespace {

using namespace content::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

int Lines(const std::string& text) { return static_cast<int>(std::ranges::count(text, '\n')); }

// The words of an example as a shell would split them; " quotes, # begins a comment.
std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : line + " ") {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any && word == "#") break;
      if (any) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  return words;
}

TEST_F(Program, AnswersWithTheJsonOfTheProtos) {
  services_.On<GetArticleRequest, GetArticleResponse>(
      [](const GetArticleRequest& request) -> Result<GetArticleResponse> {
        GetArticleResponse response;
        response.mutable_article()->set_article_id(request.article_id());
        response.mutable_article()->set_section_id("economy");
        response.mutable_article()->add_translations()->set_headline("Муус суол");
        return response;
      });
  Serve();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"call", "content/GetArticle", R"({"article_id": 1001})"},
           {"call", "kimberlite.content.v1.ContentService/GetArticle", R"({"articleId": "1001"})"},
           {"article", "get", "1001", "-o", "json"},
           {"-o", "json", "article", "get", "1001"}}) {
    const Outcome outcome = Run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.json()["article"]["article_id"], "1001");
    EXPECT_EQ(outcome.json()["article"]["translations"][0]["headline"], "Муус суол");
  }
  EXPECT_THAT(Run({"article", "get", "1001"}).out, HasSubstr("section_id    economy\n"));
}

TEST_F(Program, SendsTwentyMegabytesFromStandardInput) {
  std::size_t received = 0;
  services_.On<CreateArticleRequest, CreateArticleResponse>(
      [&](const CreateArticleRequest& request) -> Result<CreateArticleResponse> {
        received = request.translations(0).body_html().size();
        return Fail(Error::Field(Code::kResourceExhausted, "translations[0].body_html", "must be at most 1 MiB"));
      });
  Serve();
  const nlohmann::json request = {
      {"translations", {{{"language_code", "ru"}, {"body_html", std::string(20'000'000, 'x')}}}}};
  const Outcome outcome = Run({"call", "content/CreateArticle", "-"}, request.dump());
  EXPECT_EQ(received, 20'000'000u);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "error: RESOURCE_EXHAUSTED: translations[0].body_html: must be at most 1 MiB\n");
}

TEST_F(Program, AWriteIsTriedOnceMoreWithTheSameKey) {
  std::vector<std::string> keys;
  services_.On<CreateArticleRequest, CreateArticleResponse>(
      [&](const CreateArticleRequest& request) -> Result<CreateArticleResponse> {
        keys.push_back(request.idempotency_key());
        if (keys.size() == 1) return Fail(Code::kUnknown, "the connection was lost");
        return CreateArticleResponse();
      });
  Serve();
  EXPECT_EQ(Run({"article", "create", "--section", "economy", "-o", "json"}).code, 0);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0], keys[1]);
  EXPECT_FALSE(keys[0].empty());
  EXPECT_EQ(Run({"call", "content/CreateArticle", R"({"section_id": "economy"})"}).code, 0);
  EXPECT_NE(keys.at(2), keys[0]);
  EXPECT_EQ(Run({"article", "create", "--idempotency-key", "mine"}).code, 0);
  EXPECT_EQ(keys.at(3), "mine");
}

TEST_F(Program, AnErrorThatStaysIsReportedAfterTwoAttempts) {
  services_.On<GetSiteRequest, GetSiteResponse>(
      [](const GetSiteRequest&) -> Result<GetSiteResponse> { return Fail(Code::kUnavailable, "starting"); });
  Serve();
  const Outcome outcome = Run({"site", "get"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, StartsWith("error: UNAVAILABLE: "));
  EXPECT_EQ(Lines(outcome.err), 1);
  EXPECT_THAT(services_.calls(), ElementsAre("GetSite", "GetSite"));
}

TEST_F(Program, AnUpdateIsOneChangeOfOneTranslation) {
  UpdateArticleRequest seen;
  services_.On<UpdateArticleRequest, UpdateArticleResponse>(
      [&](const UpdateArticleRequest& request) -> Result<UpdateArticleResponse> {
        seen = request;
        return UpdateArticleResponse();
      });
  Serve();
  const Outcome outcome =
      Run({"article", "update", "1001", "--language", "en", "--expected-version", "1", "--headline", "- New"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  seen.clear_idempotency_key();
  EXPECT_EQ(seen.ShortDebugString(),
            R"(article_id: 1001 translations { language_code: "en" expected_version: 1 headline: "- New" })");
  EXPECT_THAT(services_.calls(), ElementsAre("UpdateArticle"));
}

TEST_F(Program, AnUpdateWithoutAVersionReadsItAndSaysSo) {
  services_.On<GetArticleRequest, GetArticleResponse>([](const GetArticleRequest&) -> Result<GetArticleResponse> {
    GetArticleResponse response;
    auto& translation = *response.mutable_article()->add_translations();
    translation.set_language_code("sah");
    translation.set_version(4);
    return response;
  });
  std::vector<int> versions;
  services_.On<UpdateArticleRequest, UpdateArticleResponse>(
      [&](const UpdateArticleRequest& request) -> Result<UpdateArticleResponse> {
        for (const auto& change : request.translations()) versions.push_back(change.expected_version());
        return UpdateArticleResponse();
      });
  Serve();
  EXPECT_EQ(Run({"article", "update", "7", "--language", "sah", "--headline", "x"}).err,
            "note: no --expected-version: changing version 4 of sah, read just now\n");
  EXPECT_EQ(Run({"article", "update", "7", "--language", "ru", "--headline", "x"}).err,
            "note: article 7 has no translation ru yet: adding it\n");
  EXPECT_EQ(Run({"article", "update", "7", "--section", "culture"}).err, "");
  EXPECT_THAT(versions, ElementsAre(4, 0));
}

TEST_F(Program, WaitsUntilReadersSeeWhatWasWritten) {
  services_.On<PublishArticleRequest, PublishArticleResponse>(
      [](const PublishArticleRequest& request) -> Result<PublishArticleResponse> {
        PublishArticleResponse response;
        response.mutable_article()->set_article_id(request.article_id());
        response.mutable_article()->set_sequence(12);
        return response;
      });
  std::string waited;
  services_.On<rendering::v1::WaitVisibleRequest, rendering::v1::WaitVisibleResponse>(
      [&](const rendering::v1::WaitVisibleRequest& request) -> Result<rendering::v1::WaitVisibleResponse> {
        waited = request.ShortDebugString();
        return rendering::v1::WaitVisibleResponse();
      });
  Serve();
  const Outcome outcome = Run({"article", "publish", "7", "--wait-visible", "-o", "json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(waited, "article_id: 7 sequence: 12");
  EXPECT_GE(outcome.json()["visible_after_ms"].get<double>(), 0);
  EXPECT_EQ(outcome.json()["article"]["sequence"], "12");
}

TEST_F(Program, WhatIsNotKnownToBeVisibleWasWrittenAllTheSame) {
  services_.On<rendering::v1::WaitVisibleRequest, rendering::v1::WaitVisibleResponse>(
      [](const rendering::v1::WaitVisibleRequest&) -> Result<rendering::v1::WaitVisibleResponse> {
        return Fail(Code::kDeadlineExceeded, "not yet");
      });
  Serve();
  const Outcome outcome = Run({"article", "withdraw", "7", "--wait-visible"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, StartsWith("error: DEADLINE_EXCEEDED: article 0 was written"));
}

TEST_F(Program, WaitTakesTheCurrentSequenceUnlessOneIsGiven) {
  services_.On<GetArticleRequest, GetArticleResponse>([](const GetArticleRequest&) -> Result<GetArticleResponse> {
    GetArticleResponse response;
    response.mutable_article()->set_sequence(31);
    return response;
  });
  std::vector<std::int64_t> sequences;
  services_.On<rendering::v1::WaitVisibleRequest, rendering::v1::WaitVisibleResponse>(
      [&](const rendering::v1::WaitVisibleRequest& request) -> Result<rendering::v1::WaitVisibleResponse> {
        sequences.push_back(request.sequence());
        return rendering::v1::WaitVisibleResponse();
      });
  Serve();
  EXPECT_EQ(Run({"wait", "7"}).code, 0);
  EXPECT_EQ(Run({"wait", "7", "5"}).code, 0);
  EXPECT_THAT(sequences, ElementsAre(31, 5));
}

TEST_F(Program, AnswersThatComeOneAfterAnotherAreLinesOfJson) {
  Serve();
  const Outcome watch = Run({"article", "watch", "-o", "json"});
  EXPECT_EQ(watch.code, 0) << watch.err;
  EXPECT_EQ(watch.out, "{\"cursor\":\"1-a\"}\n{\"cursor\":\"2-b\"}\n");
  EXPECT_EQ(Run({"call", "content/StreamChanges"}).out, watch.out);
}

TEST_F(Program, ASiteUpdateKeepsWhatNoFlagNames) {
  services_.On<GetSiteRequest, GetSiteResponse>([](const GetSiteRequest&) -> Result<GetSiteResponse> {
    GetSiteResponse response;
    auto& site = *response.mutable_site();
    site.set_sequence(9);
    site.set_time_zone("Asia/Yakutsk");
    (*site.mutable_names())["en"] = "Old";
    (*site.mutable_names())["ru"] = "Имя";
    site.add_sources()->set_source_id("kept-by-the-service");
    return response;
  });
  UpdateSiteRequest seen;
  services_.On<UpdateSiteRequest, UpdateSiteResponse>(
      [&](const UpdateSiteRequest& request) -> Result<UpdateSiteResponse> {
        seen = request;
        return UpdateSiteResponse();
      });
  Serve();
  ASSERT_EQ(Run({"site", "update", "--names", "en=New"}).code, 0);
  EXPECT_EQ(seen.expected_sequence(), 9);
  EXPECT_EQ(seen.site().time_zone(), "Asia/Yakutsk");
  EXPECT_EQ(seen.site().names().at("en"), "New");
  EXPECT_EQ(seen.site().names().at("ru"), "Имя");
  EXPECT_EQ(seen.site().sources_size(), 0);
}

TEST_F(Program, MediaAndFeedsAreFiles) {
  const std::string bytes("\x89PNG\0\r\n", 7);
  std::string stored;
  services_.On<PutMediaRequest, PutMediaResponse>([&](const PutMediaRequest& request) -> Result<PutMediaResponse> {
    stored = request.data();
    return PutMediaResponse();
  });
  services_.On<GetMediaRequest, GetMediaResponse>([&](const GetMediaRequest&) -> Result<GetMediaResponse> {
    GetMediaResponse response;
    response.mutable_media()->set_data(bytes);
    return response;
  });
  services_.On<feed::v1::GetFeedRequest, feed::v1::GetFeedResponse>(
      [](const feed::v1::GetFeedRequest& request) -> Result<feed::v1::GetFeedResponse> {
        feed::v1::GetFeedResponse response;
        response.set_document("<rss>" + request.list_key() + "</rss>");
        return response;
      });
  Serve();
  EXPECT_EQ(Run({"media", "put", Write("x.png", bytes)}).code, 0);
  EXPECT_EQ(stored, bytes);
  const std::string saved = (directory_ / "saved.png").string();
  EXPECT_EQ(Run({"media", "get", "x.png", "--save", saved}).out, "saved 7 bytes to " + saved + "\n");
  std::stringstream content;
  content << std::ifstream(saved, std::ios::binary).rdbuf();
  EXPECT_EQ(content.str(), bytes);
  EXPECT_EQ(Run({"feed", "get", "en/section/economy", "--format", "rss"}).out, "<rss>en/section/economy</rss>");
  const Outcome absent = Run({"media", "put", (directory_ / "absent.png").string()});
  EXPECT_EQ(absent.code, 2);
  EXPECT_THAT(absent.err, HasSubstr("cannot read"));
}

TEST_F(Program, AFlagChangesTheRequestOfJson) {
  ListArticlesRequest seen;
  services_.On<ListArticlesRequest, ListArticlesResponse>(
      [&](const ListArticlesRequest& request) -> Result<ListArticlesResponse> {
        seen = request;
        return ListArticlesResponse();
      });
  Serve();
  ASSERT_EQ(
      Run({"article", "list", "--json", "-", "--list", "ru", "--with-bodies"}, R"({"list_key": "en", "page_size": 3})")
          .code,
      0);
  EXPECT_EQ(seen.ShortDebugString(), R"(list_key: "ru" page_size: 3 with_bodies: true)");
  ASSERT_EQ(Run({"article", "list", "--json", Write("list.json", R"({"list_key": "sah"})")}).code, 0);
  EXPECT_EQ(seen.list_key(), "sah");
}

TEST_F(Program, ListsOfValuesAreRepeatedFlags) {
  CreateArticleRequest seen;
  services_.On<CreateArticleRequest, CreateArticleResponse>(
      [&](const CreateArticleRequest& request) -> Result<CreateArticleResponse> {
        seen = request;
        return CreateArticleResponse();
      });
  tagging::v1::BatchGetConceptsRequest batch;
  services_.On<tagging::v1::BatchGetConceptsRequest, tagging::v1::BatchGetConceptsResponse>(
      [&](const tagging::v1::BatchGetConceptsRequest& request) -> Result<tagging::v1::BatchGetConceptsResponse> {
        batch = request;
        return tagging::v1::BatchGetConceptsResponse();
      });
  Serve();
  ASSERT_EQ(Run({"article", "create", "--language", "en", "--author", "[Ann, Bob]", "--author", "Айта", "--headline",
                 "", "--publish"})
                .code,
            0);
  EXPECT_THAT(seen.translations(0).authors(), ElementsAre("[Ann, Bob]", "Айта"));
  EXPECT_TRUE(seen.publish());
  EXPECT_EQ(seen.translations(0).headline(), "");
  ASSERT_EQ(Run({"concept", "batch-get", "1", "2", "3"}).code, 0);
  EXPECT_THAT(batch.concept_ids(), ElementsAre(1, 2, 3));
}

TEST_F(Program, PurgingEverythingMustBeMeant) {
  Serve();
  EXPECT_EQ(Run({"page", "purge"}).code, 2);
  EXPECT_EQ(Run({"page", "purge", "/en/", "--all"}).code, 2);
  EXPECT_THAT(services_.calls(), ElementsAre());
  EXPECT_EQ(Run({"page", "purge", "--all"}).code, 0);
  EXPECT_EQ(Run({"page", "purge", "/en/"}).code, 0);
}

TEST_F(Program, WithoutATokenItSaysWhichVariableToSet) {
  Serve();
  environment_.erase("KIMBERLITE_RPC_TOKEN");
  const Outcome outcome = Run({"article", "get", "1"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("KIMBERLITE_RPC_TOKEN"));
  EXPECT_EQ(Lines(outcome.err), 1);
  EXPECT_THAT(services_.calls(), ElementsAre());
}

TEST_F(Program, WhatTheServicesSayOfATokenPassesThrough) {
  Serve();
  environment_["KIMBERLITE_RPC_TOKEN"] = services_.service_token();
  EXPECT_EQ(Run({"article", "create", "--section", "economy"}).err,
            "error: PERMISSION_DENIED: robot may not call CreateArticle; it needs one of the roles editor\n");
  environment_["KIMBERLITE_RPC_TOKEN"] = "a-token-that-nobody-knows";
  const Outcome outcome = Run({"article", "get", "1"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, StartsWith("error: UNAUTHENTICATED: "));
}

TEST_F(Program, AWrongCommandLineIsOneLineAndCodeTwo) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"article"},
                                             {"article", "nonsense"},
                                             {"article", "get"},
                                             {"article", "get", "x"},
                                             {"article", "get", "1", "2"},
                                             {"article", "get", "1", "--nonsense"},
                                             {"article", "update", "1", "--headline", "x"},
                                             {"call"},
                                             {"call", "content/Nonsense"},
                                             {"call", "content/GetArticle", "{"},
                                             {"call", "content/GetArticle", "{\"x\":1}"},
                                             {"describe", "Nonsense"},
                                             {"site", "get", "-o", "xml"},
                                             {"site", "get", "--timeout", "soon"},
                                             {"newsroom", "load"},
                                             {"bench", "publish", "--count", "0"},
                                             {"concept", "put", "x", "--kind", "colour"}}) {
    const Outcome outcome = Run(words);
    const std::string line = ::testing::PrintToString(words);
    EXPECT_EQ(outcome.code, 2) << line;
    EXPECT_EQ(outcome.out, "") << line;
    EXPECT_THAT(outcome.err, StartsWith("error: ")) << line;
    EXPECT_EQ(Lines(outcome.err), 1) << line << outcome.err;
  }
}

TEST_F(Program, HelpIsThereForEveryCommandAndNeedsNothing) {
  EXPECT_THAT(Run({"--help"}).out, HasSubstr("KIMBERLITE_RPC_TOKEN_FILE"));
  for (const Verb& verb : Verbs()) {
    const Outcome outcome = verb.verb.empty() ? Run({verb.noun, "--help"}) : Run({verb.noun, verb.verb, "--help"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("RPC: " + verb.method));
  }
  EXPECT_THAT(Run({"methods"}).out, HasSubstr("content/CreateArticle"));
  EXPECT_EQ(Run({"methods", "-o", "json"}).json()[0]["method"], "ingest/PutSource");
}

TEST_F(Program, EveryExampleOfTheHelpIsACommand) {
  Serve();
  const std::string saved = std::filesystem::current_path().string();
  std::filesystem::current_path(directory_);
  Write("story.html", "<p>x</p>");
  Write("story.json", "{}");
  Write("update.json", "{}");
  Write("river.svg", "<svg/>");
  Write("feeds.opml", "<opml/>");
  Write("items.jsonl", "{\"item\": {\"headline\": \"x\"}}\n");
  Write("river.jpg", std::string(3 << 20, 'x'));
  for (const Verb& verb : Verbs()) {
    for (const std::string& example : verb.examples) {
      const Outcome outcome = Run(Words(example));
      EXPECT_EQ(outcome.code, 0) << example << "\n" << outcome.err;
    }
  }
  std::filesystem::current_path(saved);
}

}  // namespace
}  // namespace kimberlite::ctl
