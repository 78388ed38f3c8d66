#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ingest/core/feed_parser.h"

namespace kimberlite::ingest {
namespace {

using ::testing::IsEmpty;

Feed Parse(const std::string& body) {
  auto feed = ParseFeed({.body = body,
                         .content_type = "application/atom+xml",
                         .url = "https://feeds.example/a/feed.atom",
                         .time_zone = ""});
  EXPECT_TRUE(feed) << feed.error().ToString();
  return feed ? std::move(*feed) : Feed();
}

std::string Atom(const std::string& content, const std::string& attributes = "") {
  return "<feed xmlns=\"http://www.w3.org/2005/Atom\" " + attributes + ">" + content + "</feed>";
}

FeedItem One(const std::string& entry) {
  const Feed feed = Parse(Atom("<entry>" + entry + "</entry>"));
  EXPECT_EQ(feed.items.size(), 1u);
  return feed.items.empty() ? FeedItem() : feed.items[0];
}

std::string TimeOf(const std::optional<Time>& time) { return time ? FormatRfc3339(*time) : "none"; }

TEST(Atom, ReadsFeedAndEntry) {
  const Feed feed = Parse(Atom(
      "<title>Саха сонуннара</title><subtitle type=\"html\">&lt;i&gt;Күн аайы&lt;/i&gt;</subtitle><id>urn:f</id><link "
      "href=\"/\"/>"
      "<link rel=\"self\" "
      "href=\"feed.atom\"/><updated>2026-11-24T09:30:00Z</updated><author><name>Редакция</name></author>"
      "<entry><title>Алмаас</title><id>urn:1</id><link rel=\"enclosure\" href=\"a.mp3\" type=\"audio/mpeg\" "
      "length=\"5\"/>"
      "<link rel=\"alternate\" type=\"application/pdf\" href=\"1.pdf\"/><link type=\"text/html\" href=\"../1.html\"/>"
      "<published>2026-11-24T18:30:00+09:00</published><updated>2026-11-25T00:00:00Z</updated>"
      "<summary>Кылгас</summary><content type=\"html\">&lt;p&gt;Толору&lt;/p&gt;</content>"
      "<category term=\"econ\" scheme=\"urn:s\" label=\"Экэниэмикэ\"/></entry>",
      "xml:lang=\"sah\""));
  EXPECT_EQ(feed.title, "Саха сонуннара");
  EXPECT_EQ(feed.description_html, "<i>Күн аайы</i>");
  EXPECT_EQ(feed.id, "urn:f");
  EXPECT_EQ(feed.link, "https://feeds.example/");
  EXPECT_EQ(feed.language, "sah");
  EXPECT_THAT(feed.warnings, IsEmpty());
  ASSERT_EQ(feed.items.size(), 1u);
  const FeedItem& item = feed.items[0];
  EXPECT_EQ(item.id, "urn:1");
  EXPECT_EQ(item.title, "Алмаас");
  EXPECT_EQ(item.link, "https://feeds.example/1.html");
  EXPECT_EQ(TimeOf(item.published_time), "2026-11-24T09:30:00Z");
  EXPECT_EQ(TimeOf(item.updated_time), "2026-11-25T00:00:00Z");
  EXPECT_EQ(item.summary_html, "Кылгас");
  EXPECT_EQ(item.content_html, "<p>Толору</p>");
  EXPECT_EQ(item.base_url, "https://feeds.example/a/feed.atom");
  EXPECT_EQ(item.categories[0].label, "Экэниэмикэ");
  EXPECT_EQ(item.enclosures[0].url, "https://feeds.example/a/a.mp3");
  EXPECT_EQ(item.authors[0].name, "Редакция");
}

TEST(Atom, ReadsTextByItsType) {
  EXPECT_EQ(One("<title>a &lt;b&gt; c</title>").title, "a <b> c");
  EXPECT_EQ(One("<title type=\"html\">a &lt;b&gt;c&lt;/b&gt; &amp;amp; d</title>").title, "a c & d");
  EXPECT_EQ(
      One("<title type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">a <b>c</b> &lt; d</div></title>").title,
      "a c < d");
  EXPECT_EQ(One("<content>one &lt; two</content>").content_html, "one &lt; two");
  EXPECT_EQ(One("<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x &amp; <img src=\"a.png\" "
                "alt='\"'/></p></div></content>")
                .content_html,
            "<p>x &amp; <img src=\"a.png\" alt=\"&quot;\"></p>");
  EXPECT_EQ(
      One("<content type=\"xhtml\"><h:div xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:p>x</h:p></h:div></content>")
          .content_html,
      "<p>x</p>");
  EXPECT_EQ(One("<content type=\"image/png\">aGVsbG8=</content>").content_html, "");
}

TEST(Atom, ResolvesAgainstTheInnermostBase) {
  const Feed feed =
      Parse(Atom("<entry xml:base=\"x/\"><link href=\"1\"/><content type=\"html\" "
                 "xml:base=\"/y/\">&lt;p&gt;z&lt;/p&gt;</content></entry>",
                 "xml:base=\"https://base.example/b/\""));
  EXPECT_EQ(feed.items[0].link, "https://base.example/b/x/1");
  EXPECT_EQ(feed.items[0].base_url, "https://base.example/y/");
}

TEST(Atom, ReadsLanguageWhereverItStands) {
  const Feed feed =
      Parse(Atom("<entry xml:lang=\"ru\"><title>Р</title></entry><entry><title>S</title></entry>"
                 "<entry><title>T</title><content xml:lang=\"ar\">نص</content></entry>",
                 "xml:lang=\"sah\""));
  EXPECT_EQ(feed.items[0].language, "ru");
  EXPECT_EQ(feed.items[1].language, "sah");
  EXPECT_EQ(feed.items[2].language, "ar");
}

TEST(Atom, CreditsTheFeedThatAnEntryWasCopiedFrom) {
  const FeedItem item =
      One("<title>T</title><source><title>Хоту</title><link "
          "href=\"https://khotu.example/\"/><author><name>А</name></author></source>");
  EXPECT_EQ(item.source_name, "Хоту");
  EXPECT_EQ(item.source_url, "https://khotu.example/");
  EXPECT_EQ(item.authors[0].name, "А");
}

TEST(Atom, ReadsVersion03AndAFeedWithoutANamespace) {
  Feed feed = Parse(
      "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><title>F</title><tagline>t</tagline><entry><title "
      "mode=\"escaped\" type=\"text/html\">"
      "&lt;b&gt;x&lt;/b&gt;</title><issued>2026-11-24T09:30:00Z</issued><modified>2026-11-25T09:30:00Z</modified>"
      "<content type=\"text/html\" mode=\"escaped\">&lt;p&gt;y&lt;/p&gt;</content></entry></feed>");
  EXPECT_EQ(feed.description_html, "t");
  EXPECT_EQ(feed.items[0].title, "x");
  EXPECT_EQ(feed.items[0].content_html, "<p>y</p>");
  EXPECT_EQ(TimeOf(feed.items[0].published_time), "2026-11-24T09:30:00Z");
  EXPECT_EQ(TimeOf(feed.items[0].updated_time), "2026-11-25T09:30:00Z");
  feed = Parse("<feed><title>F</title><entry><title>x</title><id>1</id></entry></feed>");
  EXPECT_EQ(feed.title, "F");
  EXPECT_EQ(feed.items[0].id, "1");
  feed = Parse("<a:feed xmlns:a=\"https://www.w3.org/2005/Atom/\"><a:entry><a:id>2</a:id></a:entry></a:feed>");
  EXPECT_EQ(feed.items[0].id, "2");
}

}  // namespace
}  // namespace kimberlite::ingest
