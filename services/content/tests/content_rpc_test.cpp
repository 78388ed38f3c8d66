// The RPCs through a real server and channel on a real PostgreSQL.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include <functional>
#include <set>
#include <thread>

#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/adapters/sweeper.h"
#include "services/content/tests/harness.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> ListKeys(const v1::ArticleState& state) {
  std::vector<std::string> keys;
  for (const v1::ListPlace& place : state.lists()) keys.push_back(place.list_key());
  return keys;
}

v1::UpdateArticleRequest NewHeadline(const v1::Article& article, const std::string& headline) {
  v1::UpdateArticleRequest request;
  request.set_article_id(article.article_id());
  v1::TranslationChange& change = *request.add_translations();
  change.set_language_code("en");
  for (const v1::Translation& translation : article.translations()) {
    if (translation.language_code() == "en") change.set_expected_version(translation.version());
  }
  change.set_headline(headline);
  return request;
}

TEST_F(ContentRpcTest, WithoutASiteItSaysHowToLoadOne) {
  const std::string sentence = "the site has no settings yet; load them with kimberlitectl site update";
  for (const auto& error :
       {Call<v1::GetSiteResponse>(v1::GetSiteRequest()).error(), Call<v1::CreateArticleResponse>(Story()).error()}) {
    EXPECT_EQ(error.code(), Code::kFailedPrecondition);
    EXPECT_EQ(error.message(), sentence);
  }
}

TEST_F(ContentRpcTest, CreatesReadsAndListsAStory) {
  LoadSite();
  const v1::Article created = Create(Story());
  EXPECT_EQ(created.article_id(), 1001);
  EXPECT_EQ(created.sequence(), 1);
  EXPECT_EQ(created.original_language_code(), "sah");
  ASSERT_THAT(created.translations(), SizeIs(2));
  const v1::Translation& english = created.translations(1);
  EXPECT_EQ(english.slug(), "ice-breaks-early");
  EXPECT_EQ(english.body_html(), "<p>Ice.</p>");
  EXPECT_EQ(english.state(), v1::TRANSLATION_STATE_PUBLISHED);

  v1::GetArticleRequest get;
  get.set_article_id(1001);
  get.set_min_sequence(1);
  const auto read = Call<v1::GetArticleResponse>(get, TokensFile::kService);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_TRUE(MessageDifferencer::Equals(read->article(), created));
  get.set_min_sequence(2);
  EXPECT_EQ(Call<v1::GetArticleResponse>(get).error().code(), Code::kUnavailable);
  get.set_min_sequence(0);
  get.set_article_id(7);
  EXPECT_EQ(Call<v1::GetArticleResponse>(get).error().code(), Code::kNotFound);

  const auto list = List("en/section/economy");
  ASSERT_TRUE(list) << list.error().ToString();
  ASSERT_THAT(list->articles(), SizeIs(1));
  const v1::ArticleCard& card = list->articles(0);
  EXPECT_EQ(card.headline(), "Ice breaks early");
  EXPECT_EQ(card.summary(), "On the Lena");
  EXPECT_EQ(card.source_id(), "river-post");
  EXPECT_THAT(card.concept_ids(), ElementsAre(7, 3));
  EXPECT_THAT(card.authors(), ElementsAre("Ann Petrova"));
  EXPECT_EQ(card.sequence(), 1);
  EXPECT_EQ(card.body_html(), "");
  EXPECT_EQ(card.sort_key(), database_.Text("SELECT sort_key FROM content.list_entries WHERE list_key = 'en'"));
  EXPECT_EQ(list->next_page_token(), "");
}

TEST_F(ContentRpcTest, EveryWriteIsOneTransactionWithItsEvent) {
  LoadSite();
  v1::CreateArticleRequest story = Story();
  story.set_idempotency_key("one");
  const v1::Article created = Create(story);
  // All rows of the write carry the id of one transaction.
  EXPECT_EQ(database_.Number(
                "SELECT count(DISTINCT x) FROM (SELECT xmin::text AS x FROM content.articles UNION ALL"
                " SELECT xmin::text FROM content.translations UNION ALL SELECT xmin::text FROM content.article_tags"
                " UNION ALL SELECT xmin::text FROM content.article_revisions UNION ALL"
                " SELECT xmin::text FROM content.translation_revisions UNION ALL"
                " SELECT xmin::text FROM content.list_entries UNION ALL SELECT xmin::text FROM content.idempotency"
                " UNION ALL SELECT xmin::text FROM content.outbox WHERE key = '1001') AS t"),
            1);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.list_entries"), 13);

  const auto updated = Call<v1::UpdateArticleResponse>(NewHeadline(created, "Ice breaks late"));
  ASSERT_TRUE(updated) << updated.error().ToString();
  EXPECT_EQ(updated->article().sequence(), 2);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.translation_revisions WHERE language_code = 'en'"), 2);
  EXPECT_EQ(
      database_.Text(
          "SELECT string_agg(verb || ' by ' || changed_by, ', ' ORDER BY sequence) FROM content.article_revisions"),
      "create by ann, update by ann");
  EXPECT_EQ(
      database_.Text("SELECT headline FROM content.translation_revisions WHERE language_code = 'en' AND version = 1"),
      "Ice breaks early")
      << "a revision is never changed";
}

TEST_F(ContentRpcTest, EventsTellBeforeAndAfter) {
  LoadSite();
  const v1::Article created = Create(Story());
  const auto updated = Call<v1::UpdateArticleResponse>(NewHeadline(created, "Ice breaks late"));
  ASSERT_TRUE(updated) << updated.error().ToString();
  v1::WithdrawArticleRequest withdraw;
  withdraw.set_article_id(created.article_id());
  withdraw.add_language_codes("en");
  ASSERT_TRUE(Call<v1::WithdrawArticleResponse>(withdraw));

  const std::vector<v1::ArticleChanged> events = database_.Events();
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_FALSE(events[0].has_before());
  EXPECT_THAT(events[0].changes(), ElementsAre(v1::ARTICLE_CHANGE_CREATED, v1::ARTICLE_CHANGE_PUBLISHED));
  EXPECT_THAT(ListKeys(events[0].after()), SizeIs(13));

  EXPECT_THAT(events[1].changes(), ElementsAre(v1::ARTICLE_CHANGE_TEXT));
  EXPECT_TRUE(MessageDifferencer::Equals(events[1].before(), events[0].after()));
  EXPECT_EQ(events[1].before().translations(1).headline(), "Ice breaks early");
  EXPECT_EQ(events[1].after().translations(1).headline(), "Ice breaks late");
  EXPECT_EQ(events[1].after().translations(1).slug(), "ice-breaks-early");
  EXPECT_EQ(events[1].sequence(), 2);
  EXPECT_EQ(events[1].after().sequence(), 2);

  EXPECT_THAT(events[2].changes(), ElementsAre(v1::ARTICLE_CHANGE_WITHDRAWN));
  EXPECT_THAT(ListKeys(events[2].after()), ElementsAre("sah", "sah/archive/2026-11", "sah/concept/3", "sah/concept/7",
                                                       "sah/section/economy", "sah/source/river-post"));
  EXPECT_EQ(database_.Text("SELECT string_agg(DISTINCT type || ' ' || source || ' ' || key, ',') FROM content.outbox "
                           "WHERE topic = 'kimberlite.content.article.v1'"),
            "kimberlite.content.v1.ArticleChanged content 1001");
  EXPECT_EQ(database_.Number("SELECT min(length(traceparent)) FROM content.outbox"), 55);
}

// A bad request, and the error that it gets.
struct Bad {
  std::function<Result<void>()> call;
  Code code;
  std::string field;
  std::string rule;
};

TEST_F(ContentRpcTest, BadInputChangesNothing) {
  LoadSite();
  const v1::Article article = Create(Story());
  const auto create = [&](const std::function<void(v1::CreateArticleRequest&)>& spoil) {
    return [this, spoil]() -> Result<void> {
      v1::CreateArticleRequest request = Story();
      spoil(request);
      KIMBERLITE_RETURN_IF_ERROR(Call<v1::CreateArticleResponse>(request));
      return {};
    };
  };
  const auto update = [&](const std::function<void(v1::UpdateArticleRequest&)>& spoil) {
    return [this, spoil, &article]() -> Result<void> {
      v1::UpdateArticleRequest request = NewHeadline(article, "Other");
      spoil(request);
      KIMBERLITE_RETURN_IF_ERROR(Call<v1::UpdateArticleResponse>(request));
      return {};
    };
  };
  const std::vector<Bad> cases = {
      {create([](auto& r) { r.mutable_translations(0)->set_headline(""); }), Code::kInvalidArgument,
       "translations[0].headline", "must not be empty"},
      {create([](auto& r) { r.set_section_id("sport"); }), Code::kNotFound, "section_id",
       "section \"sport\" does not exist"},
      {create([](auto& r) { r.set_section_id(std::string(1'000'000, 's')); }), Code::kNotFound, "section_id",
       "…\" does not exist"},
      {create([](auto& r) { r.mutable_translations(1)->set_language_code("en_US"); }), Code::kInvalidArgument,
       "translations[1].language_code", "en-US"},
      {create([](auto& r) { r.mutable_translations(1)->set_language_code("fr"); }), Code::kInvalidArgument,
       "translations[1].language_code", "en, ru, sah, ar"},
      {create([](auto& r) { r.mutable_translations(1)->set_body_html(std::string(20'000'000, 'x')); }),
       Code::kResourceExhausted, "translations[1].body_html", "1 MiB"},
      {create([](auto& r) { r.mutable_translations(1)->set_body_markdown(std::string(20'000'000, 'x')); }),
       Code::kInvalidArgument, "translations[1].body_markdown", "not be set together with body_html"},
      {create([](auto& r) {
         for (int i = 1; i <= 10'000; ++i) r.add_concept_ids(i + 10);
       }),
       Code::kResourceExhausted, "concept_ids", "at most 100"},
      {create([](auto& r) { r.mutable_translations(1)->set_headline("Ice \u202Eearly"); }), Code::kInvalidArgument,
       "translations[1].headline", "bidi"},
      {create([](auto& r) { r.mutable_translations(1)->set_headline(std::string("Ice\0early", 9)); }),
       Code::kInvalidArgument, "translations[1].headline", "control"},
      {create([](auto& r) { r.mutable_translations(1)->set_language_code("ru_RU"); }), Code::kInvalidArgument,
       "translations[1].language_code", "ru-RU"},
      {create([](auto& r) { r.mutable_translations(1)->set_language_code("x"); }), Code::kInvalidArgument,
       "translations[1].language_code", "language"},
      {create([](auto& r) { r.mutable_picture()->set_media_id("nothing.png"); }), Code::kNotFound, "picture.media_id",
       "does not exist"},
      {create([](auto& r) { r.set_idempotency_key("\x01"); }), Code::kInvalidArgument, "idempotency_key", "printable"},
      {update([](auto& r) { r.mutable_translations(0)->set_expected_version(2); }), Code::kAborted,
       "translations[0].expected_version", "at version 1, not 2"},
      {update([](auto& r) { r.set_article_id(5); }), Code::kNotFound, "article_id", "article 5 does not exist"},
      {update([](auto& r) { r.set_article_id(0); }), Code::kInvalidArgument, "article_id", "greater than 0"},
      {update([](auto& r) { r.set_section_id("sport"); }), Code::kNotFound, "section_id", "does not exist"},
      {[&]() -> Result<void> {
         KIMBERLITE_RETURN_IF_ERROR(List("en", 201));
         return {};
       },
       Code::kInvalidArgument, "page_size", "1 to 200"},
      {[&]() -> Result<void> {
         KIMBERLITE_RETURN_IF_ERROR(List("en", 3, "next"));
         return {};
       },
       Code::kInvalidArgument, "page_token", "next_page_token"},
      {[&]() -> Result<void> {
         KIMBERLITE_RETURN_IF_ERROR(List("en/tag/7"));
         return {};
       },
       Code::kInvalidArgument, "list_key", "concept"},
  };
  const auto state = [&] {
    return database_.Text(
        "SELECT concat((SELECT count(*) FROM content.articles), ' ', (SELECT sum(sequence) FROM content.articles), ' ',"
        " (SELECT count(*) FROM content.outbox), ' ', (SELECT count(*) FROM content.list_entries), ' ',"
        " (SELECT count(*) FROM content.idempotency))");
  };
  const std::string before = state();
  for (const Bad& bad : cases) {
    const auto outcome = bad.call();
    ASSERT_FALSE(outcome) << bad.field << " " << bad.rule;
    EXPECT_EQ(outcome.error().code(), bad.code) << outcome.error().ToString();
    ASSERT_THAT(outcome.error().violations(), SizeIs(1)) << outcome.error().ToString();
    EXPECT_EQ(outcome.error().violations()[0].field, bad.field);
    EXPECT_THAT(outcome.error().violations()[0].rule, HasSubstr(bad.rule));
    EXPECT_EQ(state(), before) << bad.field;
  }
}

TEST_F(ContentRpcTest, OnlyThoseWithTheRoleMayWrite) {
  LoadSite();
  EXPECT_EQ(Call<v1::CreateArticleResponse>(Story(), TokensFile::kService).error().code(), Code::kPermissionDenied);
  v1::UpdateSiteRequest site;
  *site.mutable_site() = MessageOf(SampleSite());
  EXPECT_EQ(Call<v1::UpdateSiteResponse>(site, TokensFile::kEditor).error().code(), Code::kPermissionDenied);
}

TEST_F(ContentRpcTest, ARepeatedKeyHappensOnceAndAnswersTheSame) {
  LoadSite();
  v1::CreateArticleRequest story = Story();
  story.set_idempotency_key("newsroom:ice");
  const v1::Article first = Create(story);
  const v1::Article second = Create(story);
  EXPECT_TRUE(MessageDifferencer::Equals(first, second));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.articles"), 1);

  v1::UpdateArticleRequest update = NewHeadline(first, "Ice breaks late");
  update.set_idempotency_key("update-1");
  const auto updated = Call<v1::UpdateArticleResponse>(update);
  ASSERT_TRUE(updated) << updated.error().ToString();
  const auto again = Call<v1::UpdateArticleResponse>(update);
  ASSERT_TRUE(again) << "the version moved by the first: " << again.error().ToString();
  EXPECT_TRUE(MessageDifferencer::Equals(updated->article(), again->article()));

  story.set_source_url("https://river.example/other");
  const auto other = Call<v1::CreateArticleResponse>(story);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Code::kInvalidArgument);
  EXPECT_EQ(other.error().violations()[0].field, "idempotency_key");
  v1::PublishArticleRequest publish;
  publish.set_article_id(first.article_id());
  publish.set_idempotency_key("update-1");
  EXPECT_EQ(Call<v1::PublishArticleResponse>(publish).error().code(), Code::kInvalidArgument)
      << "a key belongs to one method";
}

TEST_F(ContentRpcTest, AKeyIsItsCallersOwn) {
  LoadSite();
  v1::CreateArticleRequest story = Story();
  story.set_idempotency_key("ice");
  EXPECT_EQ(Create(story).article_id(), 1001);
  story.set_source_url("https://river.example/other");
  const auto other = Call<v1::CreateArticleResponse>(story, TokensFile::kOtherEditor);
  ASSERT_TRUE(other) << other.error().ToString();
  EXPECT_EQ(other->article().article_id(), 1002);
}

TEST_F(ContentRpcTest, AKeyWhoseWriteFailedMayBeUsedAgain) {
  LoadSite();
  v1::CreateArticleRequest story = Story();
  story.set_idempotency_key("k");
  story.set_source_id("nobody");
  EXPECT_EQ(Call<v1::CreateArticleResponse>(story).error().code(), Code::kNotFound);
  story.set_source_id("");
  EXPECT_TRUE(Call<v1::CreateArticleResponse>(story));
}

TEST_F(ContentRpcTest, TheSameKeyAtOnceHappensOnce) {
  LoadSite();
  v1::CreateArticleRequest story = Story();
  story.set_idempotency_key("race");
  std::vector<std::int64_t> ids(8);
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < ids.size(); ++i) callers.emplace_back([&, i] { ids[i] = Create(story).article_id(); });
  }
  EXPECT_THAT(std::set<std::int64_t>(ids.begin(), ids.end()), ElementsAre(1001));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.articles"), 1);
}

TEST_F(ContentRpcTest, KeysAreForgottenAfterSevenDays) {
  LoadSite();
  v1::CreateArticleRequest story = Story();
  story.set_idempotency_key("old");
  Create(story);
  const auto aged = database_.pool().Write([](pg::Transaction& transaction) {
    return transaction.Query("UPDATE content.idempotency SET created_time = created_time - interval '7 days 1 hour'");
  });
  ASSERT_TRUE(aged) << aged.error().ToString();
  story.set_idempotency_key("new");
  Create(story);
  Sweeper sweeper(database_.pool(), clock_, std::chrono::days(30));
  const auto swept = sweeper.Sweep();
  ASSERT_TRUE(swept) << swept.error().ToString();
  EXPECT_EQ(database_.Text("SELECT string_agg(key, ',') FROM content.idempotency"), "ann new");
}

TEST_F(ContentRpcTest, OfTwoWritersOnOneVersionOneIsAborted) {
  LoadSite();
  v1::Article article = Create(Story());
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> done = 0;
    std::atomic<int> aborted = 0;
    {
      std::vector<std::jthread> writers;
      for (int i = 0; i < 2; ++i) {
        writers.emplace_back([&, i] {
          const auto outcome = Call<v1::UpdateArticleResponse>(
              NewHeadline(article, "Round " + std::to_string(round) + " by " + std::to_string(i)));
          if (outcome)
            ++done;
          else if (outcome.error().code() == Code::kAborted)
            ++aborted;
          else
            ADD_FAILURE() << outcome.error().ToString();
        });
      }
    }
    EXPECT_EQ(done, 1);
    EXPECT_EQ(aborted, 1);
    v1::GetArticleRequest get;
    get.set_article_id(article.article_id());
    article = Call<v1::GetArticleResponse>(get)->article();
    EXPECT_EQ(article.sequence(), round + 2);
  }
  EXPECT_THAT(database_.Events(), SizeIs(6));
}

TEST_F(ContentRpcTest, ListsArePagedByCursor) {
  LoadSite();
  std::vector<std::int64_t> newest_first;
  for (int i = 0; i < 7; ++i) newest_first.insert(newest_first.begin(), Create(Story()).article_id());
  std::vector<std::int64_t> walked;
  std::string token;
  int pages = 0;
  do {
    const auto page = List("en/concept/7", 3, token);
    ASSERT_TRUE(page) << page.error().ToString();
    for (const v1::ArticleCard& card : page->articles()) walked.push_back(card.article_id());
    token = page->next_page_token();
    ++pages;
    // What comes in at the head does not move what is older.
    if (pages == 1) Create(Story());
  } while (!token.empty());
  EXPECT_EQ(walked, newest_first);
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(Ids("ru"), IsEmpty());
  EXPECT_THAT(Ids("en/section/society"), IsEmpty());
}

TEST_F(ContentRpcTest, AListPageWithBodiesEndsWhereItBecomesTooLarge) {
  LoadSite();
  v1::CreateArticleRequest story = Story();
  story.mutable_translations(1)->set_body_html("<p>" + std::string(1'000'000, 'x') + "</p>");
  for (int i = 0; i < 18; ++i) Create(story);
  v1::ListArticlesRequest request;
  request.set_list_key("en");
  request.set_page_size(200);
  request.set_with_bodies(true);
  const auto first = Call<v1::ListArticlesResponse>(request);
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_EQ(first->articles_size(), 16);
  EXPECT_EQ(first->articles(0).body_html().size(), 1'000'007u);
  request.set_page_token(first->next_page_token());
  const auto second = Call<v1::ListArticlesResponse>(request);
  ASSERT_TRUE(second) << second.error().ToString();
  EXPECT_EQ(second->articles_size(), 2);
  EXPECT_EQ(second->next_page_token(), "");
}

// Twenty thousand stories: enough that a scan or a sort of the whole list would cost more than the range.
constexpr const char* kManyStories[] = {
    "INSERT INTO content.articles (article_id, sequence, section_id, source_url, original_language_code, created_time)"
    " SELECT n, 1, 'economy', '', 'en', now() FROM generate_series(100001, 120000) AS n",
    "INSERT INTO content.translations SELECT n, 'en', 2, 1, 'Story', 'story', '', '<p>x</p>', '{}', now(), now(), false"
    " FROM generate_series(100001, 120000) AS n",
    "INSERT INTO content.article_tags SELECT n, 1, 7, 1, 1 FROM generate_series(100001, 120000) AS n",
    "INSERT INTO content.list_entries SELECT 'en', lpad(to_hex(n), 28, '0'), n, 'en' FROM generate_series(100001, "
    "120000) AS n",
    "ANALYZE content.articles, content.translations, content.article_tags, content.list_entries"};

TEST_F(ContentRpcTest, APageOfAListIsARangeOfItsIndex) {
  LoadSite();
  // With the values known, and with the generic plan that a connection takes after some calls.
  for (const char* mode : {"force_custom_plan", "force_generic_plan"}) {
    const auto plan = database_.pool().Write([&](pg::Transaction& transaction) -> Result<pg::Rows> {
      if (std::string_view(mode) == "force_custom_plan") {
        for (const char* statement : kManyStories) KIMBERLITE_RETURN_IF_ERROR(transaction.Query(statement));
      }
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query("SET LOCAL plan_cache_mode = " + std::string(mode)));
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query("PREPARE list_" + std::string(mode) + " AS " + kListSql));
      return transaction.Query("EXPLAIN EXECUTE list_" + std::string(mode) + " ('en', 'g', 31, '')");
    });
    ASSERT_TRUE(plan) << plan.error().ToString();
    std::string text;
    for (const pg::Row& row : *plan) text += row.String("QUERY PLAN") + "\n";
    EXPECT_THAT(text, HasSubstr("Backward using list_entries_pkey")) << mode;
    EXPECT_THAT(text, ::testing::Not(HasSubstr("Seq Scan"))) << mode;
    EXPECT_THAT(text, ::testing::Not(HasSubstr("Sort Key: e.sort_key"))) << mode;
    EXPECT_THAT(text, ::testing::Not(HasSubstr("Sort Key: list_entries.sort_key"))) << mode;
  }
}

TEST_F(ContentRpcTest, DraftsArePublishedAndWithdrawnStoriesLeaveEveryList) {
  LoadSite();
  v1::CreateArticleRequest story = Story();
  story.set_publish(false);
  const v1::Article draft = Create(story);
  EXPECT_THAT(Ids("en"), IsEmpty());

  v1::PublishArticleRequest publish;
  publish.set_article_id(draft.article_id());
  const auto published = Call<v1::PublishArticleResponse>(publish);
  ASSERT_TRUE(published) << published.error().ToString();
  EXPECT_EQ(published->article().translations(0).version(), 2);
  for (const char* key : {"en", "sah", "en/section/economy", "sah/concept/3", "en/source/river-post"}) {
    EXPECT_THAT(Ids(key), ElementsAre(draft.article_id())) << key;
  }

  v1::WithdrawArticleRequest withdraw;
  withdraw.set_article_id(draft.article_id());
  withdraw.set_reason("the river was another");
  const auto withdrawn = Call<v1::WithdrawArticleResponse>(withdraw);
  ASSERT_TRUE(withdrawn) << withdrawn.error().ToString();
  EXPECT_EQ(withdrawn->article().translations(0).state(), v1::TRANSLATION_STATE_WITHDRAWN);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.list_entries"), 0);
  EXPECT_EQ(database_.Text("SELECT note FROM content.article_revisions WHERE verb = 'withdraw'"),
            "the river was another");
  EXPECT_EQ(Call<v1::PublishArticleResponse>(publish).error().code(), Code::kFailedPrecondition);
}

TEST_F(ContentRpcTest, ConceptsMoveListsAndNotVersions) {
  LoadSite();
  const v1::Article article = Create(Story());
  v1::UpdateArticleRequest update;
  update.set_article_id(article.article_id());
  update.set_concepts_set(true);
  update.add_concept_ids(9);
  const auto updated = Call<v1::UpdateArticleResponse>(update);
  ASSERT_TRUE(updated) << updated.error().ToString();
  EXPECT_EQ(updated->article().translations(0).version(), 1);
  EXPECT_THAT(Ids("en/concept/9"), ElementsAre(article.article_id()));
  EXPECT_THAT(Ids("en/concept/7"), IsEmpty());
  EXPECT_THAT(database_.Events().back().changes(), ElementsAre(v1::ARTICLE_CHANGE_TAGS));
}

TEST_F(ContentRpcTest, TheSiteIsReplacedAndItsChangesTold) {
  const v1::Site loaded = LoadSite();
  EXPECT_EQ(loaded.sequence(), 2) << "the settings and one source";
  v1::Site expected = MessageOf(SampleSite());
  expected.set_sequence(2);
  EXPECT_TRUE(MessageDifferencer::Equals(loaded, expected));
  EXPECT_EQ(LoadSite().sequence(), 2) << "the same once more changes nothing";

  v1::UpdateSiteRequest update;
  *update.mutable_site() = loaded;
  update.set_expected_sequence(1);
  (*update.mutable_site()->mutable_names())["en"] = "The Lena Post";
  EXPECT_EQ(Call<v1::UpdateSiteResponse>(update, TokensFile::kOperator).error().code(), Code::kAborted);
  update.set_expected_sequence(2);
  const auto updated = Call<v1::UpdateSiteResponse>(update, TokensFile::kOperator);
  ASSERT_TRUE(updated) << updated.error().ToString();
  EXPECT_EQ(updated->site().sequence(), 3);
  EXPECT_THAT(updated->site().sources(), SizeIs(1));
  const auto read = Call<v1::GetSiteResponse>(v1::GetSiteRequest());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->site().names().at("en"), "The Lena Post");
  v1::GetSiteRequest newer;
  newer.set_min_sequence(4);
  EXPECT_EQ(Call<v1::GetSiteResponse>(newer).error().code(), Code::kUnavailable);
  EXPECT_EQ(
      database_.Text("SELECT string_agg(topic || ' ' || key || ' ' || sequence, ',' ORDER BY id) FROM content.outbox"),
      "kimberlite.content.site.v1 site 1,kimberlite.content.site.v1 site 2,kimberlite.content.site.v1 site 3");
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.site_revisions"), 3);
}

TEST_F(ContentRpcTest, WhatIsInUseStaysInTheSite) {
  LoadSite();
  Create(Story());
  Site site = SampleSite();
  std::erase_if(site.sections, [](const Section& section) { return section.section_id == "economy"; });
  v1::UpdateSiteRequest update;
  *update.mutable_site() = MessageOf(site);
  auto refused = Call<v1::UpdateSiteResponse>(update, TokensFile::kOperator);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("economy"));

  site = SampleSite();
  site.names.erase("sah");
  site.sections[1].labels.erase("sah");
  std::erase_if(site.languages, [](const SiteLanguage& language) { return language.language_code == "sah"; });
  *update.mutable_site() = MessageOf(site);
  refused = Call<v1::UpdateSiteResponse>(update, TokensFile::kOperator);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("sah"));

  site = SampleSite();
  site.sections.erase(site.sections.begin());
  *update.mutable_site() = MessageOf(site);
  EXPECT_TRUE(Call<v1::UpdateSiteResponse>(update, TokensFile::kOperator)) << "nothing is in Society";
}

TEST_F(ContentRpcTest, NamesTheFieldOfASectionThatWasRemovedMeanwhile) {
  LoadSite();
  // As a writer meets it that has read the site before.
  ASSERT_TRUE(database_.pool().Write([](pg::Transaction& transaction) {
    return transaction.Query("DELETE FROM content.sections WHERE section_id = 'economy'");
  }));
  const auto refused = Call<v1::CreateArticleResponse>(Story());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kNotFound);
  ASSERT_THAT(refused.error().violations(), SizeIs(1));
  EXPECT_EQ(refused.error().violations()[0].field, "section_id");
  EXPECT_EQ(refused.error().violations()[0].rule, "section \"economy\" does not exist");
}

TEST_F(ContentRpcTest, NothingBecomesPublicInALanguageThatIsBeingRemoved) {
  LoadSite();
  Site site = SampleSite();
  site.names.erase("sah");
  site.sections[1].labels.erase("sah");
  std::erase_if(site.languages, [](const SiteLanguage& language) { return language.language_code == "sah"; });
  std::jthread writer;
  Result<v1::CreateArticleResponse> created = Fail(Code::kUnknown, "not called");
  const auto removed = database_.pool().Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(
        sites_.Update(transaction, {.verb = "site", .actor = "olga", .time = At2026(0)}, 0, site));
    // It has read the old settings, and meets the lock.
    writer = std::jthread([&] { created = Call<v1::CreateArticleResponse>(Story()); });
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (std::chrono::steady_clock::now() < give_up) {
      if (database_.Number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                           " AND wait_event_type = 'Lock'") == 1) {
        return {};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return Fail(Code::kDeadlineExceeded, "the writer did not wait");
  });
  writer.join();
  ASSERT_TRUE(removed) << removed.error().ToString();
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code(), Code::kAborted);
  EXPECT_THAT(created.error().message(), HasSubstr("sah"));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.list_entries"), 0);
}

TEST_F(ContentRpcTest, KeepsPicturesByTheirBytes) {
  LoadSite();
  v1::PutMediaRequest put;
  put.set_data(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 480\"><rect width=\"9\" height=\"9\"/></svg>");
  const auto first = Call<v1::PutMediaResponse>(put);
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_EQ(first->media().content_type(), "image/svg+xml");
  EXPECT_EQ(first->media().width(), 640);
  EXPECT_EQ(first->media().data(), "");
  EXPECT_THAT(first->media().media_id(), ::testing::MatchesRegex("[0-9a-f]{64}\\.svg"));
  EXPECT_EQ(Call<v1::PutMediaResponse>(put)->media().media_id(), first->media().media_id());

  v1::GetMediaRequest get;
  get.set_media_id(first->media().media_id());
  const auto read = Call<v1::GetMediaResponse>(get, TokensFile::kService);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->media().data(), put.data());
  get.set_media_id("nothing.png");
  EXPECT_EQ(Call<v1::GetMediaResponse>(get).error().code(), Code::kNotFound);

  v1::CreateArticleRequest story = Story();
  story.mutable_picture()->set_media_id(first->media().media_id());
  (*story.mutable_picture()->mutable_alt())["ru"] = "Лёд \"у\" берега";
  const v1::Article article = Create(story);
  EXPECT_EQ(article.picture().alt().at("ru"), "Лёд \"у\" берега");
  EXPECT_TRUE(MessageDifferencer::Equals(List("en")->articles(0).picture(), story.picture()));

  put.set_data("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\" onload=\"x()\"/>");
  EXPECT_EQ(Call<v1::PutMediaResponse>(put).error().code(), Code::kInvalidArgument);
  put.set_data("GIF89a");
  EXPECT_EQ(Call<v1::PutMediaResponse>(put).error().violations()[0].field, "data");
  put.set_data("");
  EXPECT_EQ(Call<v1::PutMediaResponse>(put).error().code(), Code::kInvalidArgument);
  put.set_data("\x89PNG" + std::string(5'000'000, 'x'));
  EXPECT_EQ(Call<v1::PutMediaResponse>(put).error().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace kimberlite::content
