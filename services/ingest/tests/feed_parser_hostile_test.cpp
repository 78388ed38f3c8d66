#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <random>
#include <string>

#include "services/ingest/core/feed_parser.h"

// Documents that are broken, and documents that are meant to break the reader.
namespace kimberlite::ingest {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Result<Feed> Parse(std::string_view body) {
  return ParseFeed({.body = body, .content_type = "text/xml", .url = "https://feeds.example/", .time_zone = ""});
}

std::string Rss(const std::string& items) {
  return "<rss version=\"2.0\"><channel><title>T</title>" + items + "</channel></rss>";
}
std::string Item(const std::string& title) { return "<item><title>" + title + "</title></item>"; }

std::vector<std::string> Titles(const Result<Feed>& feed) {
  std::vector<std::string> titles;
  EXPECT_TRUE(feed) << feed.error().ToString();
  if (feed) {
    for (const FeedItem& item : feed->items) titles.push_back(item.title);
  }
  return titles;
}

// CPU time of this thread, so that a busy machine does not matter.
double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr double kSlack = 10;
#else
constexpr double kSlack = 1;
#endif

// A value of /proc/self/status in MiB.
double Status(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

// Memory in MiB that work takes at the most, beyond what is there before.
double PeakOf(const std::function<void()>& work) {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;  // forgets the peak so far
  const double before = Status("VmRSS");
  work();
  return Status("VmHWM") - before;
}

TEST(BrokenFeed, MendsTheBrokenItem) {
  const auto feed = Parse(Rss(Item("one") + "<item><title>two</b></title></item>" + Item("three") + Item("four")));
  EXPECT_THAT(Titles(feed), ElementsAre("one", "two", "three", "four"));
  EXPECT_THAT(feed->warnings, ElementsAre(HasSubstr("nothing was opened for in line 1")));
  EXPECT_EQ(feed->title, "T");
}

TEST(BrokenFeed, SurvivesManyBrokenItems) {
  std::string items;
  for (int i = 0; i < 60; ++i)
    items += Item("good") + "<item><title>bad</titel></item><item a=\"1\" a=\"2\"/><item><p>bad<br></p></item>";
  const auto feed = Parse(Rss(items));
  EXPECT_EQ(std::ranges::count(Titles(feed), "good"), 60);
  EXPECT_EQ(std::ranges::count(Titles(feed), "bad"), 60);
}

TEST(BrokenFeed, SurvivesAnErrorBeforeTheFirstItem) {
  EXPECT_THAT(Titles(Parse("<rss><channel><title>T<br></title>" + Item("one") + Item("two") + "</channel></rss>")),
              ElementsAre("one", "two"));
  EXPECT_THAT(
      Titles(Parse(
          "<feed xmlns='http://www.w3.org/2005/Atom'><title>T<br></title><entry><title>one</title></entry></feed>")),
      ElementsAre("one"));
  EXPECT_THAT(Titles(Parse("<rss><channel><title>T" + Item("one") + Item("two") + "</channel></rss>")),
              ElementsAre("one", "two"));
}

TEST(BrokenFeed, EndsAnItemWhereTheNextBegins) {
  const auto feed = Parse(
      "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
      "xmlns='http://purl.org/rss/1.0/'><channel><title>T</title></channel>"
      "<item><title>one</title></item><item><title>two</item><item><title>three</title><item><title>four</title>"
      "</item></rdf:RDF>");
  EXPECT_THAT(Titles(feed), ElementsAre("one", "two", "three", "four"));
  EXPECT_THAT(feed->warnings, Not(IsEmpty()));
}

TEST(BrokenFeed, IsNotFooledByItemsInsideCData) {
  EXPECT_THAT(Titles(Parse(Rss("<item><description><![CDATA[<item><title>no</title></item>]]></description><x></item>" +
                               Item("yes")))),
              ElementsAre("", "yes"));
}

TEST(BrokenFeed, EndsCDataThatIsNeverClosedWithItsElement) {
  const auto feed = Parse(Rss("<item><title>one</title><description><![CDATA[a <b>b</b></description></item>" +
                              std::string("<item><title>two</title><description><![CDATA[c]]></description></item>")));
  EXPECT_THAT(Titles(feed), ElementsAre("one", "two"));
  EXPECT_EQ(feed->items[0].summary_html, "a <b>b</b>");
  EXPECT_EQ(feed->items[1].summary_html, "c");
}

TEST(BrokenFeed, KeepsWhatCameBeforeTheCut) {
  const std::string whole =
      Rss(Item("one") + "<item><title>two</title><link>https://e.example/second</link><guid>2</guid></item>");
  const auto feed = Parse(whole.substr(0, whole.find("</title>", whole.find("two"))));
  EXPECT_THAT(Titles(feed), ElementsAre("one", "two"));
  EXPECT_FALSE(feed->items[0].cut);
  EXPECT_TRUE(feed->items[1].cut);
  EXPECT_THAT(feed->warnings, Contains(HasSubstr("cut off")));
  // Half an address is none.
  const auto half = Parse(whole.substr(0, whole.find("ond</link>")));
  ASSERT_EQ(Titles(half), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(half->items[1].link, "");
  EXPECT_THAT(Titles(Parse(whole.substr(0, whole.find("two")))), ElementsAre("one"));
  EXPECT_THAT(Titles(Parse(Rss(Item("one")) + "<junk>")), ElementsAre("one"));
  EXPECT_THAT(Titles(Parse(Rss(Item("one")) + "\n<!-- served in 5 ms -->\n<p>x</p> y")), ElementsAre("one"));
}

TEST(BrokenFeed, KeepsEveryItemBeforeAnyCut) {
  const std::string whole = Rss(Item("one") + Item("two") + Item("three"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto feed = Parse(whole.substr(0, size));
    std::size_t complete = 0;
    for (std::size_t at = whole.find("</item>"); at != std::string::npos && at + 7 <= size;
         at = whole.find("</item>", at + 1))
      ++complete;
    if (complete == 0) continue;
    ASSERT_TRUE(feed) << size;
    EXPECT_GE(feed->items.size(), complete) << size;
    for (std::size_t i = 0; i < complete; ++i) EXPECT_FALSE(feed->items[i].cut) << size;
  }
}

TEST(BrokenFeed, PassesOverJunkAroundTheFeed) {
  for (const std::string junk :
       {"\n\n  ", "\xEF\xBB\xBF\n", "Notice: undefined index in x.php on line 3\n",
        "<br />\n<b>Warning</b>: a &amp; b in <b>x.php</b><br />\n", "<!-- cached --> ", "<br>\n<b>Warning</b>: x\n"}) {
    EXPECT_THAT(Titles(Parse(junk + "<?xml version='1.0'?>" + Rss(Item("one") + Item("two")))),
                ElementsAre("one", "two"))
        << junk;
  }
}

TEST(BrokenFeed, TakesStrayCharactersForText) {
  EXPECT_THAT(Titles(Parse(Rss(Item("AT&T & <3 &raquo;\x01 x")))), ElementsAre("AT&T & <3 » x"));
  EXPECT_THAT(Titles(Parse(Rss(Item("a &#150; &#x2014; &#1; &unknown; &copy 5 < 6")))),
              ElementsAre("a – — \uFFFD &unknown; © 5 < 6"));
  EXPECT_THAT(Titles(Parse(Rss(Item("Новый <i>мост</b> и <p>путь")))), ElementsAre("Новый мост и путь"));
}

TEST(BrokenFeed, ReadsTagsThatAreNotXml) {
  const auto feed = Parse(
      "<RSS version=2.0><Channel><TITLE>T</title><Item><Title>one</Title><LINK>https://e.example/1</LINK>"
      "<PUBDATE>Tue, 24 Nov 2026 09:30:00 GMT</PUBDATE><enclosure url=https://e.example/a.mp3 length=5 /></Item>"
      "<Item><Title>two</Title></Item></Channel></RSS>");
  EXPECT_THAT(Titles(feed), ElementsAre("one", "two"));
  EXPECT_EQ(feed->title, "T");
  EXPECT_EQ(feed->items[0].link, "https://e.example/1");
  EXPECT_TRUE(feed->items[0].published_time);
  ASSERT_EQ(feed->items[0].enclosures.size(), 1u);
  EXPECT_EQ(feed->items[0].enclosures[0].length, 5);
}

TEST(NoFeed, IsRefusedWithASentence) {
  EXPECT_THAT(Parse("").error().message(), HasSubstr("empty"));
  EXPECT_THAT(Parse("  \n ").error().message(), HasSubstr("empty"));
  EXPECT_THAT(Parse("<!DOCTYPE html><html><head><title>x</title></head></html>").error().message(),
              HasSubstr("a web page"));
  EXPECT_THAT(Parse("<!doctype html><HTML><p>x").error().message(), HasSubstr("a web page"));
  EXPECT_THAT(Parse("<opml/>").error().message(), HasSubstr("<opml>"));
  for (const char* text : {"hello", "<", "<>", "<?xml", "<!--", "<![CDATA[", "&", "\xFF\xFE", "<a", "\"", "%PDF-1.7"}) {
    const auto feed = Parse(text);
    ASSERT_FALSE(feed) << text;
    EXPECT_EQ(feed.error().code(), Code::kInvalidArgument) << text;
  }
}

TEST(HostileFeed, DefinesNoEntities) {
  const auto feed = Parse(
      "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY file SYSTEM \"file:///etc/passwd\"><!ENTITY % p SYSTEM "
      "\"http://127.0.0.1/x\">%p;"
      "<!ENTITY a \"AAAA\"><!ENTITY b \"&a;&a;&a;\">]>" +
      Rss("<item><title>x &file; &b;</title><link>https://e.example/?a=&a;</link></item>"));
  ASSERT_TRUE(feed) << feed.error().ToString();
  EXPECT_EQ(feed->items[0].title, "x &file; &b;");
  EXPECT_THAT(feed->items[0].link, Not(HasSubstr("AAAA")));
}

TEST(HostileFeed, StaysWithinTimeAndMemoryWhateverComes) {
  const auto repeat = [](const std::string& text, std::size_t bytes) {
    std::string all;
    all.reserve(bytes + text.size());
    while (all.size() < bytes) all += text;
    return all;
  };
  constexpr std::size_t kSize = 4 * 1024 * 1024;
  std::string laughs = "<!DOCTYPE r [<!ENTITY l0 \"lol\">";
  for (int i = 1; i < 30; ++i)
    laughs += "<!ENTITY l" + std::to_string(i) + " \"" + repeat("&l" + std::to_string(i - 1) + ";", 40) + "\">";
  const std::pair<const char*, std::string> cases[] = {
      {"billion laughs", laughs + "]>" + Rss(Item("&l29;"))},
      {"deep", "<rss><channel><item>" + repeat("<a>", kSize)},
      {"deep and closed", Rss("<item>" + repeat("<a>", kSize / 8) + repeat("</a>", kSize / 8) + "</item>" + Item("x"))},
      {"wide", Rss("<item>" + repeat("<a/>", kSize) + "</item>")},
      {"many items", Rss(repeat("<item/>", kSize))},
      {"many broken items", Rss(repeat("<item><title>x</item>", kSize))},
      {"many items without ends", "<rss><channel>" + repeat("<item><title>x", kSize)},
      {"many ends", "<rss><channel><item>" + repeat("</a>", kSize)},
      {"deep and ended wrongly", "<rss><channel><item>" + repeat("<a></b>", kSize)},
      {"many feeds", repeat("<rss/>", kSize)},
      {"many names in capitals", Rss(Item("x") + "<item>" + repeat("<ABCDEFGH/>", kSize) + "</item>")},
      {"cdata in pieces", Rss(Item(repeat("a<![CDATA[", kSize)))},
      {"cdata that ends elsewhere", Rss(repeat("<item><title><![CDATA[x</title></item>", kSize))},
      {"cdata that ends far away", Rss(repeat("<item><title><![CDATA[x</title></item>", kSize)) + "]]>"},
      {"comments that end far away", Rss(repeat("<!--", kSize)) + "-->"},
      {"a page", "<html>" + repeat("<link rel=alternate type=application/rss+xml href=/a>", kSize)},
      {"json items", "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[" + repeat("{\"id\":1},", kSize)},
      {"many attributes", "<rss " + repeat("a='1' ", kSize) + "/>"},
      {"many namespaces", "<rss " +
                              [&] {
                                std::string all;
                                for (int i = 0; i < 200'000; ++i)
                                  all += "xmlns:n" + std::to_string(i) + "='u" + std::to_string(i) + "' ";
                                return all;
                              }() +
                              "><channel/></rss>"},
      {"many attributes of many names", "<rss " +
                                            [&] {
                                              std::string all;
                                              for (int i = 0; i < 400'000; ++i)
                                                all += "a" + std::to_string(i) + "='1' ";
                                              return all;
                                            }() +
                                            "/>"},
      {"many namespaces of many elements", "<rss>" +
                                               [&] {
                                                 std::string all;
                                                 for (int i = 0; i < 30'000; ++i)
                                                   all += "<a xmlns:n" + std::to_string(i % 250) + "='u" +
                                                          std::to_string(i) + "'>";
                                                 return all;
                                               }() +
                                               repeat("<b/>", kSize)},
      {"long attribute", Rss("<item a='" + repeat("x", kSize) + "'/>")},
      {"long name", Rss("<" + repeat("x", kSize) + "/>")},
      {"open quotes", repeat("<a b=\"", kSize)},
      {"open tags", repeat("<a ", kSize)},
      {"angles", repeat("<", kSize)},
      {"ampersands", "<rss>" + repeat("&", kSize)},
      {"unknown entities", Rss(Item(repeat("&abcdefgh;", kSize)))},
      {"references", Rss(Item(repeat("&#9;", kSize)))},
      {"comments", repeat("<!--", kSize)},
      {"closed comments", Rss(repeat("<!-- -->", kSize))},
      {"instructions", repeat("<?a ", kSize)},
      {"declarations", repeat("<!DOCTYPE a [", kSize)},
      {"quoted declarations", "<!DOCTYPE a [" + repeat("'", kSize)},
      {"cdata", Rss(Item(repeat("<![CDATA[x]]>", kSize)))},
      {"open cdata", "<rss>" + repeat("<![CDATA[", kSize)},
      {"long date", Rss("<item><title>x</title><pubDate>" + repeat("1 ", kSize) + "</pubDate></item>")},
      {"long author", Rss("<item><title>x</title><author>" + repeat("@(", kSize) + "</author></item>")},
      {"many categories", Rss("<item><title>x</title>" +
                              [&] {
                                std::string all;
                                for (int i = 0; i < 19'000; ++i)
                                  all += "<category>c" + std::to_string(i) + "</category>";
                                return all;
                              }() +
                              "</item>")},
      {"nul", std::string(kSize, '\0')},
      {"high bytes", std::string(kSize, '\xFF')},
      {"utf-16", "\xFF\xFE" + std::string(kSize, '<')},
      {"json strings", "{\"a\":\"" + repeat("\\\"", kSize)},
      {"json objects", repeat("{\"a\":", kSize)},
  };
  for (const auto& [name, body] : cases) {
    double seconds = 0;
    std::size_t items = 0;
    const double peak = PeakOf([&] {
      const double begun = CpuSeconds();
      const auto feed = Parse(body);
      seconds = CpuSeconds() - begun;
      items = feed ? feed->items.size() : 0;
    });
    EXPECT_LT(seconds, 1.0 * kSlack) << name;
    EXPECT_LT(peak, 64 * kSlack) << name;
    EXPECT_LE(items, 5000u) << name;
  }
}

TEST(HostileFeed, SurvivesRandomDamage) {
  const std::string good =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?><!DOCTYPE rss><rss version=\"2.0\" "
      "xmlns:a=\"http://www.w3.org/2005/Atom\"><channel>" +
      Item("один") +
      "<item><title><![CDATA[<b>два</b>]]></title><a:link href='x'/><guid isPermaLink='false'>2</guid>"
      "<pubDate>Tue, 24 Nov 2026 09:30:00 GMT</pubDate><!-- c --></item>" +
      Item("три &amp; &laquo;") + "</channel></rss>";
  std::mt19937 random(20261124);
  for (int round = 0; round < 5'000; ++round) {
    std::string bad = good;
    for (int i = 0; i < 3; ++i) {
      const std::size_t at = random() % bad.size();
      switch (random() % 4) {
        case 0: bad[at] = static_cast<char>(random()); break;
        case 1: bad.erase(at, random() % 20); break;
        case 2: bad.insert(at, bad.substr(random() % bad.size(), random() % 40)); break;
        default: bad[at] = "<>&\"'=[]!?/;#"[random() % 13];
      }
      if (bad.empty()) bad = "<";
    }
    const auto feed = Parse(bad);
    ASSERT_LE(feed ? feed->items.size() : 0, 200u);
  }
}

}  // namespace
}  // namespace kimberlite::ingest
