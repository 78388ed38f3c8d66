#include "services/feed/tests/samples.h"

#include "services/feed/core/xml.h"

namespace kimberlite::feed {
namespace {

struct Texts {
  const char* language;
  const char* site;
  const char* headline;
  const char* summary;
  const char* author;
};

constexpr Texts kTexts[] = {
    {"en", "The Herald", "Ice road opens", "Two weeks early.", "Lena Lantern"},
    {"ru", "Вестник", "Открыт зимник", "На две недели раньше.", "Лена Фонарёва"},
    {"sah", "Сурук", "Муус суол аһылынна", "Икки нэдиэлэ эрдэ.", "Айталыына Һөһүөнэп"},
    {"ar", "البريد", "افتتاح طريق الجليد", "قبل موعده بأسبوعين.", "لينا"},
    {"zh", "先驱报", "冰路开通", "提前两周。", "李娜"},
};

FeedItem Item(const Texts& texts, int number) {
  const std::string id = std::to_string(1000 + number);
  FeedItem item;
  item.id = "tag:news.example,2026:article/" + id + "/" + texts.language;
  item.url = std::string("https://news.example/") + texts.language + "/economy/" + id + "-s";
  item.title = std::string(texts.headline) + " " + id;
  item.summary = texts.summary;
  item.body_html = std::string("<p>") + texts.summary + " &amp; <a href=\"https://news.example/a?b=1&amp;c=2\">" +
                   texts.headline + "</a></p><blockquote cite=\"https://news.example/q\"><p>“”</p></blockquote>";
  item.authors = {{texts.author, "https://news.example/author/lena/"}};
  item.tags = {texts.site, "ALROSA"};
  item.pictures = {{"https://news.example/media/a.svg", texts.headline, "image/svg+xml"}};
  item.credit = "Wire & Sons";
  item.credit_url = "https://wire.example/?a=1&b=2";
  item.published = *ParseRfc3339("2026-11-24T09:30:00Z") - std::chrono::minutes(number);
  item.updated = item.published + std::chrono::minutes(5);
  return item;
}

FeedDocument Feed(const Texts& texts) {
  FeedDocument feed;
  feed.id = std::string("tag:news.example,2026:list/") + texts.language;
  feed.title = texts.site;
  feed.description = texts.summary;
  feed.site_name = texts.site;
  feed.home_url = std::string("https://news.example/") + texts.language + "/";
  feed.self_url = feed.home_url + "rss.xml";
  feed.language = texts.language;
  for (int i = 0; i < 5; ++i) feed.items.push_back(Item(texts, i));
  return feed;
}

// What stored text may hold and what it should not be able to.
const std::string kHostile[] = {
    "]]> <script>alert(1)</script> & \"'",
    std::string("control \x01\x02\x0b\x1b\x7f characters \xEF\xBF\xBE\xEF\xBF\xBF"),
    "not UTF-8: \xED\xA0\x80 \xFF \xC0\x80 end",
    "\u202Eturned\u202C \u2067around\u2069",
    "<!DOCTYPE x> <!ENTITY e \"y\"> &e;&#0;&#x1F600;",
    "<![CDATA[ <?xml version=\"1.0\"?> ]]>",
    "tabs\tand\nlines\r\n \u2028 \u0085",
};

}  // namespace

std::vector<Sample> Samples() {
  std::vector<Sample> samples;
  for (const Texts& texts : kTexts) samples.push_back({texts.language, Feed(texts)});

  FeedDocument hostile = Feed(kTexts[0]);
  hostile.items.clear();
  int number = 0;
  for (const std::string& text : kHostile) {
    FeedItem item = Item(kTexts[2], number++);
    item.title = text;
    item.summary = text;
    // Stored HTML is rebuilt by libs/html: what attacks is text in it.
    item.body_html = "<p>" + XmlText(text) + "\x01\xED\xA0\x80]]></p>";
    item.authors = {{text, ""}};
    item.tags = {text};
    item.pictures[0].alt = text;
    hostile.items.push_back(std::move(item));
  }
  samples.push_back({"hostile", std::move(hostile)});

  FeedDocument archive = Feed(kTexts[1]);
  archive.archive = true;
  archive.current_url = archive.self_url;
  archive.older_url = archive.home_url + "page/1/rss.xml";
  archive.self_url = archive.home_url + "page/2/rss.xml";
  archive.tombstones = {{"tag:news.example,2026:article/7/ru", *ParseRfc3339("2026-11-24T11:00:00.25Z")}};
  samples.push_back({"archive", std::move(archive)});

  FeedDocument bare = Feed(kTexts[3]);
  bare.description.clear();
  bare.items.resize(1);
  bare.items[0].body_html.clear();
  bare.items[0].authors.clear();
  bare.items[0].tags.clear();
  bare.items[0].pictures.clear();
  bare.items[0].credit.clear();
  bare.items[0].credit_url.clear();
  samples.push_back({"bare", std::move(bare)});

  FeedDocument empty = Feed(kTexts[4]);
  empty.items.clear();
  samples.push_back({"empty", std::move(empty)});
  return samples;
}

}  // namespace kimberlite::feed
