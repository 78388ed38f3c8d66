// What comes by the bus, on a real PostgreSQL; and the whole service with its bus.
#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "kimberlite/ingest/v1/events.pb.h"
#include "kimberlite/tagging/v1/events.pb.h"
#include "libs/base/id.h"
#include "libs/bus/bus.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/item_handler.h"
#include "services/content/adapters/tags_handler.h"
#include "services/content/app.h"
#include "services/content/tests/harness.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ingest::v1::ItemTaken Item() {
  ingest::v1::ItemTaken item;
  item.set_source_id("wire");
  item.set_external_id("guid-1");
  item.set_sequence(1);
  item.set_credit_name("Yakutia24");
  item.set_credit_url("https://yakutia24.example");
  item.set_link("https://wire.example/news/1");
  item.set_language_code("ru");
  item.set_headline("АЛРОСА добыла алмаз");
  item.set_summary("Коротко & ясно");
  item.set_body_html("<p>Текст</p>");
  item.add_categories("ЭКОНОМИКА");
  item.set_default_section_id("society");
  item.set_publish_at_once(true);
  return item;
}

template <typename Message>
bus::Event EventWith(const std::string& topic, const std::string& key, const Message& message) {
  return {.topic = topic,
          .key = key,
          .id = NewUuid(),
          .type = message.GetDescriptor()->full_name(),
          .source = "test",
          .time = At2026(0),
          .sequence = message.sequence(),
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          .payload = message.SerializeAsString()};
}

bus::Event ItemEvent(const ingest::v1::ItemTaken& item) {
  return EventWith("kimberlite.ingest.item.v1", item.source_id() + "/" + item.external_id(), item);
}

bus::Event TagsEvent(std::int64_t article_id, std::int64_t sequence, const std::vector<std::int64_t>& concepts) {
  tagging::v1::ArticleTagsSuggested suggested;
  suggested.set_article_id(article_id);
  suggested.set_sequence(sequence);
  for (const std::int64_t id : concepts) {
    tagging::v1::Suggestion& suggestion = *suggested.add_suggestions();
    suggestion.set_concept_id(id);
    suggestion.set_confidence(0.75);
  }
  return EventWith("kimberlite.tagging.article_tags.v1", std::to_string(article_id), suggested);
}

class HandlersTest : public ContentRpcTest {
 protected:
  Result<void> File(const ingest::v1::ItemTaken& item) { return items_.Handle(ItemEvent(item)); }
  v1::Article Get(std::int64_t article_id) {
    v1::GetArticleRequest get;
    get.set_article_id(article_id);
    const auto read = Call<v1::GetArticleResponse>(get);
    EXPECT_TRUE(read) << read.error().ToString();
    return read ? read->article() : v1::Article();
  }

  ItemHandler items_{database_.pool(), sites_, clock_};
  TagsHandler tags_{database_.pool(), sites_, clock_};
};

TEST_F(HandlersTest, AnItemBecomesAPublishedStory) {
  LoadSite();
  const auto filed = File(Item());
  ASSERT_TRUE(filed) << filed.error().ToString();
  const v1::Article article = Get(1001);
  EXPECT_EQ(article.section_id(), "economy");
  EXPECT_EQ(article.source_id(), "yakutia24");
  EXPECT_EQ(article.source_url(), "https://wire.example/news/1");
  EXPECT_EQ(article.original_language_code(), "ru");
  EXPECT_EQ(article.translations(0).headline(), "АЛРОСА добыла алмаз");
  EXPECT_EQ(article.translations(0).state(), v1::TRANSLATION_STATE_PUBLISHED);
  EXPECT_THAT(Ids("ru/source/yakutia24"), ElementsAre(1001));
  const auto site = Call<v1::GetSiteResponse>(v1::GetSiteRequest());
  ASSERT_THAT(site->site().sources(), SizeIs(2));
  EXPECT_EQ(site->site().sources(1).name(), "Yakutia24");
  EXPECT_EQ(site->site().sequence(), 3);
  // The trace of the item goes on in the article's event.
  EXPECT_THAT(database_.Text("SELECT traceparent FROM content.outbox WHERE key = '1001'"),
              HasSubstr("0af7651916cd43dd8448eb211c80319c"));
  EXPECT_EQ(database_.Text("SELECT changed_by FROM content.article_revisions"), "ingest:wire");
}

TEST_F(HandlersTest, AFullListOfSourcesTakesNoMoreCredits) {
  LoadSite();
  ASSERT_TRUE(database_.pool().Write([](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(
        transaction.Query("INSERT INTO content.sources (source_id, name, url)"
                          " SELECT 'wire-' || i, 'Wire', '' FROM generate_series(1, 999) AS i"));
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("UPDATE content.site SET sequence = sequence + 1"));
    return {};
  }));
  const auto filed = File(Item());
  ASSERT_TRUE(filed) << filed.error().ToString();
  EXPECT_EQ(Get(1001).source_id(), "");
  ingest::v1::ItemTaken known = Item();
  known.set_external_id("guid-2");
  known.set_credit_name("River Post");
  ASSERT_TRUE(File(known));
  EXPECT_EQ(Get(1002).source_id(), "river-post");

  // As a handler meets it that has read the site before.
  const auto ensured = database_.pool().Write([&](pg::Transaction& transaction) {
    return sites_.EnsureSource(transaction, {.verb = "file", .actor = "ingest:wire", .time = At2026(0)},
                               {"yakutia24", "Yakutia24", ""});
  });
  ASSERT_TRUE(ensured) << ensured.error().ToString();
  EXPECT_FALSE(*ensured);

  v1::PutSourceRequest put;
  put.mutable_source()->set_source_id("yakutia24");
  put.mutable_source()->set_name("Yakutia24");
  const auto refused = Call<v1::PutSourceResponse>(put);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_THAT(refused.error().violations().at(0).rule, HasSubstr("at most 1000"));
  put.mutable_source()->set_source_id("wire-7");
  EXPECT_TRUE(Call<v1::PutSourceResponse>(put));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.sources"), 1000);
}

TEST_F(HandlersTest, ASummaryStandsInForAMissingBody) {
  LoadSite();
  ingest::v1::ItemTaken item = Item();
  item.clear_body_html();
  ASSERT_TRUE(File(item));
  EXPECT_EQ(Get(1001).translations(0).body_html(), "<p>Коротко &amp; ясно</p>");
}

TEST_F(HandlersTest, TheSameEventAndOlderItemsHappenOnce) {
  LoadSite();
  ingest::v1::ItemTaken item = Item();
  item.set_sequence(2);
  const bus::Event event = ItemEvent(item);
  ASSERT_TRUE(items_.Handle(event));
  ASSERT_TRUE(items_.Handle(event));
  item.set_sequence(1);
  item.set_headline("Старый заголовок");
  ASSERT_TRUE(File(item));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.articles"), 1);
  EXPECT_EQ(Get(1001).sequence(), 1);

  item.set_sequence(3);
  item.set_headline("Новый заголовок");
  ASSERT_TRUE(File(item));
  const v1::Article revised = Get(1001);
  EXPECT_EQ(revised.sequence(), 2);
  EXPECT_EQ(revised.translations(0).headline(), "Новый заголовок");
  EXPECT_EQ(revised.translations(0).version(), 2);
  EXPECT_THAT(database_.Events().back().changes(), ElementsAre(v1::ARTICLE_CHANGE_TEXT));
}

TEST_F(HandlersTest, AnEditorsWordsStandAgainstNewerItems) {
  LoadSite();
  ASSERT_TRUE(File(Item()));
  v1::UpdateArticleRequest update;
  update.set_article_id(1001);
  v1::TranslationChange& change = *update.add_translations();
  change.set_language_code("ru");
  change.set_expected_version(1);
  change.set_headline("Наш заголовок");
  ASSERT_TRUE(Call<v1::UpdateArticleResponse>(update));
  ingest::v1::ItemTaken item = Item();
  item.set_sequence(2);
  item.set_headline("Их заголовок");
  ASSERT_TRUE(File(item));
  EXPECT_EQ(Get(1001).translations(0).headline(), "Наш заголовок");
  EXPECT_EQ(Get(1001).sequence(), 2);
}

bus::Event RemovalEvent(const ingest::v1::ItemTaken& item, std::int64_t sequence, bool withdraw) {
  ingest::v1::ItemRemoved removed;
  removed.set_source_id(item.source_id());
  removed.set_external_id(item.external_id());
  removed.set_sequence(sequence);
  removed.set_reason(ingest::v1::REMOVAL_REASON_PAGE_GONE);
  removed.set_withdraw(withdraw);
  return EventWith("kimberlite.ingest.item.v1", item.source_id() + "/" + item.external_id(), removed);
}

TEST_F(HandlersTest, ARemovedItemIsWithdrawnWhereItsSourceSaysSo) {
  LoadSite();
  ASSERT_TRUE(File(Item()));
  const bus::Event removal = RemovalEvent(Item(), 2, true);
  ASSERT_TRUE(items_.Handle(removal));
  ASSERT_TRUE(items_.Handle(removal)) << "the same event";
  ASSERT_TRUE(items_.Handle(RemovalEvent(Item(), 1, true))) << "an older one";
  EXPECT_EQ(Get(1001).translations(0).state(), v1::TRANSLATION_STATE_WITHDRAWN);
  EXPECT_TRUE(Get(1001).has_source_removed_time());
  EXPECT_EQ(Get(1001).sequence(), 2);
  EXPECT_TRUE(Ids("ru").empty());
  ingest::v1::ItemTaken back = Item();
  back.set_sequence(3);
  ASSERT_TRUE(File(back));
  EXPECT_FALSE(Get(1001).has_source_removed_time());
  EXPECT_EQ(Get(1001).translations(0).state(), v1::TRANSLATION_STATE_WITHDRAWN) << "an editor restores it";
}

TEST_F(HandlersTest, ARemovedItemIsFlaggedOtherwise) {
  LoadSite();
  ASSERT_TRUE(File(Item()));
  ASSERT_TRUE(items_.Handle(RemovalEvent(Item(), 2, false)));
  EXPECT_EQ(Get(1001).translations(0).state(), v1::TRANSLATION_STATE_PUBLISHED);
  EXPECT_TRUE(Get(1001).has_source_removed_time());
  EXPECT_THAT(database_.Events().back().changes(), ElementsAre(v1::ARTICLE_CHANGE_SCHEDULE));

  ingest::v1::ItemTaken other = Item();
  other.set_external_id("edited");
  ASSERT_TRUE(File(other));
  v1::UpdateArticleRequest update;
  update.set_article_id(1002);
  v1::TranslationChange& change = *update.add_translations();
  change.set_language_code("ru");
  change.set_expected_version(1);
  change.set_headline("Наш заголовок");
  ASSERT_TRUE(Call<v1::UpdateArticleResponse>(update));
  ASSERT_TRUE(items_.Handle(RemovalEvent(other, 2, true)));
  EXPECT_EQ(Get(1002).translations(0).state(), v1::TRANSLATION_STATE_PUBLISHED) << "an editor took it over";
  EXPECT_TRUE(Get(1002).has_source_removed_time());
  other.set_external_id("never here");
  EXPECT_TRUE(items_.Handle(RemovalEvent(other, 2, true)));
}

TEST_F(HandlersTest, AForeignLanguageIsSkipped) {
  LoadSite();
  ingest::v1::ItemTaken item = Item();
  item.set_language_code("fr");
  EXPECT_TRUE(File(item));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.articles"), 0);
}

TEST_F(HandlersTest, WaitsForTheSiteInsteadOfLosingItems) {
  const bus::Event event = ItemEvent(Item());
  const auto early = items_.Handle(event);
  ASSERT_FALSE(early);
  EXPECT_TRUE(early.error().retryable()) << early.error().ToString();
  LoadSite();
  EXPECT_TRUE(items_.Handle(event));
  EXPECT_EQ(Get(1001).sequence(), 1);
}

TEST_F(HandlersTest, PoisonIsRefusedForGood) {
  LoadSite();
  bus::Event garbage = ItemEvent(Item());
  garbage.payload = "\xff\xff";
  ingest::v1::ItemTaken no_headline = Item();
  no_headline.set_headline(" \n");
  ingest::v1::ItemTaken too_large = Item();
  too_large.set_body_html("<p>" + std::string(2'000'000, 'x') + "</p>");
  for (const bus::Event& event : {garbage, ItemEvent(no_headline), ItemEvent(too_large)}) {
    const auto handled = items_.Handle(event);
    ASSERT_FALSE(handled);
    EXPECT_FALSE(handled.error().retryable()) << handled.error().ToString();
    EXPECT_NE(handled.error().code(), Code::kInternal);
  }
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.inbox"), 0);
  bus::Event future = ItemEvent(Item());
  future.type = "kimberlite.ingest.v1.ItemRemoved";
  EXPECT_TRUE(items_.Handle(future)) << "a kind of event that is not known yet is passed over";
}

TEST_F(HandlersTest, SuggestedTagsStandBehindTheEditors) {
  LoadSite();
  Create(Story());
  const bus::Event event = TagsEvent(1001, 1, {9, 7, 4});
  ASSERT_TRUE(tags_.Handle(event));
  ASSERT_TRUE(tags_.Handle(event));
  const v1::Article article = Get(1001);
  ASSERT_THAT(article.tags(), SizeIs(4));
  EXPECT_EQ(article.tags(0).concept_id(), 7);
  EXPECT_EQ(article.tags(0).origin(), v1::TAG_ORIGIN_EDITOR);
  EXPECT_EQ(article.tags(2).concept_id(), 9);
  EXPECT_EQ(article.tags(2).origin(), v1::TAG_ORIGIN_AUTOMATIC);
  EXPECT_EQ(article.tags(2).confidence(), 0.75);
  EXPECT_EQ(article.sequence(), 2);
  for (const v1::Translation& translation : article.translations()) EXPECT_EQ(translation.version(), 1);

  const std::vector<v1::ArticleChanged> events = database_.Events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_THAT(events[1].changes(), ElementsAre(v1::ARTICLE_CHANGE_TAGS));
  EXPECT_THAT(events[1].before().concept_ids(), ElementsAre(7, 3));
  EXPECT_THAT(events[1].after().concept_ids(), ElementsAre(7, 3, 9, 4));
  EXPECT_THAT(Ids("sah/concept/9"), ElementsAre(1001));

  // An editor who saw version 1 still saves.
  v1::UpdateArticleRequest update;
  update.set_article_id(1001);
  update.add_translations()->set_language_code("en");
  update.mutable_translations(0)->set_expected_version(1);
  update.mutable_translations(0)->set_summary("Saved");
  EXPECT_TRUE(Call<v1::UpdateArticleResponse>(update));
}

TEST_F(HandlersTest, OlderAndEqualSuggestionsMakeNoEvent) {
  LoadSite();
  Create(Story());
  ASSERT_TRUE(tags_.Handle(TagsEvent(1001, 5, {9})));
  ASSERT_TRUE(tags_.Handle(TagsEvent(1001, 4, {8})));
  ASSERT_TRUE(tags_.Handle(TagsEvent(1001, 6, {9})));
  EXPECT_THAT(database_.Events(), SizeIs(2));
  EXPECT_EQ(Get(1001).sequence(), 2);
  ASSERT_TRUE(tags_.Handle(TagsEvent(1001, 7, {})));
  EXPECT_THAT(Ids("en/concept/9"), IsEmpty());
  const auto unknown = tags_.Handle(TagsEvent(77, 1, {9}));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Code::kNotFound);
}

// Article events as the bus delivers them.
class Heard {
 public:
  void Add(const bus::Event& event) {
    v1::ArticleChanged changed;
    if (!changed.ParseFromString(event.payload)) return;
    const std::lock_guard lock(mutex_);
    events_.push_back(changed);
    arrived_.notify_all();
  }
  bool Wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::seconds(20), [&] { return events_.size() >= count; });
  }
  std::vector<v1::ArticleChanged> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<v1::ArticleChanged> events_;
};

TEST(App, TakesAnItemOffTheBusAndSaysWhatBecameOfIt) {
  MigratedDatabase database;
  const Config config = database.config();
  App app(config);
  const auto started = app.Start();
  ASSERT_TRUE(started) << started.error().ToString();
  EXPECT_TRUE(app.Ready());

  Heard heard;
  auto bus = bus::Open({.driver = "postgres", .postgres_url = database.url(), .client_name = "test"});
  ASSERT_TRUE(bus);
  const auto consumer = (*bus)->Subscribe(
      bus::GroupSubscription{.group = "test",
                             .topics = {"kimberlite.content.article.v1"},
                             .handler = [&](const bus::Event& event, const bus::Position&) -> Result<void> {
                               heard.Add(event);
                               return {};
                             }});
  const auto publisher = (*bus)->NewPublisher();
  const bus::Event item[] = {ItemEvent(Item())};
  ASSERT_TRUE(publisher->Publish(item)) << "before the site is loaded: the item waits";

  rpc::Channel channel("127.0.0.1:" + std::to_string(app.grpc_port()), TokensFile::kOperator);
  v1::UpdateSiteRequest site;
  *site.mutable_site() = MessageOf(SampleSite());
  const auto updated = channel.Call<v1::UpdateSiteResponse>(Context::WithTimeout(std::chrono::seconds(10)), site);
  ASSERT_TRUE(updated) << updated.error().ToString();
  ASSERT_TRUE(heard.Wait(1));
  const std::int64_t article_id = heard.events()[0].article_id();
  const bus::Event tags[] = {TagsEvent(article_id, 1, {5})};
  ASSERT_TRUE(publisher->Publish(tags));
  ASSERT_TRUE(heard.Wait(2));
  app.Stop();

  EXPECT_THAT(heard.events()[0].changes(), ElementsAre(v1::ARTICLE_CHANGE_CREATED, v1::ARTICLE_CHANGE_PUBLISHED));
  EXPECT_THAT(heard.events()[1].changes(), ElementsAre(v1::ARTICLE_CHANGE_TAGS));
  EXPECT_EQ(heard.events()[1].sequence(), 2);
  EXPECT_EQ(database.Number("SELECT count(*) FROM content.outbox WHERE sent_time IS NULL"), 0);
}

TEST(App, AnUnmigratedDatabaseIsNamed) {
  testing::TestDatabase empty;
  Config config;
  config.common.postgres_url = empty.url();
  config.common.grpc_port = 0;
  App app(config);
  const auto started = app.Start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), HasSubstr("kimberlite-content migrate"));
}

}  // namespace
}  // namespace kimberlite::content
