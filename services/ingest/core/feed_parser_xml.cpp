#include <algorithm>
#include <charconv>
#include <iterator>

#include "libs/base/text.h"
#include "services/ingest/core/feed_date.h"
#include "services/ingest/core/feed_item_reader.h"
#include "services/ingest/core/feed_markup.h"
#include "services/ingest/core/feed_parser_formats.h"
#include "services/ingest/core/feed_people.h"
#include "services/ingest/core/fill.h"
#include "services/ingest/core/page_feeds.h"
#include "services/ingest/core/url.h"
#include "services/ingest/core/xml_reader.h"

namespace kimberlite::ingest {
namespace {

// The feed itself: the children of <feed> or <channel>.
class FeedReader {
 public:
  FeedReader(Feed& feed, std::string_view zone) : feed_(feed), zone_(zone) {}

  void Read(const XmlNode& node) {
    Fill(feed_.language, std::string(node.language));
    for (const XmlNode& child : node.children()) Child(child);
  }

  void Finish() {
    Fill(feed_.title, std::move(dc_title_));
    Fill(feed_.description_html, std::move(other_description_));
    Fill(feed_.link, links_.Best());
    Fill(feed_.language, std::move(dc_language_));
    Fill(feed_.updated_time, dc_date_);
    if (rss_authors_.empty()) rss_authors_ = std::move(editors_);
    for (FeedItem& item : feed_.items) {
      Fill(item.language, feed_.language);
      if (!item.authors.empty()) continue;
      item.authors = authors_.empty() ? rss_authors_ : authors_;
      item.authors_of_feed = authors_.empty() && !rss_authors_.empty();
    }
  }

 private:
  void Child(const XmlNode& child) {
    switch (child.space) {
      case Space::kNone:
      case Space::kRss: return Rss(child);
      case Space::kAtom: return Atom(child);
      case Space::kDc:
      case Space::kDcTerms: return DublinCore(child);
      case Space::kItunes: return Itunes(child);
      default: return Tombstone(child);
    }
  }

  // at:deleted-entry (RFC 6721 section 3).
  void Tombstone(const XmlNode& child) {
    if (child.name != "deleted-entry") return;
    const std::string id(TrimAscii(child.Attribute("ref")));
    if (!id.empty() && feed_.removed_ids.size() < kMaxItems) feed_.removed_ids.push_back(id);
  }

  // <ttl>, <skipHours> and <skipDays> of RSS 0.91 and later, in UTC.
  void Hints(const XmlNode& child) {
    if (child.name == "ttl") {
      feed_.hints.ttl = std::chrono::minutes(NumberOf(child, 366 * 24 * 60).value_or(0));
      return;
    }
    constexpr std::string_view kDays[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
    for (const XmlNode& part : child.children()) {
      if (part.name == "hour") {
        // Midnight was once written 24.
        if (const auto hour = NumberOf(part, 24)) feed_.hints.skip_hours |= 1U << (*hour % 24);
      } else if (part.name == "day") {
        std::string day = PlainOf(part);
        std::ranges::transform(day, day.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        const auto found = std::ranges::find(kDays, day);
        if (found != std::end(kDays)) feed_.hints.skip_days |= 1U << (found - std::begin(kDays));
      }
    }
  }

  // A whole number from 0 to `max`; a larger one is `max`.
  static std::optional<unsigned> NumberOf(const XmlNode& node, unsigned max) {
    const std::string text = PlainOf(node);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
    return error == std::errc() ? std::min(number, max) : max;
  }

  void Rss(const XmlNode& child) {
    const std::string_view name = child.name;
    if (name == "title") {
      Fill(feed_.title, LineOf(child));
    } else if (name == "link") {
      if (child.Attribute("href").empty()) {
        Fill(links_.own, AbsoluteUrl(child.base, child.Text()));
      } else {
        ReadAtomLink(child, links_, nullptr);
      }
    } else if (name == "description") {
      Fill(feed_.description_html, HtmlOf(child));
    } else if (name == "language") {
      if (std::string language = PlainOf(child); !language.empty()) feed_.language = std::move(language);
    } else if (name == "pubdate") {
      Fill(feed_.published_time, ParseFeedDate(child.Text(), zone_));
    } else if (name == "lastbuilddate") {
      Fill(feed_.updated_time, ParseFeedDate(child.Text(), zone_));
    } else if (name == "managingeditor") {
      AddPerson(editors_, PersonOf(PlainOf(child)));
    } else if (name == "ttl" || name == "skiphours" || name == "skipdays") {
      Hints(child);
    }
  }

  void Atom(const XmlNode& child) {
    const std::string_view name = child.name;
    if (name == "title") {
      Fill(feed_.title, AtomLineOf(child));
    } else if (name == "subtitle" || name == "tagline") {
      Fill(feed_.description_html, AtomHtmlOf(child));
    } else if (name == "id") {
      Fill(feed_.id, PlainOf(child));
    } else if (name == "link") {
      ReadAtomLink(child, links_, nullptr);
    } else if (name == "updated" || name == "modified") {
      Fill(feed_.updated_time, ParseFeedDate(child.Text(), zone_));
    } else if (name == "author") {
      AddPerson(authors_, AtomPersonOf(child));
    }
  }

  void DublinCore(const XmlNode& child) {
    const std::string_view name = child.name;
    if (name == "language") {
      Fill(dc_language_, PlainOf(child));
    } else if (name == "date" || name == "modified") {
      Fill(dc_date_, ParseFeedDate(child.Text(), zone_));
    } else if (name == "created" || name == "issued") {
      Fill(feed_.published_time, ParseFeedDate(child.Text(), zone_));
    } else if (name == "title") {
      Fill(dc_title_, LineOf(child));
    } else if (name == "description") {
      Fill(other_description_, HtmlOf(child));
    } else if (name == "creator" || name == "author") {
      AddPerson(rss_authors_, PersonIn(child));
    }
  }

  void Itunes(const XmlNode& child) {
    const std::string_view name = child.name;
    if (name == "author") {
      AddPerson(rss_authors_, PersonOf(PlainOf(child)));
    } else if (name == "owner") {
      AddPerson(editors_, AtomPersonOf(child));
    } else if (name == "summary" || name == "subtitle" || name == "description") {
      Fill(other_description_, HtmlOf(child));
    }
  }

  Feed& feed_;
  std::string_view zone_;
  FeedLinks links_;
  std::string dc_title_, dc_language_, other_description_;
  std::optional<Time> dc_date_;
  std::vector<FeedPerson> authors_;      // Atom's: those of each entry without (RFC 4287 section 4.2.1)
  std::vector<FeedPerson> rss_authors_;  // of the channel
  std::vector<FeedPerson> editors_;
};

bool IsFeedElement(const XmlNode& node) {
  return node.name == "rss" || node.name == "rdf" || node.name == "feed" || node.name == "channel";
}

// The element of the feed: the root as a rule, but something may stand around it.
const XmlNode* FindFeed(const XmlNode& node, int depth) {
  if (IsFeedElement(node)) return &node;
  for (const XmlNode& child : node.children()) {
    if (child.name.empty() || depth == 0) continue;
    if (const XmlNode* found = FindFeed(child, depth - 1)) return found;
  }
  return nullptr;
}

// The link of the feed is wanted while its items are read, and stands before them as a rule.
std::string EarlyLink(const XmlNode& root) {
  for (const XmlNode& channel : root.children()) {
    if (channel.name != "channel") continue;
    for (const XmlNode& child : channel.children()) {
      if (child.name == "link" && child.space != Space::kAtom) return AbsoluteUrl(child.base, child.Text());
    }
  }
  return {};
}

std::unexpected<Error> NoFeed(const XmlNode& root, std::string_view text, std::string_view url) {
  static constexpr std::string_view kPage[] = {"html", "head", "body", "title", "meta", "div", "p", "h1", "center"};
  if (std::ranges::find(kPage, root.name) != std::end(kPage)) {
    std::string sentence = "the document is a web page, not a feed";
    const std::vector<PageFeed> feeds = FindPageFeeds(text, url);
    for (std::size_t i = 0; i < std::min<std::size_t>(feeds.size(), 5); ++i)
      sentence += (i == 0 ? "; it names the feeds " : ", ") + feeds[i].url;
    return Fail(Code::kInvalidArgument, std::move(sentence));
  }
  return Fail(Code::kInvalidArgument,
              "the document is not a feed: its root is <" + std::string(root.name.substr(0, 60)) + ">");
}

}  // namespace

Result<Feed> ParseXmlFeed(std::string_view text, const FeedDocument& document) {
  Feed feed;
  std::string feed_link;
  const auto add = [&](const XmlNode& item, bool cut) {
    feed.items.push_back(ReadFeedItem(item, {feed_link, document.time_zone, document.url}));
    FeedItem& added = feed.items.back();
    added.cut = cut;
    if (cut && added.title.empty() && added.summary_html.empty() && added.content_html.empty()) feed.items.pop_back();
  };
  auto xml = ReadXml(text, document.url, [&](const XmlNode& root, const XmlNode& item, bool cut) {
    if (feed_link.empty()) feed_link = EarlyLink(root);
    add(item, cut);
    return feed.items.size() < kMaxItems;
  });
  if (!xml) return Fail(Code::kInvalidArgument, "the document is not a feed: " + xml.error().message());
  const XmlNode& root = *xml->root;
  const XmlNode* element = FindFeed(root, 4);
  // A document may be one entry alone (RFC 4287 section 2).
  const bool entry = root.Is(Space::kAtom, "entry");
  if (root.name == "html" || (!element && !entry)) return NoFeed(root, text, document.url);
  FeedReader reader(feed, document.time_zone);
  if (entry) {
    add(root, false);
  } else if (element->name == "feed" || element->name == "channel") {
    reader.Read(*element);
  } else {
    for (const XmlNode& child : element->children()) {
      if (child.name == "channel") reader.Read(child);
    }
    Fill(feed.language, std::string(element->language));
  }
  reader.Finish();
  feed.warnings = std::move(xml->warnings);
  if (!feed.items.empty() && feed.items.back().cut) feed.warnings.emplace_back("the last item is cut off");
  if (xml->truncated) feed.warnings.emplace_back("the document was not read to its end");
  return feed;
}

}  // namespace kimberlite::ingest
