#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ingest/core/feed_parser.h"

namespace kimberlite::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Feed Parse(const std::string& body, const std::string& url = "https://feeds.example/rss.xml",
           const std::string& zone = "") {
  auto feed = ParseFeed({.body = body, .content_type = "", .url = url, .time_zone = zone});
  EXPECT_TRUE(feed) << feed.error().ToString();
  return feed ? std::move(*feed) : Feed();
}

std::string Rss(const std::string& items,
                const std::string& channel = "<title>Т</title><link>https://site.example/</link>") {
  return "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" "
         "xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
         " xmlns:media=\"http://search.yahoo.com/mrss/\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel>" +
         channel + items + "</channel></rss>";
}

FeedItem One(const std::string& item) {
  const Feed feed = Parse(Rss("<item>" + item + "</item>"));
  EXPECT_EQ(feed.items.size(), 1u);
  return feed.items.empty() ? FeedItem() : feed.items[0];
}

std::string TimeOf(const std::optional<Time>& time) { return time ? FormatRfc3339(*time) : "none"; }

TEST(Rss, ReadsTheChannel) {
  const Feed feed =
      Parse(Rss("",
                "<title>Новости &amp; "
                "люди</title><link>https://site.example/ru/</link><description>&lt;b&gt;Всё&lt;/b&gt;</description>"
                "<language>ru-RU</language><pubDate>Tue, 24 Nov 2026 09:30:00 GMT</pubDate>"
                "<lastBuildDate>Tue, 24 Nov 2026 10:30:00 GMT</lastBuildDate>"
                "<atom:link rel=\"self\" href=\"https://site.example/rss\"/>"
                "<image><title>Логотип</title><link>https://other.example/</link></image>"));
  EXPECT_EQ(feed.title, "Новости & люди");
  EXPECT_EQ(feed.link, "https://site.example/ru/");
  EXPECT_EQ(feed.description_html, "<b>Всё</b>");
  EXPECT_EQ(feed.language, "ru-RU");
  EXPECT_EQ(TimeOf(feed.published_time), "2026-11-24T09:30:00Z");
  EXPECT_EQ(TimeOf(feed.updated_time), "2026-11-24T10:30:00Z");
  EXPECT_THAT(feed.items, IsEmpty());
  EXPECT_THAT(feed.warnings, IsEmpty());
}

TEST(Rss, ReadsAnItem) {
  const FeedItem item =
      One("<title>Алмаз</title><link>https://site.example/1</link><guid isPermaLink=\"false\">n:1</guid>"
          "<description>Коротко</description><content:encoded><![CDATA[<p>Всё</p>]]></content:encoded>"
          "<pubDate>Tue, 24 Nov 2026 18:30:00 +0900</pubDate><author>a@site.example (Анна "
          "Ленская)</author><dc:creator>Пётр</dc:creator>"
          "<category>Экономика</category><category domain=\"tags\">алмаз</category>"
          "<enclosure url=\"https://site.example/1.mp3\" length=\"12345\" type=\"audio/mpeg\"/>"
          "<source url=\"https://agency.example/rss\">Агентство</source>");
  EXPECT_EQ(item.id, "n:1");
  EXPECT_FALSE(item.id_is_permalink);
  EXPECT_EQ(item.title, "Алмаз");
  EXPECT_EQ(item.link, "https://site.example/1");
  EXPECT_EQ(item.summary_html, "Коротко");
  EXPECT_EQ(item.content_html, "<p>Всё</p>");
  EXPECT_EQ(TimeOf(item.published_time), "2026-11-24T09:30:00Z");
  ASSERT_EQ(item.authors.size(), 2u);
  EXPECT_EQ(item.authors[0].name, "Анна Ленская");
  EXPECT_EQ(item.authors[0].email, "a@site.example");
  EXPECT_EQ(item.authors[1].name, "Пётр");
  ASSERT_EQ(item.categories.size(), 2u);
  EXPECT_EQ(item.categories[0].term, "Экономика");
  EXPECT_EQ(item.categories[1].scheme, "tags");
  ASSERT_EQ(item.enclosures.size(), 1u);
  EXPECT_EQ(item.enclosures[0].url, "https://site.example/1.mp3");
  EXPECT_EQ(item.enclosures[0].length, 12345);
  EXPECT_EQ(item.source_name, "Агентство");
  EXPECT_EQ(item.source_url, "https://agency.example/rss");
}

TEST(Rss, TakesAGuidForTheLinkOnlyWhereItIsOne) {
  FeedItem item = One("<title>T</title><guid>https://site.example/7</guid>");
  EXPECT_TRUE(item.id_is_permalink);
  EXPECT_EQ(item.link, "https://site.example/7");
  item = One("<title>T</title><guid isPermaLink=\"false\">https://site.example/7</guid>");
  EXPECT_FALSE(item.id_is_permalink);
  EXPECT_EQ(item.link, "");
  item = One("<title>T</title><guid>7</guid>");
  EXPECT_FALSE(item.id_is_permalink);
  EXPECT_EQ(item.link, "");
  EXPECT_EQ(item.id, "7");
  item = One("<title>T</title><guid>https://site.example/7</guid><link>https://site.example/8</link>");
  EXPECT_EQ(item.link, "https://site.example/8");
}

TEST(Rss, MakesTitlesPlainText) {
  EXPECT_EQ(One("<title>AT&amp;T &amp; &#1042;&#1099;</title>").title, "AT&T & Вы");
  EXPECT_EQ(One("<title>&lt;b&gt;Жирный&lt;/b&gt; заголовок</title>").title, "Жирный заголовок");
  EXPECT_EQ(One("<title><![CDATA[Цена &laquo;выше&raquo; 5 < 6]]></title>").title, "Цена «выше» 5 < 6");
  EXPECT_EQ(One("<title>  В\n две\t строки </title>").title, "В две строки");
  EXPECT_EQ(One("<title>AT&amp;amp;T</title>").title, "AT&T");
  EXPECT_EQ(One("<title>عنوان \u202Eعربي\u202C</title>").title, "عنوان عربي");
}

TEST(Rss, ReadsMarkupThatWasNotEscaped) {
  EXPECT_EQ(One("<title>Новый <i>мост</i></title>").title, "Новый мост");
  EXPECT_EQ(One("<description><p>Один <br/>два</p></description>").summary_html, "<p>Один <br>два</p>");
  const FeedItem item = One("<body xmlns=\"http://www.w3.org/1999/xhtml\"><p title=\"a&amp;b\">x &lt; y</p></body>");
  EXPECT_EQ(item.content_html, "<p title=\"a&amp;b\">x &lt; y</p>");
}

TEST(Rss, MakesUrlsAbsolute) {
  Feed feed = Parse(Rss("<item><title>T</title><link>/news/1?a=1&amp;b=2</link><enclosure url=\"x.jpg\"/></item>",
                        "<link>https://site.example/ru/</link>"));
  EXPECT_EQ(feed.items[0].link, "https://site.example/news/1?a=1&b=2");
  EXPECT_EQ(feed.items[0].base_url, "https://site.example/news/1?a=1&b=2");
  EXPECT_EQ(feed.items[0].enclosures[0].url, "https://feeds.example/x.jpg");
  feed = Parse(
      "<rss version='2.0' xml:base='https://base.example/a/'><channel><item "
      "xml:base='b/'><title>T</title><link>c</link></item></channel></rss>");
  EXPECT_EQ(feed.items[0].link, "https://base.example/a/b/c");
  EXPECT_EQ(feed.items[0].base_url, "https://base.example/a/b/");
  feed = Parse(Rss("<item><title>T</title><link>javascript:alert(1)</link></item>"));
  EXPECT_EQ(feed.items[0].link, "");
}

TEST(Rss, ReadsExtensionsByNamespaceOrUsualPrefix) {
  const std::string items =
      "<item><title>T</title><content:encoded>&lt;p&gt;Б&lt;/p&gt;</content:encoded><dc:date>2026-11-24</"
      "dc:date><dc:language>sah</dc:language>"
      "<dc:subject>тема</dc:subject><media:group><media:content url=\"https://m.example/v.mp4\" "
      "fileSize=\"7\"/></media:group></item>";
  for (const std::string& document : {Rss(items), "<rss version=\"2.0\"><channel>" + items + "</channel></rss>",
                                      "<rss version=\"2.0\" xmlns:content=\"https://purl.org/rss/1.0/modules/content\" "
                                      "xmlns:dc=\"HTTP://purl.org/dc/elements/1.1/\""
                                      " xmlns:media=\"https://search.yahoo.com/mrss\"><channel>" +
                                          items + "</channel></rss>"}) {
    const Feed feed = Parse(document);
    ASSERT_EQ(feed.items.size(), 1u);
    EXPECT_EQ(feed.items[0].content_html, "<p>Б</p>");
    EXPECT_EQ(TimeOf(feed.items[0].published_time), "2026-11-24T00:00:00Z");
    EXPECT_EQ(feed.items[0].language, "sah");
    EXPECT_EQ(feed.items[0].categories[0].term, "тема");
    ASSERT_EQ(feed.items[0].enclosures.size(), 1u);
    EXPECT_EQ(feed.items[0].enclosures[0].length, 7);
  }
  // A prefix means what it was declared to mean.
  const Feed feed = Parse(
      "<rss version='2.0' xmlns:content='http://other.example/'><channel><item><title>T</title>"
      "<content:encoded>x</content:encoded></item></channel></rss>");
  EXPECT_EQ(feed.items[0].content_html, "");
}

TEST(Rss, ReadsAtomElementsWithin) {
  const FeedItem item = One(
      "<title>T</title><atom:link href=\"https://site.example/9\"/><atom:updated>2026-11-24T09:30:00Z</atom:updated>"
      "<atom:author><atom:name>Айыына</atom:name></atom:author>");
  EXPECT_EQ(item.link, "https://site.example/9");
  EXPECT_EQ(TimeOf(item.updated_time), "2026-11-24T09:30:00Z");
  EXPECT_EQ(item.authors[0].name, "Айыына");
}

TEST(Rss, ReadsDatesInTheSourcesZone) {
  const Feed feed = Parse(Rss("<item><title>T</title><pubDate>24.11.2026 18:30</pubDate></item>"),
                          "https://feeds.example/", "Asia/Yakutsk");
  EXPECT_EQ(TimeOf(feed.items[0].published_time), "2026-11-24T09:30:00Z");
}

TEST(Rss, ReadsVersion091WithItsDoctype) {
  const Feed feed = Parse(
      "<?xml version=\"1.0\"?><!DOCTYPE rss PUBLIC \"-//Netscape Communications//DTD RSS 0.91//EN\" "
      "\"http://my.netscape.com/publish/formats/rss-0.91.dtd\">"
      "<rss version=\"0.91\"><channel><title>Old</title><link>https://old.example/</link><language>en</language>"
      "<item><title>Caf&eacute; opens</title><link>https://old.example/1</link></item></channel></rss>");
  EXPECT_EQ(feed.items[0].title, "Café opens");
}

TEST(Rss, ReadsRdf) {
  const Feed feed = Parse(
      "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" "
      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\">"
      "<channel "
      "rdf:about=\"https://site.example/\"><title>旧闻</title><link>https://site.example/</link><dc:language>zh</"
      "dc:language>"
      "<items><rdf:Seq><rdf:li resource=\"https://site.example/1\"/></rdf:Seq></items></channel>"
      "<item "
      "rdf:about=\"https://site.example/1\"><title>钻石</title><link>https://site.example/1</link><dc:creator>王</"
      "dc:creator></item></rdf:RDF>");
  EXPECT_EQ(feed.title, "旧闻");
  EXPECT_EQ(feed.language, "zh");
  ASSERT_EQ(feed.items.size(), 1u);
  EXPECT_EQ(feed.items[0].id, "https://site.example/1");
  EXPECT_EQ(feed.items[0].title, "钻石");
  EXPECT_EQ(feed.items[0].authors[0].name, "王");
}

TEST(Rss, ReadsEveryEncoding) {
  const std::string head = "<rss version=\"2.0\"><channel><item><title>";
  const std::string tail = "</title></item></channel></rss>";
  EXPECT_EQ(
      Parse("<?xml version=\"1.0\" encoding=\"windows-1251\"?>" + head + "\xc0\xeb\xec\xe0\xe7" + tail).items[0].title,
      "Алмаз");
  EXPECT_EQ(Parse("<?xml version=\"1.0\" encoding=\"koi8-r\"?>" + head + "\xe1\xcc\xcd\xc1\xda" + tail).items[0].title,
            "Алмаз");
  EXPECT_EQ(
      Parse("<?xml version=\"1.0\" encoding=\"windows-1256\"?>" + head + "\xc3\xe1\xe3\xc7\xd3" + tail).items[0].title,
      "ألماس");
  EXPECT_EQ(Parse("<?xml version=\"1.0\" encoding=\"gb2312\"?>" + head + "\xd7\xea\xca\xaf" + tail).items[0].title,
            "钻石");
  EXPECT_EQ(
      Parse("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?>" + head + "Өрөспүүбүлүкэ" + tail).items[0].title,
      "Өрөспүүбүлүкэ");
  std::string wide = "\xFF\xFE";
  for (const char c : "<?xml version=\"1.0\" encoding=\"utf-16\"?>" + head + "Diamond" + tail) (wide += c) += '\0';
  EXPECT_EQ(Parse(wide).items[0].title, "Diamond");
}

}  // namespace
}  // namespace kimberlite::ingest
