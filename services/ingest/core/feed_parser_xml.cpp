#include <algorithm>
#include <array>
#include <charconv>

#include "libs/base/text.h"
#include "libs/html/text.h"
#include "services/ingest/core/feed_date.h"
#include "services/ingest/core/feed_parser_formats.h"
#include "services/ingest/core/plain_line.h"
#include "services/ingest/core/url.h"
#include "services/ingest/core/xml_reader.h"

namespace kimberlite::ingest {
namespace {

// People, categories and enclosures of an item; what is beyond is left out.
constexpr std::size_t kMaxEach = 200;

bool Has(std::string_view text) { return !TrimAscii(text).empty(); }

// Sets what is not yet set.
template <typename T>
void Fill(std::optional<T>& target, std::optional<T> value) {
  if (!target) target = value;
}
void Fill(std::string& target, std::string value) {
  if (target.empty()) target = std::move(value);
}

// --- text and markup -------------------------------------------------------------------------------------------------

// Elements of a feed's XML as HTML: local names, attributes without a namespace. `escape` is false where text beside
// elements was HTML already.
void WriteHtml(const XmlNode& node, bool escape, std::string& html) {
  if (node.name.empty()) {
    html += escape ? html::EscapeText(node.text) : node.text;
    return;
  }
  static constexpr std::array<std::string_view, 14> kVoid = {
      "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"};
  (html += '<') += node.name;
  for (const XmlAttribute& attribute : node.attributes) {
    if (attribute.space != Space::kNone && !(attribute.space == Space::kXml && attribute.name == "lang")) continue;
    ((((html += ' ') += attribute.name) += "=\"") += html::EscapeAttribute(attribute.value)) += '"';
  }
  html += '>';
  if (std::ranges::find(kVoid, node.name) != kVoid.end()) return;
  for (const XmlNode& child : node.children) WriteHtml(child, escape, html);
  ((html += "</") += node.name) += '>';
}

std::string ChildrenAsHtml(const XmlNode& node, bool escape) {
  std::string html;
  for (const XmlNode& child : node.children) WriteHtml(child, escape, html);
  return html;
}

// The content of an element that holds HTML: escaped in its text, or, against the rules, as elements.
std::string HtmlOf(const XmlNode& node) {
  if (!node.HasElements()) return std::string(TrimAscii(node.Text()));
  return std::string(TrimAscii(ChildrenAsHtml(node, false)));
}

// An Atom text construct or content as HTML (RFC 4287 sections 3.1 and 4.1.3, and Atom 0.3's mode).
std::string AtomHtmlOf(const XmlNode& node) {
  const std::string_view type = node.Attribute("type");
  const bool xhtml =
      type == "xhtml" || type == "application/xhtml+xml" || node.Attribute("mode") == "xml" || node.HasElements();
  if (xhtml && node.HasElements()) {
    // The div around is no part of the content.
    const XmlNode* only = nullptr;
    for (const XmlNode& child : node.children) {
      if (child.name.empty() && !Has(child.text)) continue;
      if (only || child.name != "div") {
        only = nullptr;
        break;
      }
      only = &child;
    }
    return std::string(TrimAscii(ChildrenAsHtml(only ? *only : node, true)));
  }
  const std::string text(TrimAscii(node.Text()));
  if (type == "html" || type == "text/html" || node.Attribute("mode") == "escaped") return text;
  if (type.empty() || type == "text" || type.starts_with("text/")) return html::EscapeText(text);
  return {};  // other media, in base64 or by reference
}

std::string AtomLineOf(const XmlNode& node) {
  const std::string_view type = node.Attribute("type");
  if (!node.HasElements() && (type.empty() || type == "text" || type == "text/plain") &&
      node.Attribute("mode") != "escaped") {
    return PlainLine(node.Text());
  }
  return PlainLineOfHtml(AtomHtmlOf(node));
}

// --- people, links and the like --------------------------------------------------------------------------------------

// "mail@example.org (Name)", "Name <mail@example.org>", a name, or an address.
FeedPerson PersonOf(const std::string& line) {
  FeedPerson person;
  const std::size_t at = line.find('@');
  if (at == std::string::npos) {
    person.name = line;
    return person;
  }
  constexpr std::string_view kEdges = " ()<>,;\"";
  const std::size_t before = line.find_last_of(kEdges, at);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  const std::size_t end = std::min(line.find_first_of(kEdges, at), line.size());
  person.email = line.substr(begin, end - begin);
  if (person.email.starts_with("mailto:")) person.email.erase(0, 7);
  std::string_view rest = std::string_view(line).substr(begin == 0 ? end : 0, begin == 0 ? std::string::npos : begin);
  while (!rest.empty() && kEdges.contains(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && kEdges.contains(rest.back())) rest.remove_suffix(1);
  person.name = rest;
  return person;
}

void AddPerson(std::vector<FeedPerson>& people, FeedPerson person) {
  if ((person.name.empty() && person.email.empty()) || people.size() == kMaxEach) return;
  const bool known = std::ranges::any_of(people, [&](const FeedPerson& other) {
    return !person.name.empty() ? other.name == person.name : other.email == person.email;
  });
  if (!known) people.push_back(std::move(person));
}

FeedPerson AtomPersonOf(const XmlNode& node) {
  FeedPerson person;
  for (const XmlNode& child : node.children) {
    if (child.name == "name") person.name = PlainLine(child.Text());
    if (child.name == "email") person.email = PlainLine(child.Text());
    if (child.name == "uri" || child.name == "url") person.uri = AbsoluteUrl(child.base, child.Text());
  }
  if (person.name.empty() && !node.HasElements()) return PersonOf(PlainLine(node.Text()));
  return person;
}

void AddCategory(std::vector<FeedCategory>& categories, FeedCategory category) {
  if ((category.term.empty() && category.label.empty()) || categories.size() == kMaxEach) return;
  if (category.term.empty()) category.term = category.label;
  const auto same = [&](const FeedCategory& other) {
    return other.term == category.term && other.scheme == category.scheme;
  };
  if (std::ranges::none_of(categories, same)) categories.push_back(std::move(category));
}

void AddEnclosure(std::vector<FeedEnclosure>& enclosures, const XmlNode& node, std::string_view url_attribute,
                  std::string_view size_attribute) {
  FeedEnclosure enclosure;
  enclosure.url = AbsoluteUrl(node.base, node.Attribute(url_attribute));
  if (enclosure.url.empty() || enclosures.size() == kMaxEach) return;
  enclosure.type = PlainLine(node.Attribute("type"));
  const std::string_view size = TrimAscii(node.Attribute(size_attribute));
  std::from_chars(size.data(), size.data() + size.size(), enclosure.length);
  enclosure.length = std::max<std::int64_t>(enclosure.length, 0);
  const auto same = [&](const FeedEnclosure& other) { return other.url == enclosure.url; };
  if (std::ranges::none_of(enclosures, same)) enclosures.push_back(std::move(enclosure));
}

// The links of one element, gathered before one is chosen.
struct Links {
  std::string own;        // RSS <link>, FeedBurner's origLink
  std::string alternate;  // the first rel=alternate
  std::string page;       // the first rel=alternate that is HTML
  std::string Best() const { return !own.empty() ? own : !page.empty() ? page : alternate; }
};

void ReadAtomLink(const XmlNode& node, Links& links, std::vector<FeedEnclosure>* enclosures) {
  const std::string_view rel = TrimAscii(node.Attribute("rel"));
  const std::string_view type = node.Attribute("type");
  if (rel.empty() || rel == "alternate" || rel == "http://www.iana.org/assignments/relation/alternate") {
    const std::string url = AbsoluteUrl(node.base, node.HasElements() || node.Attribute("href").empty()
                                                       ? node.Text()
                                                       : std::string(node.Attribute("href")));
    if (type.empty() || type.contains("html")) Fill(links.page, url);
    Fill(links.alternate, url);
  } else if (rel == "enclosure" && enclosures) {
    AddEnclosure(*enclosures, node, "href", "length");
  }
}

// --- items -----------------------------------------------------------------------------------------------------------

// Reads one item of any XML format, child by child.
class ItemReader {
 public:
  ItemReader(const XmlNode& node, std::string_view feed_link, std::string_view zone, std::string_view document_url)
      : node_(node), feed_link_(feed_link), zone_(zone), has_own_base_(node.base != document_url) {}

  FeedItem Read() {
    item_.language = node_.language;
    for (const XmlAttribute& attribute : node_.attributes) {
      if (attribute.space == Space::kRdf && attribute.name == "about") about_ = TrimAscii(attribute.value);
    }
    for (const XmlNode& child : node_.children) Child(child);
    Finish();
    return std::move(item_);
  }

 private:
  void Child(const XmlNode& child) {
    switch (child.space) {
      case Space::kNone:
      case Space::kRss: return Rss(child);
      case Space::kAtom: return Atom(child);
      case Space::kDc:
      case Space::kDcTerms: return DublinCore(child);
      case Space::kMedia: return Media(child);
      case Space::kContent:
        if (child.name == "encoded") Content(HtmlOf(child), child);
        return;
      case Space::kXhtml:
        if (child.name == "body" || child.name == "div")
          Content(std::string(TrimAscii(ChildrenAsHtml(child, true))), child);
        return;
      case Space::kItunes:
        if (child.name == "author") itunes_author_ = PlainLine(child.Text());
        if (child.name == "summary") itunes_summary_ = HtmlOf(child);
        return;
      case Space::kFeedburner:
        if (child.name == "origLink") original_link_ = AbsoluteUrl(child.base, child.Text());
        return;
      case Space::kRdf:
      case Space::kXml:
      case Space::kOther: return;
    }
  }

  void Rss(const XmlNode& child) {
    const std::string& name = child.name;
    if (name == "title") {
      Fill(item_.title, PlainLineOfHtml(HtmlOf(child)));
    } else if (name == "link") {
      // An Atom link that lost its namespace has its URL in an attribute.
      if (child.Attribute("href").empty()) {
        Fill(links_.own, AbsoluteUrl(Base(child), child.Text()));
      } else {
        ReadAtomLink(child, links_, &item_.enclosures);
      }
    } else if (name == "guid") {
      item_.id = PlainLine(child.Text());
      item_.id_is_permalink = !item_.id.empty() && TrimAscii(child.Attribute("isPermaLink")) != "false";
    } else if (name == "description") {
      Fill(item_.summary_html, HtmlOf(child));
    } else if (name == "pubDate" || name == "pubdate") {
      Fill(item_.published_time, ParseFeedDate(child.Text(), zone_));
    } else if (name == "author") {
      AddPerson(item_.authors, PersonOf(PlainLine(child.Text())));
    } else if (name == "category") {
      AddCategory(item_.categories, {PlainLineOfHtml(HtmlOf(child)), PlainLine(child.Attribute("domain")), {}});
    } else if (name == "enclosure") {
      AddEnclosure(item_.enclosures, child, "url", "length");
    } else if (name == "source") {
      Fill(item_.source_name, PlainLineOfHtml(HtmlOf(child)));
      Fill(item_.source_url, AbsoluteUrl(Base(child), child.Attribute("url")));
    }
  }

  void Atom(const XmlNode& child) {
    const std::string& name = child.name;
    if (name == "title") {
      Fill(item_.title, AtomLineOf(child));
      if (child.language != node_.language) item_.language = child.language;
    } else if (name == "id") {
      Fill(item_.id, PlainLine(child.Text()));
    } else if (name == "link") {
      ReadAtomLink(child, links_, &item_.enclosures);
    } else if (name == "summary") {
      Fill(item_.summary_html, AtomHtmlOf(child));
    } else if (name == "content") {
      Content(AtomHtmlOf(child), child);
    } else if (name == "published" || name == "issued") {
      Fill(item_.published_time, ParseFeedDate(child.Text(), zone_));
    } else if (name == "created") {
      created_ = ParseFeedDate(child.Text(), zone_);
    } else if (name == "updated" || name == "modified") {
      Fill(item_.updated_time, ParseFeedDate(child.Text(), zone_));
    } else if (name == "author") {
      AddPerson(item_.authors, AtomPersonOf(child));
    } else if (name == "category") {
      AddCategory(item_.categories, {PlainLine(child.Attribute("term")), PlainLine(child.Attribute("scheme")),
                                     PlainLine(child.Attribute("label"))});
    } else if (name == "source") {
      Source(child);
    }
  }

  // The feed that an Atom entry was copied from.
  void Source(const XmlNode& source) {
    Links links;
    for (const XmlNode& child : source.children) {
      if (child.Is(Space::kAtom, "title")) Fill(item_.source_name, AtomLineOf(child));
      if (child.Is(Space::kAtom, "link")) ReadAtomLink(child, links, nullptr);
      if (child.Is(Space::kAtom, "author")) AddPerson(source_authors_, AtomPersonOf(child));
    }
    Fill(item_.source_url, links.Best());
  }

  void DublinCore(const XmlNode& child) {
    const std::string& name = child.name;
    const std::string text = child.Text();
    if (name == "creator" || name == "author") {
      AddPerson(item_.authors, PersonOf(PlainLineOfHtml(text)));
    } else if (name == "date" || name == "issued") {
      Fill(item_.published_time, ParseFeedDate(text, zone_));
    } else if (name == "created") {
      created_ = ParseFeedDate(text, zone_);
    } else if (name == "modified") {
      Fill(item_.updated_time, ParseFeedDate(text, zone_));
    } else if (name == "subject") {
      AddCategory(item_.categories, {PlainLineOfHtml(text), {}, {}});
    } else if (name == "language") {
      item_.language = PlainLine(text);
    } else if (name == "title") {
      dc_title_ = PlainLineOfHtml(text);
    } else if (name == "description" || name == "abstract") {
      dc_description_ = HtmlOf(child);
    } else if (name == "identifier") {
      identifier_ = PlainLine(text);
    }
  }

  void Media(const XmlNode& child) {
    if (child.name == "group") {
      for (const XmlNode& inner : child.children) {
        if (inner.space == Space::kMedia) Media(inner);
      }
    } else if (child.name == "content" || child.name == "thumbnail") {
      AddEnclosure(item_.enclosures, child, "url", "fileSize");
      for (const XmlNode& inner : child.children) {
        if (inner.space == Space::kMedia && inner.name == "thumbnail") Media(inner);
      }
    } else if (child.name == "title") {
      media_title_ = PlainLineOfHtml(child.Text());
    } else if (child.name == "description") {
      const std::string text(TrimAscii(child.Text()));
      media_description_ = child.Attribute("type") == "html" ? text : html::EscapeText(text);
    }
  }

  void Content(std::string html, const XmlNode& node) {
    if (html.size() > item_.content_html.size()) {
      item_.content_html = std::move(html);
      content_base_ = node.base;
    }
    if (node.language != node_.language) item_.language = node.language;
  }

  // What an RSS item's own URLs are relative to.
  std::string_view Base(const XmlNode& child) const {
    return has_own_base_ || feed_link_.empty() ? std::string_view(child.base) : feed_link_;
  }

  void Finish() {
    const bool rss = node_.space != Space::kAtom;
    Fill(item_.title, std::move(dc_title_));
    Fill(item_.title, std::move(media_title_));
    Fill(item_.summary_html, std::move(dc_description_));
    Fill(item_.summary_html, std::move(media_description_));
    Fill(item_.summary_html, std::move(itunes_summary_));
    if (item_.authors.empty() && !itunes_author_.empty()) AddPerson(item_.authors, PersonOf(itunes_author_));
    if (item_.authors.empty()) item_.authors = source_authors_;
    Fill(item_.published_time, created_);
    item_.link = !original_link_.empty() ? original_link_ : links_.Best();
    // A guid is a URL unless it says otherwise, but many a feed forgets to say so.
    if (item_.id_is_permalink && AbsoluteUrl("", item_.id).empty()) item_.id_is_permalink = false;
    if (item_.link.empty() && item_.id_is_permalink) item_.link = AbsoluteUrl("", item_.id);
    if (item_.link.empty()) item_.link = AbsoluteUrl(node_.base, about_);
    Fill(item_.id, std::string(about_));
    Fill(item_.id, std::move(identifier_));
    item_.base_url = content_base_.empty() ? node_.base : content_base_;
    // Without an xml:base RSS leaves open what its HTML is relative to; it was written for the item's page.
    if (rss && !has_own_base_ && !item_.link.empty()) item_.base_url = item_.link;
  }

  const XmlNode& node_;
  std::string_view feed_link_;
  std::string_view zone_;
  bool has_own_base_;
  FeedItem item_;
  Links links_;
  std::string about_, identifier_, original_link_, content_base_, itunes_author_;
  std::string dc_title_, media_title_, dc_description_, media_description_, itunes_summary_;
  std::optional<Time> created_;
  std::vector<FeedPerson> source_authors_;
};

// --- the feed itself -------------------------------------------------------------------------------------------------

class FeedReader {
 public:
  FeedReader(Feed& feed, std::string_view zone) : feed_(feed), zone_(zone) {}

  // The children of <feed> or <channel>.
  void Read(const XmlNode& node) {
    Fill(feed_.language, node.language);
    for (const XmlNode& child : node.children) Child(child);
    Fill(feed_.link, links_.Best());
  }

  const std::vector<FeedPerson>& authors() const { return authors_; }

 private:
  void Child(const XmlNode& child) {
    const std::string& name = child.name;
    const bool rss = child.space == Space::kNone || child.space == Space::kRss;
    if (rss && name == "title") {
      Fill(feed_.title, PlainLineOfHtml(HtmlOf(child)));
    } else if (rss && name == "link" && child.Attribute("href").empty()) {
      Fill(links_.own, AbsoluteUrl(child.base, child.Text()));
    } else if (rss && name == "description") {
      Fill(feed_.description_html, HtmlOf(child));
    } else if (rss && name == "language") {
      if (const std::string language = PlainLine(child.Text()); !language.empty()) feed_.language = language;
    } else if (rss && name == "pubDate") {
      Fill(feed_.published_time, ParseFeedDate(child.Text(), zone_));
    } else if (rss && name == "lastBuildDate") {
      Fill(feed_.updated_time, ParseFeedDate(child.Text(), zone_));
    } else if (child.space == Space::kDc && name == "language") {
      Fill(feed_.language, PlainLine(child.Text()));
    } else if (child.space == Space::kDc && name == "date") {
      Fill(feed_.updated_time, ParseFeedDate(child.Text(), zone_));
    } else if (child.space == Space::kAtom) {
      Atom(child);
    }
  }

  void Atom(const XmlNode& child) {
    const std::string& name = child.name;
    if (name == "title") {
      Fill(feed_.title, AtomLineOf(child));
    } else if (name == "subtitle" || name == "tagline") {
      Fill(feed_.description_html, AtomHtmlOf(child));
    } else if (name == "id") {
      Fill(feed_.id, PlainLine(child.Text()));
    } else if (name == "link") {
      ReadAtomLink(child, links_, nullptr);
    } else if (name == "updated" || name == "modified") {
      Fill(feed_.updated_time, ParseFeedDate(child.Text(), zone_));
    } else if (name == "author") {
      AddPerson(authors_, AtomPersonOf(child));
    }
  }

  Feed& feed_;
  std::string_view zone_;
  Links links_;
  std::vector<FeedPerson> authors_;
};

std::string_view FeedElement(const XmlNode& root) {
  if (root.name == "rss" || root.name == "RDF") return "channel";
  if (root.name == "feed") return "feed";
  return {};
}

// The link of the feed is wanted while its items are read, and stands before them as a rule.
std::string EarlyLink(const XmlNode& root) {
  for (const XmlNode& channel : root.children) {
    if (channel.name != "channel") continue;
    for (const XmlNode& child : channel.children) {
      if (child.name == "link" && child.space != Space::kAtom) return AbsoluteUrl(child.base, child.Text());
    }
  }
  return {};
}

}  // namespace

Result<Feed> ParseXmlFeed(std::string_view text, const FeedDocument& document) {
  Feed feed;
  auto xml = ReadXml(text, document.url, [&](const XmlNode& root, const XmlNode& item) {
    if (feed.link.empty()) feed.link = EarlyLink(root);
    feed.items.push_back(ItemReader(item, feed.link, document.time_zone, document.url).Read());
    return feed.items.size() < kMaxItems;
  });
  if (!xml) return Fail(Code::kInvalidArgument, "the document is not a feed: " + xml.error().message());
  const std::string_view element = FeedElement(xml->root);
  if (element.empty()) {
    const bool page = xml->root.name == "html" || xml->root.name == "HTML";
    return Fail(Code::kInvalidArgument,
                page ? "the document is a web page, not a feed"
                     : "the document is not a feed: its root is <" + xml->root.name.substr(0, 60) + ">");
  }
  feed.link.clear();
  FeedReader reader(feed, document.time_zone);
  if (element == "channel") {
    for (const XmlNode& child : xml->root.children) {
      if (child.name == "channel") reader.Read(child);
    }
    Fill(feed.language, xml->root.language);
  } else {
    reader.Read(xml->root);
  }
  for (FeedItem& item : feed.items) {
    if (item.authors.empty()) item.authors = reader.authors();
  }
  feed.warnings = std::move(xml->warnings);
  if (xml->truncated) feed.warnings.push_back("the document was not read to its end");
  return feed;
}

}  // namespace kimberlite::ingest
