#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ingest/core/feed_parser.h"

// The extensions that feeds are written with, and the corners of the formats that their specifications name.
namespace kimberlite::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kNamespaces =
    "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/' "
    "xmlns:dcterms='http://purl.org/dc/terms/' xmlns:media='http://search.yahoo.com/mrss/' "
    "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:georss='http://www.georss.org/georss' "
    "xmlns:slash='http://purl.org/rss/1.0/modules/slash/' "
    "xmlns:cc='http://backend.userland.com/creativeCommonsRssModule' "
    "xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'";

Feed Parse(const std::string& body) {
  auto feed = ParseFeed({.body = body, .content_type = "", .url = "https://f.example/d/feed", .time_zone = ""});
  EXPECT_TRUE(feed) << feed.error().ToString();
  return feed ? std::move(*feed) : Feed();
}

Feed Channel(const std::string& channel, const std::string& item) {
  return Parse("<rss version='2.0' " + std::string(kNamespaces) + "><channel><title>T</title>" + channel + "<item>" +
               item + "</item></channel></rss>");
}

FeedItem Item(const std::string& item) { return Channel("", item).items.at(0); }

FeedItem Entry(const std::string& entry, const std::string& feed = "") {
  return Parse("<feed xmlns='http://www.w3.org/2005/Atom'>" + feed + "<entry>" + entry + "</entry></feed>").items.at(0);
}

std::vector<std::string> Names(const std::vector<FeedPerson>& people) {
  std::vector<std::string> names;
  for (const FeedPerson& person : people)
    names.push_back(person.name + (person.email.empty() ? "" : " <" + person.email + ">"));
  return names;
}

std::vector<std::string> Terms(const FeedItem& item) {
  std::vector<std::string> terms;
  for (const FeedCategory& category : item.categories) terms.push_back(category.term);
  return terms;
}

std::string TimeOf(const std::optional<Time>& time) { return time ? FormatRfc3339(*time) : "none"; }

TEST(Vocabulary, ReadsPeopleAsTheyAreWritten) {
  EXPECT_THAT(
      Names(Item("<author>a@e.example (Ann)</author><author>Bob &lt;b@e.example&gt;</author>"
                 "<author>c@e.example</author><author>Dan</author><author>@eve</author>"
                 "<dc:creator><![CDATA[<b>Fay</b>]]></dc:creator><author>mailto:g@e.example</author>")
                .authors),
      ElementsAre("Ann <a@e.example>", "Bob <b@e.example>", " <c@e.example>", "Dan", "@eve", "Fay", " <g@e.example>"));
}

TEST(Vocabulary, TakesTheChannelsPeopleWhereTheItemHasNone) {
  const std::string editor = "<managingEditor>m@e.example (Max)</managingEditor><webMaster>w@e.example</webMaster>";
  FeedItem item = Channel(editor, "<title>x</title>").items.at(0);
  EXPECT_THAT(Names(item.authors), ElementsAre("Max <m@e.example>"));
  EXPECT_TRUE(item.authors_of_feed);
  item = Channel(editor + "<itunes:author>Studio</itunes:author>", "<title>x</title>").items.at(0);
  EXPECT_THAT(Names(item.authors), ElementsAre("Studio"));
  item = Channel(editor, "<title>x</title><itunes:author>Own</itunes:author>").items.at(0);
  EXPECT_THAT(Names(item.authors), ElementsAre("Own"));
  EXPECT_FALSE(item.authors_of_feed);
}

TEST(Vocabulary, InheritsAtomAuthorsFromSourceThenFeed) {
  const std::string feed = "<author><name>F</name><email>f@e.example</email></author>";
  EXPECT_THAT(Names(Entry("<title>x</title>", feed).authors), ElementsAre("F <f@e.example>"));
  EXPECT_FALSE(Entry("<title>x</title>", feed).authors_of_feed);
  EXPECT_THAT(Names(Entry("<source><author><name>S</name></author></source>", feed).authors), ElementsAre("S"));
  EXPECT_THAT(
      Names(Entry("<author><name>E</name></author><source><author><name>S</name></author></source>", feed).authors),
      ElementsAre("E"));
}

TEST(Vocabulary, PrefersDatesThatSayPublication) {
  const FeedItem item = Item(
      "<dc:date>2026-02-02</dc:date><dcterms:created>2026-02-03</dcterms:created><dcterms:issued>2026-01-01</"
      "dcterms:issued>"
      "<dcterms:modified>2026-03-03</dcterms:modified>");
  EXPECT_EQ(TimeOf(item.published_time), "2026-01-01T00:00:00Z");
  EXPECT_EQ(TimeOf(item.updated_time), "2026-03-03T00:00:00Z");
  EXPECT_EQ(TimeOf(Item("<dc:date>2026-02-02</dc:date><pubDate>1 Jan 2026</pubDate>").published_time),
            "2026-01-01T00:00:00Z");
  EXPECT_EQ(TimeOf(Item("<pubDate>no date</pubDate><dc:date>2026-02-02</dc:date>").published_time),
            "2026-02-02T00:00:00Z");
  EXPECT_EQ(TimeOf(Entry("<updated>2026-02-02</updated>").published_time), "none");
}

TEST(Vocabulary, ReadsPodcasts) {
  const FeedItem item = Item(
      "<itunes:title>E</itunes:title><itunes:summary>S "
      "&lt;b&gt;x&lt;/b&gt;</itunes:summary><itunes:subtitle>u</itunes:subtitle>"
      "<itunes:keywords>алмаз, лёд,,</itunes:keywords><itunes:explicit>no</itunes:explicit>"
      "<itunes:duration>1:00</itunes:duration><itunes:image href='i.jpg'/>"
      "<enclosure url='a.mp3' length='' type='audio/mpeg'/>");
  EXPECT_EQ(item.title, "E");
  EXPECT_EQ(item.summary_html, "S <b>x</b>");
  EXPECT_THAT(Terms(item), ElementsAre("алмаз", "лёд"));
  ASSERT_EQ(item.enclosures.size(), 1u);
  EXPECT_EQ(item.enclosures[0].url, "https://f.example/d/a.mp3");
  EXPECT_EQ(item.enclosures[0].length, 0);
}

TEST(Vocabulary, ReadsMedia) {
  const FeedItem item = Item(
      "<media:group><media:title>MT</media:title><media:description "
      "type='html'>&lt;i&gt;d&lt;/i&gt;</media:description>"
      "<media:content url='v.mp4' fileSize='5' type='video/mp4'><media:thumbnail url='t.jpg'/></media:content>"
      "<media:content url='w.mp4'/><media:credit role='author'>A</media:credit><media:credit "
      "role='owner'>B</media:credit>"
      "</media:group><media:category scheme='s' label='l'>c</media:category><media:keywords>k</media:keywords>"
      "<enclosure url='v.mp4' length='5'/>");
  EXPECT_EQ(item.title, "MT");
  EXPECT_EQ(item.summary_html, "<i>d</i>");
  EXPECT_THAT(Names(item.authors), ElementsAre("A"));
  ASSERT_EQ(item.enclosures.size(), 3u);
  EXPECT_EQ(item.enclosures[0].type, "video/mp4");
  EXPECT_EQ(item.enclosures[1].url, "https://f.example/d/t.jpg");
  ASSERT_EQ(item.categories.size(), 2u);
  EXPECT_EQ(item.categories[0].label, "l");
}

TEST(Vocabulary, PassesOverWhatIsNotForReaders) {
  const FeedItem item = Item(
      "<title>x</title><comments>https://e.example/c</comments><slash:comments>5</slash:comments>"
      "<georss:point>62 129</georss:point><cc:license>https://cc.example/</cc:license><slash:title>no</slash:title>");
  EXPECT_EQ(item.title, "x");
  EXPECT_EQ(item.link, "");
  EXPECT_THAT(item.categories, IsEmpty());
}

TEST(Vocabulary, FollowsFeedburnerToTheOriginal) {
  EXPECT_EQ(
      Item("<link>https://feeds.example/~r/1</link><feedburner:origLink>https://e.example/1</feedburner:origLink>")
          .link,
      "https://e.example/1");
}

TEST(Vocabulary, SaysWhenAFeedWantsToBePolled) {
  const FeedHints hints = Channel(
                              "<ttl> 90 </ttl><skipHours><hour>0</hour><hour>3</hour><hour>24</hour></skipHours>"
                              "<skipDays><day>Sunday</day><day>saturday</day><day>Never</day></skipDays>",
                              "<title>x</title>")
                              .hints;
  EXPECT_EQ(hints.ttl, std::chrono::minutes(90));
  EXPECT_EQ(hints.skip_hours, 1u | 8u);
  EXPECT_EQ(hints.skip_days, 1u | 64u);
  EXPECT_EQ(Channel("<ttl>-5</ttl>", "<title>x</title>").hints, FeedHints());
}

TEST(Vocabulary, ReadsAtomContentByItsType) {
  EXPECT_EQ(Entry("<content type='text/html; charset=utf-8'>&lt;p&gt;x</content>").content_html, "<p>x");
  EXPECT_EQ(Entry("<content type='HTML'>&lt;p&gt;x</content>").content_html, "<p>x");
  EXPECT_EQ(Entry("<content type='text/plain'>a &lt; b</content>").content_html, "a &lt; b");
  EXPECT_EQ(Entry("<content type='application/xml'><x xmlns=''>y</x></content>").content_html, "");
  EXPECT_EQ(Entry("<content mode='base64' type='text/html'>PHA+eTwvcD4=</content>").content_html, "<p>y</p>");
  EXPECT_EQ(
      Entry("<content mode='xml' type='application/xhtml+xml'><p xmlns='http://www.w3.org/1999/xhtml'>y</p></content>")
          .content_html,
      "<p>y</p>");
  const FeedItem elsewhere = Entry("<content src='c.html' type='text/html'/>");
  EXPECT_EQ(elsewhere.content_html, "");
  EXPECT_EQ(elsewhere.link, "https://f.example/d/c.html");
}

TEST(Vocabulary, ChoosesAmongAtomLinks) {
  EXPECT_EQ(Entry("<link rel='self' href='s'/><link rel='alternate' type='application/json' href='j'/>"
                  "<link rel='http://www.iana.org/assignments/relation/alternate' type='text/html' href='h'/>"
                  "<link rel='related' href='r'/><link rel='replies' type='text/html' href='c'/>")
                .link,
            "https://f.example/d/h");
  EXPECT_EQ(Entry("<link rel='related' href='r'/><link rel='edit' href='e'/>").link, "");
}

TEST(Vocabulary, ReadsOneEntryAlone) {
  const Feed feed = Parse("<entry xmlns='http://www.w3.org/2005/Atom'><title>solo</title><id>urn:1</id></entry>");
  ASSERT_EQ(feed.items.size(), 1u);
  EXPECT_EQ(feed.items[0].title, "solo");
}

TEST(Vocabulary, ReadsAnItemsLanguage) {
  EXPECT_EQ(Channel("<language>ru</language>", "<title>x</title>").items[0].language, "ru");
  EXPECT_EQ(Channel("<language>ru</language>", "<title>x</title><dc:language>sah</dc:language>").items[0].language,
            "sah");
  EXPECT_EQ(Channel("<dc:language>ru</dc:language>", "<title>x</title>").items[0].language, "ru");
}

TEST(Vocabulary, ReadsFeedsOfNamespacesNobodyKnows) {
  EXPECT_EQ(
      Parse("<rss version='2.0' xmlns='http://unknown.example/'><channel><item><title>x</title></item></channel></rss>")
          .items.at(0)
          .title,
      "x");
  EXPECT_EQ(
      Parse("<rss version='2.0' xmlns:DC='http://PURL.org/dc/elements/1.1'><channel><item><DC:creator>N</DC:creator>"
            "</item></channel></rss>")
          .items.at(0)
          .authors.at(0)
          .name,
      "N");
}

TEST(Vocabulary, ReadsTheEarlyVersions) {
  for (const char* version : {"0.91", "0.92", "0.93", "0.94"}) {
    const Feed feed = Parse("<rss version='" + std::string(version) +
                            "'><channel><title>T</title><item><title>x</title><link>https://e.example/1</link>"
                            "<category domain='d'>c</category></item></channel></rss>");
    ASSERT_EQ(feed.items.size(), 1u) << version;
    EXPECT_EQ(feed.items[0].categories.at(0).scheme, "d");
  }
  const Feed feed = Parse(
      "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'>"
      "<channel><title>T</title></channel><item><title>x</title><link>https://e.example/1</link></item></rdf:RDF>");
  EXPECT_EQ(feed.title, "T");
  EXPECT_EQ(feed.items.at(0).link, "https://e.example/1");
}

}  // namespace
}  // namespace kimberlite::ingest
