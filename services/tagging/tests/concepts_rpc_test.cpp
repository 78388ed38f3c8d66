#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>

#include "kimberlite/tagging/v1/events.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "services/tagging/adapters/pg_concept_store.h"
#include "services/tagging/tests/harness.h"

namespace kimberlite::tagging {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ConceptsTest : public ServiceTest {
 protected:
  Result<v1::PutConceptResponse> Put(const v1::Concept& definition) {
    v1::PutConceptRequest request;
    *request.mutable_definition() = definition;
    return replica_.editor->Call<v1::PutConceptResponse>({}, request);
  }
  v1::Concept MustPut(const v1::Concept& definition) {
    const auto put = Put(definition);
    EXPECT_TRUE(put) << put.error().ToString();
    return put ? put->definition() : v1::Concept();
  }
  Result<v1::ResolveSlugResponse> Resolve(const std::string& language_code, const std::string& slug) {
    v1::ResolveSlugRequest request;
    request.set_language_code(language_code);
    request.set_slug(slug);
    return replica_.service->Call<v1::ResolveSlugResponse>({}, request);
  }
  static std::vector<std::string> Suggested(const rpc::Channel& channel, const std::string& language_code,
                                            const std::string& headline) {
    v1::SuggestTagsRequest request;
    request.set_language_code(language_code);
    request.set_headline(headline);
    const auto response = channel.Call<v1::SuggestTagsResponse>({}, request);
    EXPECT_TRUE(response) << response.error().ToString();
    std::vector<std::string> labels;
    if (response) {
      for (const v1::Suggestion& suggestion : response->suggestions()) labels.push_back(suggestion.label());
    }
    return labels;
  }

  Replica replica_ = StartReplica();
};

TEST_F(ConceptsTest, PutCreatesThenReplacesAndTellsBeforeAndAfter) {
  const v1::Concept created = MustPut(DefinitionOf("diamond", v1::CONCEPT_KIND_TOPIC, "en", "diamond", {"gem"}));
  EXPECT_EQ(created.concept_id(), 1);
  EXPECT_EQ(created.sequence(), 1);
  EXPECT_EQ(created.labels(0).slug(), "diamond");

  v1::Concept wanted = created;
  *wanted.add_labels() = DefinitionOf("", v1::CONCEPT_KIND_TOPIC, "sah", "алмаас").labels(0);
  const v1::Concept changed = MustPut(wanted);
  EXPECT_EQ(changed.concept_id(), 1);
  EXPECT_EQ(changed.sequence(), 2);
  EXPECT_EQ(changed.labels(1).slug(), "almaas");

  const auto events = Stated(kConceptTopic);
  ASSERT_THAT(events, SizeIs(2));
  v1::ConceptChanged event;
  ASSERT_TRUE(event.ParseFromString(events[0].payload));
  EXPECT_EQ(events[0].key, "1");
  EXPECT_FALSE(event.has_before());
  EXPECT_EQ(event.after().SerializeAsString(), created.SerializeAsString());
  ASSERT_TRUE(event.ParseFromString(events[1].payload));
  EXPECT_EQ(events[1].sequence, 2);
  EXPECT_EQ(event.before().SerializeAsString(), created.SerializeAsString());
  EXPECT_EQ(event.after().SerializeAsString(), changed.SerializeAsString());
}

TEST_F(ConceptsTest, PutOfTheSameChangesNothingAndTellsNothing) {
  const v1::Concept definition = DefinitionOf("diamond", v1::CONCEPT_KIND_TOPIC, "en", "diamond", {"gem"});
  const v1::Concept created = MustPut(definition);
  EXPECT_EQ(MustPut(definition).SerializeAsString(), created.SerializeAsString());
  EXPECT_EQ(MustPut(created).SerializeAsString(), created.SerializeAsString());
  EXPECT_THAT(Stated(kConceptTopic), SizeIs(1));
}

TEST_F(ConceptsTest, PutReplacesLabelsAndAliases) {
  v1::Concept definition = DefinitionOf("diamond", v1::CONCEPT_KIND_TOPIC, "en", "diamond", {"gem", "rough"});
  *definition.add_labels() = DefinitionOf("", v1::CONCEPT_KIND_TOPIC, "ru", "алмаз").labels(0);
  MustPut(definition);
  EXPECT_THAT(Suggested(*replica_.service, "en", "A gem"), ElementsAre("diamond"));
  const v1::Concept after = MustPut(DefinitionOf("diamond", v1::CONCEPT_KIND_EVENT, "en", "diamond", {"rough"}));
  EXPECT_THAT(after.labels(), SizeIs(1));
  EXPECT_THAT(after.labels(0).aliases(), ElementsAre("rough"));
  EXPECT_EQ(after.kind(), v1::CONCEPT_KIND_EVENT);
  EXPECT_THAT(Suggested(*replica_.service, "en", "A gem"), IsEmpty());
  EXPECT_THAT(Suggested(*replica_.service, "ru", "алмаз"), IsEmpty());
}

TEST_F(ConceptsTest, SlugsAreMadeUniqueInTheirLanguage) {
  EXPECT_EQ(MustPut(DefinitionOf("a", v1::CONCEPT_KIND_PLACE, "ru", "Мирный")).labels(0).slug(), "mirnyy");
  EXPECT_EQ(MustPut(DefinitionOf("b", v1::CONCEPT_KIND_TOPIC, "ru", "мирный")).labels(0).slug(), "mirnyy-2");
  EXPECT_EQ(MustPut(DefinitionOf("c", v1::CONCEPT_KIND_TOPIC, "ru", "Мирный!")).labels(0).slug(), "mirnyy-3");
  EXPECT_EQ(MustPut(DefinitionOf("d", v1::CONCEPT_KIND_PLACE, "sah", "Мирный")).labels(0).slug(), "mirnyy");
}

TEST_F(ConceptsTest, OldSlugsKeepResolvingAndNobodyElseTakesThem) {
  MustPut(DefinitionOf("lena", v1::CONCEPT_KIND_PLACE, "en", "Lena"));
  const v1::Concept renamed = MustPut(DefinitionOf("lena", v1::CONCEPT_KIND_PLACE, "en", "Lena River"));
  EXPECT_EQ(renamed.labels(0).slug(), "lena-river");
  for (const char* slug : {"lena", "lena-river"}) {
    const auto resolved = Resolve("en", slug);
    ASSERT_TRUE(resolved) << resolved.error().ToString();
    EXPECT_EQ(resolved->definition().SerializeAsString(), renamed.SerializeAsString());
  }
  EXPECT_EQ(Resolve("ru", "lena").error().code(), Code::kNotFound);
  EXPECT_EQ(Resolve("en", "Lena").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(Resolve("english", "lena").error().code(), Code::kInvalidArgument);

  EXPECT_EQ(MustPut(DefinitionOf("lena-person", v1::CONCEPT_KIND_PERSON, "en", "Lena")).labels(0).slug(), "lena-2");
  const auto taken = Put(DefinitionOf("thief", v1::CONCEPT_KIND_TOPIC, "en", "Anything", {}, "lena"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(taken.error().violations().at(0).field, "definition.labels[0].slug");
  EXPECT_EQ(CountRows("tagging.concepts"), 2);
  // The old name again is the old address again.
  EXPECT_EQ(MustPut(DefinitionOf("lena", v1::CONCEPT_KIND_PLACE, "en", "Lena")).labels(0).slug(), "lena");
}

TEST_F(ConceptsTest, ASlugStaysWhileItsTextStays) {
  MustPut(DefinitionOf("lena", v1::CONCEPT_KIND_PLACE, "en", "Lena", {}, "the-river"));
  EXPECT_EQ(MustPut(DefinitionOf("lena", v1::CONCEPT_KIND_PLACE, "en", "Lena", {"Lena River"})).labels(0).slug(),
            "the-river");
}

TEST_F(ConceptsTest, ConcurrentPutsOfOneNameAllSucceed) {
  constexpr int kWriters = 12;
  std::vector<std::jthread> writers;
  std::vector<v1::Concept> put(kWriters);
  for (int i = 0; i < kWriters; ++i) {
    // Two writers for each key.
    writers.emplace_back([&, i] {
      put[static_cast<std::size_t>(i)] =
          MustPut(DefinitionOf("key-" + std::to_string(i / 2), v1::CONCEPT_KIND_TOPIC, "en", "Ice road"));
    });
  }
  writers.clear();
  std::set<std::string> slugs;
  std::set<std::int64_t> ids;
  for (const v1::Concept& definition : put) {
    EXPECT_EQ(definition.sequence(), 1);
    ids.insert(definition.concept_id());
    slugs.insert(definition.labels(0).slug());
  }
  EXPECT_THAT(ids, SizeIs(kWriters / 2));
  EXPECT_THAT(slugs, SizeIs(kWriters / 2));
  EXPECT_THAT(Stated(kConceptTopic), SizeIs(kWriters / 2));
}

TEST_F(ConceptsTest, RefusedPutsNameTheFieldAndChangeNothing) {
  const auto empty = replica_.editor->Call<v1::PutConceptResponse>({}, v1::PutConceptRequest());
  EXPECT_EQ(empty.error().violations().at(0).field, "definition");

  v1::Concept definition = DefinitionOf("diamond", v1::CONCEPT_KIND_TOPIC, "en", "diamond", {"a"});
  const auto alias = Put(definition);
  EXPECT_EQ(alias.error().code(), Code::kInvalidArgument);
  EXPECT_EQ(alias.error().violations().at(0).field, "definition.labels[0].aliases[0]");

  definition = DefinitionOf("diamond", static_cast<v1::ConceptKind>(77), "en", "diamond");
  EXPECT_EQ(Put(definition).error().violations().at(0).field, "definition.kind");
  EXPECT_EQ(CountRows("tagging.concepts"), 0);
  EXPECT_EQ(CountRows("tagging.outbox"), 0);
}

TEST_F(ConceptsTest, OnlyEditorsPut) {
  v1::PutConceptRequest request;
  *request.mutable_definition() = DefinitionOf("diamond", v1::CONCEPT_KIND_TOPIC, "en", "diamond");
  EXPECT_EQ(replica_.service->Call<v1::PutConceptResponse>({}, request).error().code(), Code::kPermissionDenied);
}

TEST_F(ConceptsTest, GetShowsTheSequenceAskedForOrNothing) {
  const v1::Concept created = MustPut(DefinitionOf("diamond", v1::CONCEPT_KIND_TOPIC, "en", "diamond"));
  v1::GetConceptRequest request;
  request.set_concept_id(created.concept_id());
  request.set_min_sequence(1);
  const auto got = replica_.service->Call<v1::GetConceptResponse>({}, request);
  ASSERT_TRUE(got) << got.error().ToString();
  EXPECT_EQ(got->definition().SerializeAsString(), created.SerializeAsString());
  request.set_min_sequence(2);
  EXPECT_EQ(replica_.service->Call<v1::GetConceptResponse>({}, request).error().code(), Code::kUnavailable);
  request.set_min_sequence(-1);
  EXPECT_EQ(replica_.service->Call<v1::GetConceptResponse>({}, request).error().code(), Code::kInvalidArgument);
  request.set_min_sequence(0);
  request.set_concept_id(99);
  EXPECT_EQ(replica_.service->Call<v1::GetConceptResponse>({}, request).error().code(), Code::kNotFound);
  request.set_concept_id(0);
  EXPECT_EQ(replica_.service->Call<v1::GetConceptResponse>({}, request).error().code(), Code::kInvalidArgument);
}

TEST_F(ConceptsTest, BatchGetKeepsTheOrderAndLeavesOutWhatIsNotThere) {
  for (const char* key : {"a", "b", "c"})
    MustPut(DefinitionOf(key, v1::CONCEPT_KIND_TOPIC, "en", std::string("topic ") + key));
  v1::BatchGetConceptsRequest request;
  for (const std::int64_t id : {3, 99, 1}) request.add_concept_ids(id);
  const auto got = replica_.service->Call<v1::BatchGetConceptsResponse>({}, request);
  ASSERT_TRUE(got) << got.error().ToString();
  ASSERT_THAT(got->concepts(), SizeIs(2));
  EXPECT_EQ(got->concepts(0).key(), "c");
  EXPECT_EQ(got->concepts(1).key(), "a");
  request.mutable_concept_ids()->Resize(1001, 1);
  EXPECT_EQ(replica_.service->Call<v1::BatchGetConceptsResponse>({}, request).error().code(), Code::kResourceExhausted);
}

TEST_F(ConceptsTest, ListGoesThroughAllByCursor) {
  for (const char* key : {"a", "b", "c", "d", "e"})
    MustPut(DefinitionOf(key, v1::CONCEPT_KIND_TOPIC, "en", std::string("topic ") + key));
  v1::ListConceptsRequest request;
  request.set_page_size(2);
  std::vector<std::string> keys;
  do {
    const auto page = replica_.service->Call<v1::ListConceptsResponse>({}, request);
    ASSERT_TRUE(page) << page.error().ToString();
    EXPECT_LE(page->concepts_size(), 2);
    for (const v1::Concept& definition : page->concepts()) keys.push_back(definition.key());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(keys, ElementsAre("a", "b", "c", "d", "e"));
  for (const char* token : {"x", "-1", "0", "1x"}) {
    request.set_page_token(token);
    EXPECT_EQ(replica_.service->Call<v1::ListConceptsResponse>({}, request).error().code(), Code::kInvalidArgument)
        << token;
  }
  request.clear_page_token();
  request.set_page_size(1001);
  EXPECT_EQ(replica_.service->Call<v1::ListConceptsResponse>({}, request).error().code(), Code::kInvalidArgument);
}

TEST_F(ConceptsTest, SuggestReadsHtmlAndStoresNothing) {
  MustPut(DefinitionOf("diamond", v1::CONCEPT_KIND_TOPIC, "en", "rough diamond"));
  v1::SuggestTagsRequest request;
  request.set_language_code("en");
  request.set_body_html(
      "<p>Rough <em>diamond</em> &amp; rough&nbsp;diamonds</p><p>rough</p><p>diamond</p><script>rough "
      "diamond</script>");
  const auto response = replica_.service->Call<v1::SuggestTagsResponse>({}, request);
  ASSERT_TRUE(response) << response.error().ToString();
  ASSERT_THAT(response->suggestions(), SizeIs(1));
  ASSERT_THAT(response->suggestions(0).evidence(), SizeIs(2));
  EXPECT_EQ(response->suggestions(0).evidence(0).matched_text(), "Rough diamond");
  EXPECT_EQ(response->suggestions(0).evidence(0).begin_byte(), 0);
  EXPECT_EQ(response->suggestions(0).evidence(0).end_byte(), 13);
  EXPECT_EQ(CountRows("tagging.suggestions"), 0);
}

TEST_F(ConceptsTest, IdentifyLanguageAnswersForTheWholeAndItsParts) {
  v1::IdentifyLanguageRequest request;
  const std::string sakha = "Саха сиригэр алмааһы хостуур тэрилтэ үлэтэ тохтообото.\n";
  request.set_text(sakha + "Компания продала в этом году больше алмазов, чем в прошлом.");
  const auto response = replica_.service->Call<v1::IdentifyLanguageResponse>({}, request);
  ASSERT_TRUE(response) << response.error().ToString();
  ASSERT_THAT(response->passages(), SizeIs(2));
  EXPECT_EQ(response->passages(0).language_code(), "sah");
  EXPECT_EQ(response->passages(1).language_code(), "ru");
  EXPECT_EQ(response->passages(1).begin_byte(), static_cast<int>(sakha.size()));

  request.add_configured_languages("ru_RU");
  const auto refused = replica_.service->Call<v1::IdentifyLanguageResponse>({}, request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().violations().at(0).field, "configured_languages[0]");
}

TEST_F(ConceptsTest, SuggestNamesTheFieldThatIsTooLarge) {
  const auto field = [&](const v1::SuggestTagsRequest& request) {
    const auto response = replica_.service->Call<v1::SuggestTagsResponse>({}, request);
    return response ? ""
                    : std::string(CodeName(response.error().code())) + " " + response.error().violations().at(0).field;
  };
  v1::SuggestTagsRequest request;
  EXPECT_EQ(field(request), "INVALID_ARGUMENT language_code");
  request.set_language_code("en");
  EXPECT_EQ(field(request), "");
  request.set_headline(std::string(301, 'x'));
  EXPECT_EQ(field(request), "RESOURCE_EXHAUSTED headline");
  request.set_headline("two\nlines");
  EXPECT_EQ(field(request), "INVALID_ARGUMENT headline");
  request.set_headline("fine");
  request.set_summary(std::string(1001, 'x'));
  EXPECT_EQ(field(request), "RESOURCE_EXHAUSTED summary");
  request.clear_summary();
  request.set_body_html(std::string(10 << 20, 'x'));
  EXPECT_EQ(field(request), "RESOURCE_EXHAUSTED body_html");
}

TEST_F(ConceptsTest, ANewConceptIsLiveAtOnceHereAndWithinASecondElsewhere) {
  const Replica other = StartReplica();
  // Both are connected to each other's notifications once one change has come through.
  MustPut(DefinitionOf("first", v1::CONCEPT_KIND_TOPIC, "en", "permafrost"));
  ASSERT_TRUE(Eventually([&] { return !Suggested(*other.service, "en", "permafrost").empty(); }));

  MustPut(DefinitionOf("second", v1::CONCEPT_KIND_TOPIC, "en", "mammoth"));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(Suggested(*replica_.service, "en", "mammoth"), ElementsAre("mammoth"));
  ASSERT_TRUE(Eventually([&] { return !Suggested(*other.service, "en", "mammoth").empty(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(ConceptsTest, ARestartKnowsAllConcepts) {
  MustPut(DefinitionOf("mammoth", v1::CONCEPT_KIND_TOPIC, "en", "mammoth"));
  replica_.app->Stop();
  const Replica again = StartReplica();
  EXPECT_THAT(Suggested(*again.service, "en", "mammoth"), ElementsAre("mammoth"));
  EXPECT_TRUE(again.app->Ready());
}

TEST_F(ConceptsTest, ALostConnectionOfNotificationsLosesNoConcept) {
  const Replica other = StartReplica();
  MustPut(DefinitionOf("first", v1::CONCEPT_KIND_TOPIC, "en", "permafrost"));
  ASSERT_TRUE(Eventually([&] { return !Suggested(*other.service, "en", "permafrost").empty(); }));
  // All that listen, and a concept while they are away.
  const auto killed = pool_.Write([](pg::Transaction& transaction) {
    return transaction.Query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query ILIKE 'LISTEN%' AND pid <> pg_backend_pid()");
  });
  ASSERT_TRUE(killed) << killed.error().ToString();
  EXPECT_GE(killed->size(), 2);
  MustPut(DefinitionOf("second", v1::CONCEPT_KIND_TOPIC, "en", "mammoth"));
  EXPECT_TRUE(Eventually([&] { return !Suggested(*other.service, "en", "mammoth").empty(); }));
}

TEST_F(ServiceTest, StartNeedsTheSchema) {
  testing::TestDatabase empty;
  config_.common.postgres_url = empty.url();
  App app(config_);
  const auto started = app.Start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), HasSubstr("kimberlite-tagging migrate"));
}

}  // namespace
}  // namespace kimberlite::tagging
