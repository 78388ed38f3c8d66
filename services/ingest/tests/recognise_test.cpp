#include "services/ingest/core/recognise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/base/text.h"

namespace kimberlite::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Source TheSource() {
  Source source;
  source.source_id = "wire";
  source.name = "Провод";
  source.home_url = "https://wire.example/";
  source.default_language_code = "ru";
  return source;
}

FeedItem AnItem() {
  FeedItem item;
  item.id = "n:1";
  item.title = "Алмаз";
  item.link = "https://wire.example/1";
  item.base_url = item.link;
  item.content_html = "<p>Камень</p>";
  return item;
}

Recognised Recognise(std::vector<FeedItem> items, const Source& source = TheSource(),
                     const std::string& feed_language = "") {
  Feed feed;
  feed.language = feed_language;
  feed.items = std::move(items);
  return RecogniseItems(feed, source);
}

RecognisedItem One(const FeedItem& item) {
  const Recognised recognised = Recognise({item});
  EXPECT_EQ(recognised.items.size(), 1u) << recognised.Report();
  return recognised.items.empty() ? RecognisedItem() : recognised.items[0];
}

TEST(RecogniseItems, KnowsAnItemByItsIdThenItsLinkThenItsWords) {
  FeedItem item = AnItem();
  EXPECT_EQ(One(item).external_id, "n:1");
  item.id.clear();
  item.link = "https://WIRE.example:443/1?utm_source=x&a=1#top";
  EXPECT_EQ(One(item).external_id, "https://wire.example/1?a=1");
  item.link.clear();
  const std::string digest = One(item).external_id;
  EXPECT_THAT(digest, StartsWith("sha256:"));
  EXPECT_EQ(One(item).external_id, digest);
  item.content_html = "<p>Другой</p>";
  EXPECT_NE(One(item).external_id, digest);  // the title alone is no identity
  item.id = std::string(501, 'x');
  EXPECT_EQ(One(item).external_id.size(), 7u + 64u);
}

TEST(RecogniseItems, SeesAChangeOnlyWhereContentMoved) {
  FeedItem item = AnItem();
  item.authors = {{"Анна", "", ""}};
  item.categories = {{"Экономика", "", ""}};
  const std::string digest = One(item).digest;
  FeedItem other = item;
  other.link = "https://wire.example/moved";
  other.base_url = other.link;
  other.published_time = Time(std::chrono::seconds(1));
  other.updated_time = Time(std::chrono::seconds(2));
  other.content_html = "<div><p class='x' onclick='y'>Камень</p><script>z</script></div>";
  EXPECT_EQ(One(other).digest, digest);
  for (const auto& change : std::vector<std::function<void(FeedItem&)>>{
           [](FeedItem& i) { i.title = "Алмаз найден"; }, [](FeedItem& i) { i.content_html = "<p>Камни</p>"; },
           [](FeedItem& i) { i.summary_html = "Коротко"; }, [](FeedItem& i) { i.authors[0].name = "Пётр"; },
           [](FeedItem& i) { i.categories[0].term = "Культура"; }, [](FeedItem& i) { i.categories.clear(); }}) {
    FeedItem changed = item;
    change(changed);
    EXPECT_NE(One(changed).digest, digest);
  }
}

TEST(RecogniseItems, TakesTheFullestTextForTheBody) {
  FeedItem item = AnItem();
  item.summary_html = "<p>Коротко &amp; ясно</p><p>И всё</p>";
  EXPECT_EQ(One(item).body_html, "<p>Камень</p>");
  EXPECT_EQ(One(item).summary, "Коротко & ясно И всё");
  item.content_html.clear();
  EXPECT_EQ(One(item).body_html, "<p>Коротко &amp; ясно</p><p>И всё</p>");
  EXPECT_EQ(One(item).summary, "");
}

TEST(RecogniseItems, CleansHtmlAndMakesItsUrlsAbsolute) {
  FeedItem item = AnItem();
  item.content_html =
      "<p onclick=\"x\">a<script>alert(1)</script><a href=\"/b?utm_source=rss\">b</a><img src=\"c.png\"></p>";
  EXPECT_EQ(One(item).body_html,
            "<p>a<a href=\"https://wire.example/b\">b</a><img src=\"https://wire.example/c.png\" alt=\"\"></p>");
}

TEST(RecogniseItems, BelievesAClearTextMoreThanADeclaration) {
  FeedItem item = AnItem();
  item.title = "Муус муоста биир түүҥҥэ арыллар";
  item.content_html =
      "<p>Өлүөнэ өрүс муус муостата бу күннэргэ аһыллыаҕа диэн транспорт министиэристибэтэ иһитиннэрдэ. Массыыналар "
      "биэс туоннаҕа диэри ыйааһыннаах айанныыллара көҥүллэнэр.</p>";
  EXPECT_EQ(Recognise({item}, TheSource(), "ru").items[0].language_code, "sah");
  item.language = "en-US";
  EXPECT_EQ(Recognise({item}, TheSource(), "").items[0].language_code, "sah");
  // Of a language that cannot be told from its text the declaration counts.
  item.title = "Il ponte di ghiaccio apre in una notte";
  item.content_html =
      "<p>Il ministero dei trasporti ha comunicato che il ponte sul fiume aprirà nei prossimi giorni.</p>";
  item.language = "it";
  EXPECT_EQ(Recognise({item}, TheSource(), "").items[0].language_code, "it");
}

TEST(RecogniseItems, TellsTheLanguageOfATextThatDeclaresNone) {
  FeedItem item = AnItem();
  item.title = "北京新闻";
  item.content_html = "<p>交通部宣布，勒拿河上的冰路将于本周开通，车辆重量不得超过五吨。</p>";
  EXPECT_EQ(Recognise({item}, TheSource(), "").items[0].language_code, "zh");
  Source source = TheSource();
  source.default_language_code.clear();
  EXPECT_EQ(Recognise({item}, source, "").items[0].language_code, "zh");
}

TEST(RecogniseItems, TakesTheLanguageOfItemThenFeedThenSource) {
  FeedItem item = AnItem();
  item.language = "sah-RU";
  EXPECT_EQ(Recognise({item}, TheSource(), "en-us").items[0].language_code, "sah");
  item.language = "not a language";
  EXPECT_EQ(Recognise({item}, TheSource(), "en-us").items[0].language_code, "en");
  EXPECT_EQ(Recognise({item}, TheSource(), "").items[0].language_code, "ru");
}

TEST(RecogniseItems, CreditsTheItemsOwnSource) {
  FeedItem item = AnItem();
  EXPECT_EQ(One(item).credit_name, "Провод");
  EXPECT_EQ(One(item).credit_url, "https://wire.example/");
  item.source_name = "Якутия24";
  EXPECT_EQ(One(item).credit_name, "Якутия24");
  EXPECT_EQ(One(item).credit_url, "");
  item.source_url = "https://y24.example/";
  EXPECT_EQ(One(item).credit_url, "https://y24.example/");
}

TEST(RecogniseItems, NamesAuthorsButNoAddresses) {
  FeedItem item = AnItem();
  item.authors = {{"Анна", "a@x.example", ""}, {"", "b@x.example", ""}};
  EXPECT_THAT(One(item).authors, ElementsAre("Анна"));
  item.categories = {{"econ", "", "Экономика"}, {"Экономика", "", ""}, {"алмаз", "", ""}};
  EXPECT_THAT(One(item).categories, ElementsAre("Экономика", "алмаз"));
}

TEST(RecogniseItems, FallsBackToTheTimeOfTheUpdate) {
  FeedItem item = AnItem();
  EXPECT_FALSE(One(item).published_time);
  item.updated_time = Time(std::chrono::seconds(2));
  EXPECT_EQ(One(item).published_time, item.updated_time);
  item.published_time = Time(std::chrono::seconds(1));
  EXPECT_EQ(One(item).published_time, item.published_time);
}

TEST(RecogniseItems, BoundsWhatReadersSee) {
  FeedItem item = AnItem();
  for (int i = 0; i < 200; ++i) item.title += " слово钻石";
  for (int i = 0; i < 500; ++i) item.summary_html += "Слово за словом. ";
  for (int i = 0; i < 300; ++i) {
    item.authors.push_back({"A" + std::to_string(i), "", ""});
    item.categories.push_back({"C" + std::to_string(i), "", ""});
  }
  const RecognisedItem bounded = One(item);
  EXPECT_LE(CountCodePoints(bounded.headline), kMaxHeadline);
  EXPECT_TRUE(CheckPlainText(bounded.headline, "headline", 1, kMaxHeadline));
  EXPECT_TRUE(CheckPlainText(bounded.summary, "summary", 1, kMaxSummary));
  EXPECT_EQ(bounded.authors.size(), kMaxAuthors);
  EXPECT_EQ(bounded.categories.size(), kMaxCategories);
}

TEST(RecogniseItems, ReportsWhatItDoesNotTake) {
  FeedItem nameless = AnItem();
  nameless.title.clear();
  FeedItem huge = AnItem();
  huge.id = "huge";
  huge.content_html = "<p>" + std::string(kMaxBodyBytes, 'x') + "</p>";
  Source source = TheSource();
  const Recognised some = Recognise({AnItem(), nameless, huge, AnItem()}, source);
  EXPECT_EQ(some.seen, 4);
  EXPECT_EQ(some.items.size(), 1u);
  EXPECT_EQ(some.Report(),
            "3 of 4 items were not taken: 1 without a headline, 1 larger than 1 MiB, 1 with the id of another");
  source.default_language_code.clear();
  EXPECT_THAT(Recognise({AnItem()}, source).Report(), HasSubstr("1 without a language"));
  EXPECT_EQ(Recognise({AnItem()}).Report(), "");
  EXPECT_EQ(Recognise({}).Report(), "");
}

TEST(RecogniseItems, KeepsTheLatestOfItemsWithOneId) {
  FeedItem old = AnItem();
  old.updated_time = Time(std::chrono::seconds(1));
  FeedItem recent = AnItem();
  recent.title = "Новее";
  recent.updated_time = Time(std::chrono::seconds(2));
  EXPECT_EQ(Recognise({old, recent}).items[0].headline, "Новее");
  EXPECT_EQ(Recognise({recent, old}).items[0].headline, "Новее");
  old.updated_time = recent.updated_time = std::nullopt;
  EXPECT_EQ(Recognise({old, recent}).items[0].headline, "Алмаз");
}

TEST(CheckSource, NamesTheFieldAndTheRule) {
  Source good = TheSource();
  good.feed_url = "https://wire.example/rss";
  good.default_section_id = "economy";
  good.time_zone = "Asia/Yakutsk";
  ASSERT_TRUE(CheckSource(good)) << CheckSource(good).error().ToString();
  const std::pair<const char*, std::function<void(Source&)>> cases[] = {
      {"source.source_id", [](Source& s) { s.source_id = ""; }},
      {"source.source_id", [](Source& s) { s.source_id = "Wire"; }},
      {"source.source_id", [](Source& s) { s.source_id = std::string(61, 'a'); }},
      {"source.name", [](Source& s) { s.name = " "; }},
      {"source.name", [](Source& s) { s.name = std::string(201, 'a'); }},
      {"source.feed_url", [](Source& s) { s.feed_url = "file:///etc/passwd"; }},
      {"source.feed_url", [](Source& s) { s.feed_url = "/rss"; }},
      {"source.home_url", [](Source& s) { s.home_url = "javascript:alert(1)"; }},
      {"source.default_language_code", [](Source& s) { s.default_language_code = "russian"; }},
      {"source.default_section_id", [](Source& s) { s.default_section_id = ""; }},
      {"source.poll_interval", [](Source& s) { s.poll_interval = std::chrono::milliseconds(999); }},
      {"source.poll_interval",
       [](Source& s) { s.poll_interval = std::chrono::hours(24) + std::chrono::milliseconds(1); }},
      {"source.max_poll_interval", [](Source& s) { s.max_poll_interval = std::chrono::minutes(4); }},
      {"source.max_poll_interval", [](Source& s) { s.max_poll_interval = std::chrono::hours(7 * 24 + 1); }},
      {"source.keep_documents_days", [](Source& s) { s.keep_documents_days = 367; }},
      {"source.keep_documents_days", [](Source& s) { s.keep_documents_days = -1; }},
      {"source.max_pushed_per_minute", [](Source& s) { s.max_pushed_per_minute = 100'001; }},
      {"source.time_zone", [](Source& s) { s.time_zone = "MSK"; }},
  };
  for (const auto& [field, spoil] : cases) {
    Source bad = good;
    spoil(bad);
    const auto checked = CheckSource(bad);
    ASSERT_FALSE(checked) << field;
    ASSERT_EQ(checked.error().violations().size(), 1u) << field;
    EXPECT_EQ(checked.error().violations()[0].field, field);
  }
}

}  // namespace
}  // namespace kimberlite::ingest
