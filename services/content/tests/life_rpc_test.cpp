#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include <thread>

#include "services/content/adapters/schedule.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class LifeRpcTest : public ContentRpcTest {
 protected:
  void SetUp() override {
    ContentRpcTest::SetUp();
    LoadSite();
  }

  v1::Article Draft() {
    v1::CreateArticleRequest request = Story();
    request.set_publish(false);
    return Create(request);
  }
  v1::Article Get(std::int64_t article_id) {
    v1::GetArticleRequest request;
    request.set_article_id(article_id);
    return Call<v1::GetArticleResponse>(request)->article();
  }
  Result<v1::ScheduleArticleResponse> ScheduleLocal(std::int64_t article_id, const std::string& local,
                                                    const std::string& zone) {
    v1::ScheduleArticleRequest request;
    request.set_article_id(article_id);
    request.mutable_local_time()->set_local_time(local);
    request.mutable_local_time()->set_time_zone(zone);
    return Call<v1::ScheduleArticleResponse>(request);
  }
  int Fire(Time now) {
    std::vector<std::int64_t> failed;
    const auto fired = Schedule::Round(database_.pool(), sites_, now, failed);
    EXPECT_TRUE(fired) << fired.error().ToString();
    EXPECT_TRUE(failed.empty());
    return fired ? *fired : -1;
  }
  std::vector<std::string> Verbs(std::int64_t article_id) {
    v1::ListRevisionsRequest request;
    request.set_article_id(article_id);
    const auto revisions = Call<v1::ListRevisionsResponse>(request);
    EXPECT_TRUE(revisions) << revisions.error().ToString();
    std::vector<std::string> verbs;
    for (const auto& revision : revisions->revisions()) verbs.push_back(revision.verb());
    return verbs;
  }
  static Time At(const char* time) { return *ParseRfc3339(time); }
};

TEST_F(LifeRpcTest, AScheduleIsLocalOnTheWayInAndUtcOnTheWayOut) {
  const v1::Article article = Draft();
  const auto set = ScheduleLocal(article.article_id(), "2027-01-05T06:00", "");
  ASSERT_TRUE(set) << set.error().ToString();
  EXPECT_EQ(FormatRfc3339(Time(std::chrono::seconds(set->article().translations(0).scheduled_time().seconds()))),
            "2027-01-04T21:00:00Z")
      << "Yakutsk is the site's zone";
  EXPECT_EQ(set->article().translations(0).state(), v1::TRANSLATION_STATE_SCHEDULED);
  const auto moved = ScheduleLocal(article.article_id(), "2027-01-05T06:00", "Europe/Brussels");
  EXPECT_EQ(moved->article().translations(1).scheduled_time().seconds(),
            At("2027-01-05T05:00:00Z").time_since_epoch().count() / 1'000'000);
  EXPECT_EQ(ScheduleLocal(article.article_id(), "soon", "").error().violations()[0].field, "local_time.local_time");
  EXPECT_EQ(ScheduleLocal(article.article_id(), "2027-01-05T06:00", "MSK").error().violations()[0].field,
            "local_time.time_zone");
  v1::ScheduleArticleRequest nothing;
  nothing.set_article_id(article.article_id());
  EXPECT_EQ(Call<v1::ScheduleArticleResponse>(nothing).error().code(), Code::kInvalidArgument);
}

TEST_F(LifeRpcTest, FiresOnceHoweverManyLook) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(Draft().article_id());
    ASSERT_TRUE(ScheduleLocal(ids.back(), "2027-01-05T06:00", "UTC"));
  }
  EXPECT_EQ(Fire(At("2027-01-05T05:59:59Z")), 0);
  EXPECT_TRUE(Ids("en").empty());
  std::atomic<int> fired = 0;
  {
    std::vector<std::jthread> replicas;
    for (int i = 0; i < 4; ++i) replicas.emplace_back([&] { fired += Fire(At("2027-01-05T06:00:00Z")); });
  }
  EXPECT_EQ(fired, 10);
  EXPECT_THAT(Ids("en"), SizeIs(10));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.article_revisions WHERE verb = 'fire'"), 10);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.outbox WHERE topic = 'kimberlite.content.article.v1'"), 30);
  EXPECT_THAT(Verbs(ids[0]), ElementsAre("fire", "schedule", "create"));
}

TEST_F(LifeRpcTest, OneArticleThatFailsKeepsNobodyWaiting) {
  const std::int64_t broken = Draft().article_id();
  const std::int64_t whole = Draft().article_id();
  ASSERT_TRUE(ScheduleLocal(broken, "2027-01-05T06:00", "UTC"));
  ASSERT_TRUE(ScheduleLocal(whole, "2027-01-05T06:01", "UTC"));
  ASSERT_TRUE(database_.pool().Write([&](pg::Transaction& transaction) {
    return transaction.Query("ALTER TABLE content.articles ADD CONSTRAINT broken CHECK (article_id <> " +
                             std::to_string(broken) + " OR sequence < 3) NOT VALID");
  }));
  std::vector<std::int64_t> failed;
  const auto fired = Schedule::Round(database_.pool(), sites_, At("2027-01-05T06:01:00Z"), failed);
  ASSERT_TRUE(fired) << fired.error().ToString();
  EXPECT_EQ(*fired, 1);
  EXPECT_THAT(failed, ElementsAre(broken));
  EXPECT_EQ(Get(whole).translations(1).state(), v1::TRANSLATION_STATE_PUBLISHED);
  EXPECT_EQ(Get(broken).translations(1).state(), v1::TRANSLATION_STATE_SCHEDULED) << "nothing of it is half there";
}

TEST_F(LifeRpcTest, TheThreadFiresWithinASecond) {
  const SystemClock clock;
  const std::int64_t id = Draft().article_id();
  v1::ScheduleArticleRequest request;
  request.set_article_id(id);
  const Time due = SystemClock().Now() + std::chrono::milliseconds(700);
  request.mutable_scheduled_time()->set_seconds(due.time_since_epoch().count() / 1'000'000);
  request.mutable_scheduled_time()->set_nanos(static_cast<int>(due.time_since_epoch().count() % 1'000'000 * 1000));
  ASSERT_TRUE(Call<v1::ScheduleArticleResponse>(request));
  const Schedule schedule(database_.pool(), sites_, clock);
  while (Get(id).translations(0).state() != v1::TRANSLATION_STATE_PUBLISHED) {
    ASSERT_LT(SystemClock().Now(), due + std::chrono::seconds(20));
    std::this_thread::yield();
  }
  const v1::Translation fired = Get(id).translations(0);
  const Time published(std::chrono::seconds(fired.published_time().seconds()) +
                       std::chrono::microseconds(fired.published_time().nanos() / 1000));
  EXPECT_GE(published, due);
  EXPECT_LT(published, due + std::chrono::seconds(1));
}

TEST_F(LifeRpcTest, StoryWideVerbsAreOneEvent) {
  const std::int64_t id = Draft().article_id();
  v1::EmbargoArticleRequest embargo;
  embargo.set_article_id(id);
  embargo.mutable_local_time()->set_local_time("2027-01-05T06:00");
  embargo.set_publish_then(true);
  const auto held = Call<v1::EmbargoArticleResponse>(embargo);
  ASSERT_TRUE(held) << held.error().ToString();
  EXPECT_EQ(held->article().embargo_time().seconds(), held->article().translations(1).scheduled_time().seconds());
  v1::PublishArticleRequest publish;
  publish.set_article_id(id);
  publish.add_language_codes("en");
  EXPECT_EQ(Call<v1::PublishArticleResponse>(publish).error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(Fire(At("2027-01-05T06:00:00Z")), 1) << "after 21:00 UTC of the day before";

  v1::CorrectArticleRequest correct;
  correct.set_article_id(id);
  for (const char* code : {"sah", "en"}) {
    v1::TranslationCorrection& correction = *correct.add_corrections();
    correction.mutable_change()->set_language_code(code);
    correction.mutable_change()->set_expected_version(3);
    correction.mutable_change()->set_headline(std::string("Mended ") + code);
    correction.set_note("The river was another one.");
  }
  const auto corrected = Call<v1::CorrectArticleResponse>(correct);
  ASSERT_TRUE(corrected) << corrected.error().ToString();
  EXPECT_EQ(corrected->article().translations(0).corrections(0).note(), "The river was another one.");
  EXPECT_THAT(database_.Events().back().changes(), ElementsAre(v1::ARTICLE_CHANGE_TEXT, v1::ARTICLE_CHANGE_CORRECTED));

  v1::WithdrawArticleRequest withdraw;
  withdraw.set_article_id(id);
  ASSERT_TRUE(Call<v1::WithdrawArticleResponse>(withdraw));
  // For the server's clock the embargo has not ended yet.
  v1::EmbargoArticleRequest lift;
  lift.set_article_id(id);
  lift.set_lift(true);
  ASSERT_TRUE(Call<v1::EmbargoArticleResponse>(lift));
  v1::RestoreArticleRequest restore;
  restore.set_article_id(id);
  restore.set_reason("it was right");
  const auto restored = Call<v1::RestoreArticleResponse>(restore);
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(restored->article().translations(0).state(), v1::TRANSLATION_STATE_PUBLISHED);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(Get(id), restored->article()));
  EXPECT_THAT(Verbs(id), ElementsAre("restore", "embargo", "withdraw", "correct", "fire", "embargo", "create"));
  EXPECT_THAT(database_.Events(), SizeIs(7));
}

TEST_F(LifeRpcTest, TheArticleAsItWas) {
  const std::int64_t id = Create(Story()).article_id();
  const v1::Article first = Get(id);
  v1::UpdateArticleRequest update;
  update.set_article_id(id);
  v1::TranslationChange& change = *update.add_translations();
  change.set_language_code("en");
  change.set_expected_version(1);
  change.set_headline("Ice breaks late");
  update.add_concept_ids(99);
  update.set_concepts_set(true);
  ASSERT_TRUE(Call<v1::UpdateArticleResponse>(update));

  v1::ListRevisionsRequest list;
  list.set_article_id(id);
  list.set_page_size(1);
  const auto newest = Call<v1::ListRevisionsResponse>(list);
  ASSERT_THAT(newest->revisions(), SizeIs(1));
  EXPECT_EQ(newest->revisions(0).changed_by(), "ann");
  EXPECT_EQ(newest->revisions(0).versions(0).headline(), "Ice breaks late");
  list.set_page_token(newest->next_page_token());
  const auto oldest = Call<v1::ListRevisionsResponse>(list);
  EXPECT_THAT(oldest->revisions(0).versions(), SizeIs(2));
  EXPECT_EQ(oldest->next_page_token(), "");

  v1::GetArticleRequest request;
  request.set_article_id(id);
  *request.mutable_as_of_time() = oldest->revisions(0).changed_time();
  const auto then = Call<v1::GetArticleResponse>(request);
  ASSERT_TRUE(then) << then.error().ToString();
  v1::Article expected = first;
  for (v1::Translation& translation : *expected.mutable_translations()) translation.clear_drift();
  v1::Article found = then->article();
  for (v1::Translation& translation : *found.mutable_translations()) translation.clear_drift();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(found, expected))
      << found.DebugString() << expected.DebugString();
  request.mutable_as_of_time()->set_seconds(request.as_of_time().seconds() - 1);
  EXPECT_EQ(Call<v1::GetArticleResponse>(request).error().code(), Code::kNotFound);
}

TEST_F(LifeRpcTest, ExpiredRightsEmptyTheListsOfTheSource) {
  const std::int64_t id = Create(Story()).article_id();
  v1::PutSourceRequest put;
  put.mutable_source()->set_source_id("river-post");
  put.mutable_source()->set_name("River Post");
  put.mutable_source()->set_rights("one year");
  put.mutable_source()->mutable_rights_expire_time()->set_seconds(1'893'456'000);  // 2030-01-01
  put.mutable_source()->set_rights_expiry(v1::RIGHTS_EXPIRY_WITHDRAW);
  ASSERT_TRUE(Call<v1::PutSourceResponse>(put));
  const auto site = Call<v1::GetSiteResponse>(v1::GetSiteRequest());
  EXPECT_EQ(site->site().sources(0).rights_expire_time().seconds(), 1'893'456'000);
  EXPECT_EQ(Fire(At("2029-12-31T23:59:59Z")), 0);
  EXPECT_EQ(Fire(At("2030-01-01T00:00:00Z")), 1);
  EXPECT_EQ(Get(id).translations(0).state(), v1::TRANSLATION_STATE_WITHDRAWN);
  EXPECT_TRUE(Ids("en").empty());
  EXPECT_EQ(Fire(At("2030-01-01T00:00:01Z")), 0);
}

TEST_F(LifeRpcTest, TranslationWorkIsSortedByDrift) {
  const auto edit = [&](std::int64_t id, const std::string& body) {
    v1::UpdateArticleRequest update;
    update.set_article_id(id);
    v1::TranslationChange& change = *update.add_translations();
    change.set_language_code("sah");
    change.set_expected_version(Get(id).translations(0).version());
    change.set_body_markdown(body);
    const auto updated = Call<v1::UpdateArticleResponse>(update);
    ASSERT_TRUE(updated) << updated.error().ToString();
  };
  const std::int64_t little = Create(Story()).article_id();
  const std::int64_t much = Create(Story()).article_id();
  const std::int64_t none = Create(Story()).article_id();
  edit(little, "Өлүөнэ\n\nөссө");
  edit(much, "Өлүөнэ\n\nикки\n\nүс");
  v1::ListTranslationWorkRequest request;
  request.set_page_size(1);
  const auto first = Call<v1::ListTranslationWorkResponse>(request);
  ASSERT_TRUE(first) << first.error().ToString();
  ASSERT_THAT(first->articles(), SizeIs(1));
  EXPECT_EQ(first->articles(0).article_id(), much);
  EXPECT_EQ(first->articles(0).paragraphs_behind(), 2);
  EXPECT_EQ(first->articles(0).headline(), "Муус эрдэ устар");
  ASSERT_THAT(first->articles(0).languages(), SizeIs(3));
  EXPECT_EQ(first->articles(0).languages(0).language_code(), "en");
  EXPECT_EQ(first->articles(0).languages(0).drift().paragraphs_behind(), 2);
  EXPECT_EQ(first->articles(0).languages(0).drift().paragraphs_total(), 3);
  EXPECT_EQ(first->articles(0).languages(1).state(), v1::TRANSLATION_STATE_UNSPECIFIED) << "ru is missing";
  request.set_page_token(first->next_page_token());
  request.set_language_code("en");
  const auto second = Call<v1::ListTranslationWorkResponse>(request);
  ASSERT_THAT(second->articles(), SizeIs(1));
  EXPECT_EQ(second->articles(0).article_id(), little);
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_NE(second->articles(0).article_id(), none);
  request.set_page_token("7.x");
  EXPECT_EQ(Call<v1::ListTranslationWorkResponse>(request).error().violations()[0].field, "page_token");

  v1::ListParagraphsRequest paragraphs;
  paragraphs.set_article_id(little);
  const auto listed = Call<v1::ListParagraphsResponse>(paragraphs);
  ASSERT_THAT(listed->paragraphs(), SizeIs(2));
  EXPECT_EQ(listed->paragraphs(1).html(), "<p>өссө</p>");
  EXPECT_THAT(listed->paragraphs(1).behind_language_codes(), ElementsAre("en"));
  v1::MarkParagraphsDoneRequest done;
  done.set_article_id(little);
  done.set_language_code("en");
  done.add_paragraph_ids(listed->paragraphs(1).paragraph_id());
  const auto marked = Call<v1::MarkParagraphsDoneResponse>(done);
  ASSERT_TRUE(marked) << marked.error().ToString();
  EXPECT_EQ(marked->article().translations(1).drift().paragraphs_behind(), 0);
  EXPECT_THAT(database_.Events().back().changes(), ElementsAre(v1::ARTICLE_CHANGE_DRIFT));
  request.set_page_token("");
  EXPECT_EQ(Call<v1::ListTranslationWorkResponse>(request)->articles(0).article_id(), much);
}

}  // namespace
}  // namespace kimberlite::content
