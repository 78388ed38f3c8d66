#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kimberlite/content/v1/events.pb.h"
#include "kimberlite/tagging/v1/events.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "services/tagging/adapters/article_handler.h"
#include "services/tagging/adapters/pg_suggestion_store.h"
#include "services/tagging/tests/harness.h"
#include "services/tagging/tests/samples.h"

namespace kimberlite::tagging {
namespace {

using content::v1::ARTICLE_CHANGE_CREATED;
using content::v1::ARTICLE_CHANGE_PLACE;
using content::v1::ARTICLE_CHANGE_TAGS;
using content::v1::ARTICLE_CHANGE_TEXT;
using content::v1::ARTICLE_CHANGE_WITHDRAWN;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kArticle = 1001;

// The handler alone, so that each outcome is seen as it is returned.
class ArticleHandlerTest : public ServiceTest {
 protected:
  ArticleHandlerTest() { vocabulary_.Apply(SampleConcepts()); }

  StoredSuggestions Stored() {
    const auto stored = pool_.Read([](pg::Transaction& transaction) { return ReadSuggestions(transaction, kArticle); });
    EXPECT_TRUE(stored) << stored.error().ToString();
    return stored && *stored ? **stored : StoredSuggestions();
  }
  void Read(std::int64_t sequence, std::vector<int> changes = {ARTICLE_CHANGE_TEXT}) {
    const auto handled = handler_.Handle(ArticleEvent(kArticle, sequence, std::move(changes)));
    EXPECT_TRUE(handled) << handled.error().ToString();
  }
  // Ids per event, oldest first.
  std::vector<std::vector<std::int64_t>> Suggested() {
    std::vector<std::vector<std::int64_t>> all;
    for (const bus::Event& event : Stated(kArticleTagsTopic)) {
      v1::ArticleTagsSuggested suggested;
      EXPECT_TRUE(suggested.ParseFromString(event.payload));
      EXPECT_EQ(event.key, std::to_string(kArticle));
      EXPECT_EQ(event.sequence, suggested.sequence());
      EXPECT_EQ(suggested.sequence(), static_cast<std::int64_t>(all.size()) + 1);
      std::vector<std::int64_t>& ids = all.emplace_back();
      for (const v1::Suggestion& suggestion : suggested.suggestions()) ids.push_back(suggestion.concept_id());
    }
    return all;
  }

  Vocabulary vocabulary_;
  SystemClock clock_;
  rpc::Channel channel_{content_.target(), kServiceToken};
  ArticleHandler handler_{pool_, channel_, vocabulary_, clock_};
};

TEST_F(ArticleHandlerTest, StoresAndTellsWhatItFound) {
  content::v1::Article article = ArticleOf(kArticle, 4, "en", "ALROSA in Belgium", "<p>A diamond.</p>");
  content::v1::Translation& sakha = *article.add_translations();
  sakha.set_language_code("sah");
  sakha.set_state(content::v1::TRANSLATION_STATE_DRAFT);
  sakha.set_headline("АЛРОСА Бельгияҕа");
  sakha.set_body_html("<p>Алмаастар.</p><p>Алмаас.</p>");
  content_.Set(article);
  Read(3, {ARTICLE_CHANGE_CREATED});

  const auto events = Stated(kArticleTagsTopic);
  ASSERT_THAT(events, SizeIs(1));
  v1::ArticleTagsSuggested suggested;
  ASSERT_TRUE(suggested.ParseFromString(events[0].payload));
  EXPECT_EQ(suggested.article_id(), kArticle);
  EXPECT_EQ(suggested.sequence(), 1);
  EXPECT_EQ(suggested.article_sequence(), 4);  // what was read, not what was announced
  ASSERT_THAT(suggested.suggestions(), SizeIs(3));
  EXPECT_EQ(suggested.suggestions(0).concept_id(), kAlrosa);
  EXPECT_EQ(suggested.suggestions(0).label(), "ALROSA");
  EXPECT_EQ(suggested.suggestions(2).concept_id(), kDiamond);
  ASSERT_THAT(suggested.suggestions(2).evidence(), SizeIs(3));
  EXPECT_EQ(suggested.suggestions(2).evidence(1).language_code(), "sah");
  EXPECT_EQ(suggested.suggestions(2).evidence(1).matched_text(), "Алмаастар");

  const StoredSuggestions stored = Stored();
  EXPECT_EQ(stored.article_sequence, 4);
  EXPECT_EQ(stored.sequence, 1);
  EXPECT_EQ(stored.text_digest.size(), 64u);
  ASSERT_THAT(stored.explained.suggestions(), SizeIs(3));
  EXPECT_EQ(stored.explained.suggestions(2).SerializeAsString(), suggested.suggestions(2).SerializeAsString());
}

TEST_F(ArticleHandlerTest, TellsOnlyWhatDiffers) {
  content_.Set(ArticleOf(kArticle, 1, "en", "ALROSA grows"));
  Read(1);
  const std::string digest = Stored().text_digest;
  // Other words, the same tag.
  content_.Set(ArticleOf(kArticle, 2, "en", "Why ALROSA grows"));
  Read(2);
  EXPECT_THAT(Suggested(), ElementsAre(ElementsAre(kAlrosa)));
  EXPECT_EQ(Stored().article_sequence, 2);
  EXPECT_NE(Stored().text_digest, digest);
  EXPECT_EQ(Stored().explained.suggestions(0).evidence(0).begin_byte(), 4);
  content_.Set(ArticleOf(kArticle, 3, "en", "Belgium and ALROSA"));
  Read(3);
  content_.Set(ArticleOf(kArticle, 4, "en", "Nothing at all"));
  Read(4);
  EXPECT_THAT(Suggested(), ElementsAre(ElementsAre(kAlrosa), ElementsAre(kBelgium, kAlrosa), IsEmpty()));
}

TEST_F(ArticleHandlerTest, TellsNothingOfAnArticleWithoutConcepts) {
  content_.Set(ArticleOf(kArticle, 1, "en", "Nothing at all"));
  Read(1);
  EXPECT_THAT(Suggested(), IsEmpty());
  EXPECT_EQ(Stored().article_sequence, 1);
}

TEST_F(ArticleHandlerTest, IgnoresEventsThatLeaveTheWords) {
  content_.Set(ArticleOf(kArticle, 5, "en", "ALROSA grows"));
  Read(1, {ARTICLE_CHANGE_TAGS});
  Read(2, {ARTICLE_CHANGE_WITHDRAWN});
  Read(3, {ARTICLE_CHANGE_PLACE, ARTICLE_CHANGE_TAGS});
  EXPECT_THAT(content_.asked(), IsEmpty());
  Read(4, {ARTICLE_CHANGE_TAGS, ARTICLE_CHANGE_TEXT});
  Read(5, {99});
  EXPECT_THAT(content_.asked(), SizeIs(2));
}

TEST_F(ArticleHandlerTest, HandlesAnEventOnce) {
  content_.Set(ArticleOf(kArticle, 1, "en", "ALROSA grows"));
  const bus::Event event = ArticleEvent(kArticle, 1, {ARTICLE_CHANGE_TEXT});
  ASSERT_TRUE(handler_.Handle(event));
  content_.Set(ArticleOf(kArticle, 2, "en", "Belgium grows"));
  ASSERT_TRUE(handler_.Handle(event));
  EXPECT_THAT(Suggested(), ElementsAre(ElementsAre(kAlrosa)));
}

TEST_F(ArticleHandlerTest, AnOlderArticleNeverReplacesANewerOne) {
  content_.Set(ArticleOf(kArticle, 7, "en", "ALROSA grows"));
  Read(7);
  content_.Set(ArticleOf(kArticle, 6, "en", "Belgium grows"));
  Read(6);
  EXPECT_THAT(Suggested(), ElementsAre(ElementsAre(kAlrosa)));
  EXPECT_EQ(Stored().article_sequence, 7);
}

TEST_F(ArticleHandlerTest, DoesNotReadWithdrawnTranslations) {
  content::v1::Article article = ArticleOf(kArticle, 1, "en", "ALROSA grows");
  content::v1::Translation& french = *article.add_translations();
  french.set_language_code("fr");
  french.set_state(content::v1::TRANSLATION_STATE_WITHDRAWN);
  french.set_headline("La Belgique");
  content_.Set(article);
  Read(1);
  EXPECT_THAT(Suggested(), ElementsAre(ElementsAre(kAlrosa)));
}

TEST_F(ArticleHandlerTest, TriesAgainWhatWillPassAndGivesUpOnWhatWillNot) {
  const auto outcome = [&](const bus::Event& event) {
    const auto handled = handler_.Handle(event);
    return handled ? Code::kOk : handled.error().code();
  };
  const bus::Event event = ArticleEvent(kArticle, 2, {ARTICLE_CHANGE_TEXT});
  EXPECT_EQ(outcome(event), Code::kNotFound);
  content_.Set(ArticleOf(kArticle, 1, "en", "ALROSA grows"));
  EXPECT_EQ(outcome(event), Code::kUnavailable);  // a replica that lags
  for (const Code code : {Code::kUnauthenticated, Code::kPermissionDenied, Code::kUnavailable}) {
    content_.FailWith(code);
    EXPECT_EQ(outcome(event), Code::kUnavailable) << CodeName(code);
  }
  // Too large for an answer: it would hold its partition back for ever.
  content_.FailWith(Code::kResourceExhausted);
  EXPECT_EQ(outcome(event), Code::kResourceExhausted);
  content_.FailWith(Code::kOk);
  content_.Set(ArticleOf(kArticle, 2, "en", "ALROSA grows"));
  EXPECT_EQ(outcome(event), Code::kOk);

  bus::Event poison = event;
  poison.payload = "\x0a\xff";
  EXPECT_EQ(outcome(poison), Code::kInvalidArgument);
  poison.type = "kimberlite.content.v1.SomethingNew";
  EXPECT_EQ(outcome(poison), Code::kOk);
  EXPECT_THAT(Suggested(), SizeIs(1));
}

class ArticleFlowTest : public ServiceTest {};

TEST_F(ArticleFlowTest, AnArticleEventBecomesATagEventThatExplainTagsExplains) {
  const Replica replica = StartReplica();
  for (const Concept& definition : SampleConcepts()) {
    v1::PutConceptRequest request;
    v1::Concept& wanted = *request.mutable_definition();
    wanted.set_key(definition.key);
    wanted.set_kind(static_cast<v1::ConceptKind>(definition.kind));
    for (const Label& label : definition.labels) {
      *wanted.add_labels() = DefinitionOf("", wanted.kind(), label.language_code, label.text, label.aliases).labels(0);
    }
    ASSERT_TRUE(replica.editor->Call<v1::PutConceptResponse>({}, request));
  }

  const auto bus = bus::Open({.driver = "postgres", .postgres_url = database_.url(), .client_name = "test"});
  ASSERT_TRUE(bus) << bus.error().ToString();
  std::mutex mutex;
  std::vector<v1::ArticleTagsSuggested> heard;
  const auto consumer = (*bus)->Subscribe(
      bus::GroupSubscription{.group = "test",
                             .topics = {kArticleTagsTopic},
                             .handler = [&](const bus::Event& event, const bus::Position&) -> Result<void> {
                               const std::lock_guard lock(mutex);
                               EXPECT_TRUE(heard.emplace_back().ParseFromString(event.payload));
                               return {};
                             }});

  content_.Set(ArticleOf(kArticle, 1, "ru", "АЛРОСА продаёт бриллианты в Бельгию"));
  const std::vector events = {
      ArticleEvent(kArticle, 1, {ARTICLE_CHANGE_CREATED, content::v1::ARTICLE_CHANGE_PUBLISHED}),
      ArticleEvent(kArticle, 2, {ARTICLE_CHANGE_TAGS})};
  const auto published = (*bus)->NewPublisher()->Publish(events);
  ASSERT_TRUE(published) << published.error().ToString();
  ASSERT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return !heard.empty();
  }));

  v1::ExplainTagsRequest request;
  request.set_article_id(kArticle);
  const auto explained = replica.editor->Call<v1::ExplainTagsResponse>({}, request);
  ASSERT_TRUE(explained) << explained.error().ToString();
  EXPECT_EQ(explained->article_sequence(), 1);
  ASSERT_THAT(explained->suggestions(), SizeIs(3));
  const std::lock_guard lock(mutex);
  ASSERT_THAT(heard[0].suggestions(), SizeIs(3));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(heard[0].suggestions(i).SerializeAsString(), explained->suggestions(i).SerializeAsString());
  }
  request.set_article_id(kArticle + 1);
  EXPECT_EQ(replica.editor->Call<v1::ExplainTagsResponse>({}, request).error().code(), Code::kNotFound);
  EXPECT_EQ(replica.service->Call<v1::ExplainTagsResponse>({}, request).error().code(), Code::kPermissionDenied);
}

}  // namespace
}  // namespace kimberlite::tagging
