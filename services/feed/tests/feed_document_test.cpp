#include "services/feed/core/feed_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include <nlohmann/json.hpp>

namespace kimberlite::feed {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// An XML document that must parse without a warning, asked by XPath.
class Xml {
 public:
  explicit Xml(const std::string& text)
      : document_(xmlReadMemory(text.data(), static_cast<int>(text.size()), "feed.xml", nullptr, XML_PARSE_NONET)) {
    EXPECT_NE(document_, nullptr) << text;
    context_ = xmlXPathNewContext(document_);
    for (const auto& [prefix, uri] : {std::pair{"a", "http://www.w3.org/2005/Atom"},
                                      {"c", "http://purl.org/rss/1.0/modules/content/"},
                                      {"s", "http://www.sitemaps.org/schemas/sitemap/0.9"},
                                      {"x", "http://www.w3.org/1999/xhtml"},
                                      {"n", "http://www.google.com/schemas/sitemap-news/0.9"}}) {
      xmlXPathRegisterNs(context_, BAD_CAST prefix, BAD_CAST uri);
    }
  }
  ~Xml() {
    xmlXPathFreeContext(context_);
    xmlFreeDoc(document_);
  }
  std::string operator()(const std::string& path) const {
    xmlXPathObject* object = xmlXPathEvalExpression(BAD_CAST("string(" + path + ")").c_str(), context_);
    std::string value(reinterpret_cast<const char*>(object->stringval));
    xmlXPathFreeObject(object);
    return value;
  }

 private:
  xmlDoc* document_;
  xmlXPathContext* context_;
};

FeedDocument Feed() {
  FeedDocument feed;
  feed.id = "tag:news.example,2026:list/sah";
  feed.title = "Өлүөнэ";
  feed.description = "Сонуннар";
  feed.site_name = "Өлүөнэ";
  feed.home_url = "https://news.example/sah/";
  feed.self_url = "https://news.example/sah/rss.xml";
  feed.language = "sah";
  FeedItem item;
  item.id = "tag:news.example,2026:article/1001/sah";
  item.url = "https://news.example/sah/economy/1001-muus-suol?a=1&b=2";
  item.title = "Муус суол <b> & \"аһылынна\"";
  item.summary = "Кылгастык";
  item.body_html = "<p>Этии ]]> &amp; &lt;</p>";
  item.authors = {{"A. Иванова", ""}};
  item.tags = {"Экономика", "муус суол"};
  item.pictures = {{"https://news.example/media/a.svg", "Массыына", "image/svg+xml"}};
  item.published = *ParseRfc3339("2026-11-24T09:30:00Z");
  item.updated = *ParseRfc3339("2026-11-24T10:00:00Z");
  feed.items = {item};
  return feed;
}

TEST(Rss, SaysWhatTheItemsSay) {
  const Xml rss(WriteRss(Feed()));
  EXPECT_EQ(rss("/rss/@version"), "2.0");
  EXPECT_EQ(rss("/rss/channel/a:link[@rel='self']/@href"), "https://news.example/sah/rss.xml");
  EXPECT_EQ(rss("//item/title"), "Муус суол <b> & \"аһылынна\"");
  EXPECT_EQ(rss("//item/link"), "https://news.example/sah/economy/1001-muus-suol?a=1&b=2");
  EXPECT_EQ(rss("//item/guid"), "tag:news.example,2026:article/1001/sah");
  EXPECT_EQ(rss("//item/guid/@isPermaLink"), "false");
  EXPECT_EQ(rss("//item/pubDate"), "Tue, 24 Nov 2026 09:30:00 GMT");
  EXPECT_EQ(rss("//item/c:encoded"), "<p>Этии ]]> &amp; &lt;</p>");
  EXPECT_EQ(rss("//channel/lastBuildDate"), "Tue, 24 Nov 2026 10:00:00 GMT");
  EXPECT_EQ(rss("//item/category[2]"), "муус суол");
}

TEST(Rss, DropsWhatXmlCannotHold) {
  FeedDocument feed = Feed();
  feed.items[0].title = std::string(
      "a\x01"
      "b\x1b"
      "c\xEF\xBF\xBF"
      "d");
  EXPECT_EQ(Xml(WriteRss(feed))("//item/title"), "abcd");
}

TEST(Rss, MendsWhatIsNotUtf8) {
  FeedDocument feed = Feed();
  feed.items[0].body_html = "<p>a\xED\xA0\x80z \xFF]]></p>";  // an unpaired surrogate, a byte of nothing
  EXPECT_EQ(Xml(WriteRss(feed))("//item/c:encoded"), "<p>a\uFFFD\uFFFD\uFFFDz \uFFFD]]></p>");
}

TEST(Rss, ATitleDoesNotTurnTheLinesOfOthers) {
  FeedDocument feed = Feed();
  feed.items[0].title = "\u202Eнолмайд\u202C \u2066a\u2069";
  EXPECT_EQ(Xml(WriteRss(feed))("//item/title"), "нолмайд a");
}

TEST(Flaw, NamesTheEntryAndTheRule) {
  EXPECT_EQ(Flaw(Feed()), "");
  FeedDocument feed = Feed();
  feed.items.push_back(feed.items[0]);
  EXPECT_THAT(Flaw(feed), HasSubstr("stands twice"));
  feed = Feed();
  feed.items[0].url = "/sah/1";
  EXPECT_THAT(Flaw(feed), HasSubstr("not absolute"));
  feed = Feed();
  feed.items[0].updated = feed.items[0].published - std::chrono::seconds(1);
  EXPECT_THAT(Flaw(feed), HasSubstr("before it was published"));
  feed = Feed();
  feed.tombstones = {{feed.items[0].id, feed.items[0].updated}};
  EXPECT_THAT(Flaw(feed), HasSubstr("stands twice"));
}

TEST(Atom, HasWhatRfc4287Requires) {
  const Xml atom(WriteAtom(Feed()));
  EXPECT_EQ(atom("/a:feed/a:id"), "tag:news.example,2026:list/sah");
  EXPECT_EQ(atom("/a:feed/a:updated"), "2026-11-24T10:00:00Z");
  EXPECT_EQ(atom("/a:feed/@xml:lang"), "sah");
  EXPECT_EQ(atom("//a:entry/a:published"), "2026-11-24T09:30:00Z");
  EXPECT_EQ(atom("//a:entry/a:content[@type='html']"), "<p>Этии ]]> &amp; &lt;</p>");
  EXPECT_EQ(atom("//a:entry/a:author/a:name"), "A. Иванова");
}

TEST(Atom, AnEmptyFeedIsValidAndAlwaysTheSame) {
  FeedDocument feed = Feed();
  feed.items.clear();
  EXPECT_EQ(Xml(WriteAtom(feed))("/a:feed/a:updated"), "1970-01-01T00:00:00Z");
  EXPECT_THAT(WriteRss(feed), Not(HasSubstr("lastBuildDate")));
}

TEST(JsonFeed, HasWhatVersion11Requires) {
  const auto feed = nlohmann::json::parse(WriteJsonFeed(Feed()));
  EXPECT_EQ(feed["version"], "https://jsonfeed.org/version/1.1");
  EXPECT_EQ(feed["items"][0]["id"], "tag:news.example,2026:article/1001/sah");
  EXPECT_EQ(feed["items"][0]["authors"][0]["name"], "A. Иванова");
  EXPECT_EQ(feed["items"][0]["content_html"], "<p>Этии ]]> &amp; &lt;</p>");
  EXPECT_EQ(feed["items"][0]["language"], "sah");
}

TEST(JsonFeed, AnItemWithoutBodyHasItsSummaryAsContent) {
  FeedDocument feed = Feed();
  feed.items[0].body_html.clear();
  EXPECT_EQ(nlohmann::json::parse(WriteJsonFeed(feed))["items"][0]["content_text"], "Кылгастык");
}

TEST(Sitemap, NamesTranslationsOfEachPage) {
  const Xml sitemap(WriteSitemap({{"https://news.example/en/a?x=1&y=2",
                                   *ParseRfc3339("2026-11-24T10:00:00.5Z"),
                                   {{"en", "https://news.example/en/a"}, {"sah", "https://news.example/sah/a"}}}}));
  EXPECT_EQ(sitemap("//s:url/s:loc"), "https://news.example/en/a?x=1&y=2");
  EXPECT_EQ(sitemap("//s:url/s:lastmod"), "2026-11-24T10:00:00Z");
  EXPECT_EQ(sitemap("//x:link[@hreflang='sah']/@href"), "https://news.example/sah/a");
}

TEST(NewsSitemap, NamesPublicationTitleAndTime) {
  const Xml sitemap(
      WriteNewsSitemap({{"https://news.example/ar/a", "صحيفة", "ar", "عنوان", *ParseRfc3339("2026-11-24T10:00:00Z")}}));
  EXPECT_EQ(sitemap("//n:name"), "صحيفة");
  EXPECT_EQ(sitemap("//n:title"), "عنوان");
}

}  // namespace
}  // namespace kimberlite::feed
