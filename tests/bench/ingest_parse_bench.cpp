// How fast ingest reads a feed, beside libxml2's SAX parser alone on the same bytes: CPU time, medians, in one process.
// Prints one line for each measure; the exit code is 1 when an aim is not reached.

#include <fmt/format.h>
#include <libxml/parser.h>
#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "libs/html/clean.h"
#include "libs/html/sanitize.h"
#include "services/ingest/core/feed_parser.h"
#include "services/ingest/core/recognise.h"

namespace {

using namespace kimberlite::ingest;

constexpr int kItems = 500;
constexpr std::size_t kHtmlBytes = 566'000;
constexpr std::size_t kFeedBytes = 1'000'000;
constexpr int kRounds = 31;
constexpr double kParseAim = 100;    // MB/s
constexpr double kPipelineAim = 35;  // MB/s
constexpr double kHeapAim = 4;       // times the body

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::string Article(int number, std::size_t bytes) {
  static const char* const kParts[] = {
      "<p>The ice road across the Lena opened on <strong>Tuesday</strong>, two weeks &mdash; by the ministry&#8217;s "
      "count &mdash; earlier than last year. &laquo;We have waited for it&raquo;, a driver said.</p>\n",
      "<p>Ледовая переправа через Лену открылась <em>во вторник</em>; вес машин ограничен, "
      "<a href=\"/road/lena?utm_source=rss&amp;id=7\">сообщили</a> в министерстве транспорта.</p>\n",
      "<figure><img src=\"/media/road.jpg\" alt=\"The road\" width=\"800\" height=\"450\" srcset=\"/media/road.jpg "
      "800w, "
      "/media/road-2x.jpg 1600w\"><figcaption>The road at dawn</figcaption></figure>\n",
      "<ul><li>Cars up to 3 t</li><li>Lorries from 10 December</li></ul><blockquote><p>Drive "
      "slowly.</p></blockquote>\n",
      "<p>More on <a href=\"https://agency.example/news/2026/11/24/road\">the agency&rsquo;s page</a>.<br>Source: "
      "Agency</p><p><img src=\"https://counter.example/pixel.gif\" width=\"1\" height=\"1\"></p>\n"};
  std::string html;
  for (int part = number; html.size() < bytes; ++part) html += kParts[part % std::size(kParts)];
  return html;
}

std::string MakeFeed() {
  std::string feed =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
      "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
      "xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n<title>A wire</title>\n"
      "<link>https://wire.example/</link>\n<language>en</language>\n";
  for (int i = 0; i < kItems; ++i) {
    const std::string number = std::to_string(i);
    std::string item = "<item>\n  <title>The ice road across the Lena opened &amp; closed, part " + number +
                       "</title>\n  <link>https://wire.example/news/" + number +
                       "</link>\n  <guid isPermaLink=\"false\">wire:" + number +
                       "</guid>\n  <pubDate>Tue, 24 Nov 2026 09:30:00 +0900</pubDate>\n  <dc:creator>Anna "
                       "Lenskaya</dc:creator>\n  <category>Transport</category>\n  <category>Лена</category>\n"
                       "  <description>";
    const std::string html = Article(i, kHtmlBytes / kItems - 100);
    const std::string tail = "</description>\n  <content:encoded><![CDATA[" + html + "]]></content:encoded>\n</item>\n";
    const std::size_t wanted = kFeedBytes / kItems;
    while (item.size() + tail.size() < wanted)
      item += "The ministry counts the days; drivers count the metres of ice. ";
    feed += item + tail;
  }
  return feed + "</channel>\n</rss>\n";
}

// What libxml2 does at the least: every element and text handed to a callback that counts.
std::size_t ParseWithLibxml(const std::string& body) {
  std::size_t count = 0;
  xmlSAXHandler sax{};
  sax.initialized = XML_SAX2_MAGIC;
  sax.startElementNs = [](void* user, const xmlChar*, const xmlChar*, const xmlChar*, int, const xmlChar**, int, int,
                          const xmlChar**) { ++*static_cast<std::size_t*>(user); };
  sax.characters = [](void* user, const xmlChar*, int size) { *static_cast<std::size_t*>(user) += size; };
  sax.cdataBlock = sax.characters;
  xmlSAXUserParseMemory(&sax, &count, body.data(), static_cast<int>(body.size()));
  return count;
}

// A value of /proc/self/status in bytes.
std::size_t Status(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) * 1024;
  }
  return 0;
}

// The most memory that work takes beyond what is there before.
std::size_t PeakOf(const std::function<void()>& work) {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;
  const std::size_t before = Status("VmRSS");
  work();
  return Status("VmHWM") - before;
}

struct Measure {
  std::string name;
  std::function<std::size_t()> work;
  std::size_t bytes;
  double aim = 0;  // MB/s; 0: none
  std::vector<double> seconds;
};

}  // namespace

int main() {
  const std::string body = MakeFeed();
  const FeedDocument document{.body = body, .content_type = "application/rss+xml", .url = "https://wire.example/rss"};
  const auto feed = ParseFeed(document);
  if (!feed || feed->items.size() != kItems) {
    fmt::print(stderr, "the feed was not read\n");
    return 1;
  }
  std::size_t html_bytes = 0;
  std::size_t simple = 0;
  for (const FeedItem& item : feed->items) {
    html_bytes += item.content_html.size();
    simple += kimberlite::html::IsSimple(item.content_html, item.base_url);
  }
  Source source;
  source.name = "Wire";
  const auto run_pipeline = [&] { return RecogniseItems(*ParseFeed(document), source).items.size(); };

  std::vector<Measure> measures = {
      {"libxml2 SAX alone", [&] { return ParseWithLibxml(body); }, body.size()},
      {"parse", [&] { return ParseFeed(document)->items.size(); }, body.size(), kParseAim},
      {"whole pipeline", run_pipeline, body.size(), kPipelineAim},
      {"sanitize",
       [&] {
         std::size_t size = 0;
         for (const FeedItem& item : feed->items)
           size += kimberlite::html::Sanitize(item.content_html, item.base_url).size();
         return size;
       },
       html_bytes},
      {"sanitize by gumbo's tree",
       [&] {
         std::size_t size = 0;
         for (const FeedItem& item : feed->items)
           size += kimberlite::html::SanitizeByTree(item.content_html, item.base_url).size();
         return size;
       },
       html_bytes},
      {"clean into an article's form",
       [&] {
         std::size_t size = 0;
         for (const FeedItem& item : feed->items)
           size += kimberlite::html::Clean(item.content_html, item.base_url).size();
         return size;
       },
       html_bytes},
  };
  std::size_t sum = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (Measure& measure : measures) {
      const double begun = CpuSeconds();
      sum += measure.work();
      measure.seconds.push_back(CpuSeconds() - begun);
    }
  }
  fmt::print(
      "{} items, {} bytes, {} of HTML ({} of {} articles need no mending); medians of {} rounds, CPU time ({})\n",
      kItems, body.size(), html_bytes, simple, kItems, kRounds, sum % 10);
  bool reached = true;
  for (Measure& measure : measures) {
    std::ranges::sort(measure.seconds);
    const double rate = static_cast<double>(measure.bytes) / 1e6 / measure.seconds[kRounds / 2];
    reached = reached && rate >= measure.aim;
    fmt::print("{:<30} {:8.1f} MB/s{}\n", measure.name, rate,
               measure.aim > 0 ? fmt::format("  (aim: {:.0f})", measure.aim) : std::string());
  }
  const double times = static_cast<double>(PeakOf([&] { sum += run_pipeline(); })) / static_cast<double>(body.size());
  reached = reached && times <= kHeapAim;
  fmt::print("{:<30} {:8.2f} times the body  (aim: {:.0f})\n", "peak memory of the pipeline", times, kHeapAim);
  return reached ? 0 : 1;
}
