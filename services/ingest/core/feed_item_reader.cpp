#include "services/ingest/core/feed_item_reader.h"

#include <algorithm>

#include "libs/base/text.h"
#include "libs/html/text.h"
#include "services/ingest/core/feed_date.h"
#include "services/ingest/core/feed_markup.h"
#include "services/ingest/core/feed_people.h"
#include "services/ingest/core/fill.h"
#include "services/ingest/core/plain_line.h"
#include "services/ingest/core/url.h"

namespace kimberlite::ingest {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(TrimAscii(text));
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

class ItemReader {
 public:
  ItemReader(const XmlNode& node, const ItemContext& context)
      : node_(node), context_(context), has_own_base_(node.base != context.document_url) {}

  FeedItem Read() {
    item_.language = node_.language;
    for (const XmlAttribute& attribute : node_.attributes) {
      if (attribute.space == Space::kRdf && attribute.name == "about") about_ = TrimAscii(attribute.value);
    }
    for (const XmlNode& child : node_.children()) Child(child);
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
      case Space::kItunes: return Itunes(child);
      case Space::kFeedburner:
        if (child.name == "origlink") original_link_ = AbsoluteUrl(child.base, child.Text());
        return;
      case Space::kRdf:
      case Space::kXml:
      case Space::kOther: return;
    }
  }

  void Rss(const XmlNode& child) {
    const std::string_view name = child.name;
    if (name == "title") {
      Fill(item_.title, LineOf(child));
    } else if (name == "link") {
      // An Atom link that lost its namespace has its URL in an attribute.
      if (child.Attribute("href").empty()) {
        Fill(links_.own, AbsoluteUrl(Base(child), child.Text()));
      } else {
        ReadAtomLink(child, links_, &item_.enclosures);
      }
    } else if (name == "guid" || name == "id") {
      if (!item_.id.empty()) return;
      item_.id = PlainOf(child);
      item_.id_is_permalink = name == "guid" && !item_.id.empty() && Lower(child.Attribute("ispermalink")) != "false";
    } else if (name == "description") {
      Fill(item_.summary_html, HtmlOf(child));
    } else if (name == "summary" || name == "abstract") {
      Fill(other_summary_, HtmlOf(child));
    } else if (name == "content" || name == "encoded" || name == "body" || name == "fulltext" || name == "full-text") {
      Content(HtmlOf(child), child);
    } else if (name == "pubdate" || name == "published") {
      Fill(item_.published_time, ParseFeedDate(child.Text(), context_.zone));
    } else if (name == "date" || name == "created") {
      Fill(created_, ParseFeedDate(child.Text(), context_.zone));
    } else if (name == "updated" || name == "modified" || name == "lastbuilddate" || name == "lastmod") {
      Fill(item_.updated_time, ParseFeedDate(child.Text(), context_.zone));
    } else if (name == "author" || name == "creator") {
      AddPerson(item_.authors, child.HasElements() ? AtomPersonOf(child) : PersonIn(child));
    } else if (name == "category") {
      AddCategory(item_.categories, {LineOf(child), PlainLine(child.Attribute("domain")), {}});
    } else if (name == "enclosure") {
      AddEnclosure(item_.enclosures, child, "url", "length");
    } else if (name == "source") {
      Fill(item_.source_name, LineOf(child));
      Fill(item_.source_url, AbsoluteUrl(Base(child), child.Attribute("url")));
    } else if (name == "language") {
      item_.language = PlainOf(child);
    }
  }

  void Atom(const XmlNode& child) {
    const std::string_view name = child.name;
    if (name == "title") {
      Fill(item_.title, AtomLineOf(child));
      if (child.language != node_.language) item_.language = child.language;
    } else if (name == "id") {
      Fill(item_.id, PlainOf(child));
    } else if (name == "link") {
      ReadAtomLink(child, links_, &item_.enclosures);
    } else if (name == "summary") {
      Fill(item_.summary_html, AtomHtmlOf(child));
      if (summary_base_.empty()) summary_base_ = child.base;
    } else if (name == "content") {
      Content(AtomHtmlOf(child), child);
      Fill(content_link_, AbsoluteUrl(child.base, child.Attribute("src")));
    } else if (name == "published" || name == "issued") {
      Fill(item_.published_time, ParseFeedDate(child.Text(), context_.zone));
    } else if (name == "created") {
      Fill(created_, ParseFeedDate(child.Text(), context_.zone));
    } else if (name == "updated" || name == "modified") {
      Fill(item_.updated_time, ParseFeedDate(child.Text(), context_.zone));
    } else if (name == "author") {
      AddPerson(item_.authors, AtomPersonOf(child));
    } else if (name == "category") {
      std::string term = PlainLine(child.Attribute("term"));
      if (term.empty()) term = PlainOf(child);
      AddCategory(item_.categories,
                  {std::move(term), PlainLine(child.Attribute("scheme")), PlainLine(child.Attribute("label"))});
    } else if (name == "source") {
      Source(child);
    }
  }

  // The feed that an Atom entry was copied from (RFC 4287 section 4.2.11).
  void Source(const XmlNode& source) {
    FeedLinks links;
    for (const XmlNode& child : source.children()) {
      if (child.space != Space::kAtom) continue;
      if (child.name == "title") Fill(item_.source_name, AtomLineOf(child));
      if (child.name == "link") ReadAtomLink(child, links, nullptr);
      if (child.name == "author") AddPerson(source_authors_, AtomPersonOf(child));
    }
    Fill(item_.source_url, links.Best());
  }

  void DublinCore(const XmlNode& child) {
    const std::string_view name = child.name;
    if (name == "creator" || name == "author") {
      AddPerson(item_.authors, PersonIn(child));
    } else if (name == "issued") {
      Fill(issued_, ParseFeedDate(child.Text(), context_.zone));
    } else if (name == "date" || name == "created" || name == "available") {
      Fill(created_, ParseFeedDate(child.Text(), context_.zone));
    } else if (name == "modified" || name == "updated") {
      Fill(dc_modified_, ParseFeedDate(child.Text(), context_.zone));
    } else if (name == "subject") {
      AddCategory(item_.categories, {LineOf(child), {}, {}});
    } else if (name == "language") {
      item_.language = PlainOf(child);
    } else if (name == "title") {
      Fill(dc_title_, LineOf(child));
    } else if (name == "description" || name == "abstract") {
      Fill(dc_description_, HtmlOf(child));
    } else if (name == "identifier") {
      Fill(identifier_, PlainOf(child));
    }
  }

  void Media(const XmlNode& child) {
    const std::string_view name = child.name;
    if (name == "group") {
      MediaChildren(child);
    } else if (name == "content" || name == "thumbnail") {
      AddEnclosure(item_.enclosures, child, "url", "filesize");
      MediaChildren(child);
    } else if (name == "title") {
      Fill(media_title_, PlainLineOfHtml(child.Text()));
    } else if (name == "description" || name == "text") {
      std::string text(TrimAscii(child.Text()));
      Fill(media_description_, child.Attribute("type") == "html" ? std::move(text) : html::EscapeText(text));
    } else if (name == "credit") {
      const std::string role = Lower(child.Attribute("role"));
      if (role == "author" || role == "writer" || role == "reporter") AddPerson(credits_, PersonOf(PlainOf(child)));
    } else if (name == "keywords") {
      Keywords(child);
    } else if (name == "category") {
      AddCategory(item_.categories,
                  {PlainOf(child), PlainLine(child.Attribute("scheme")), PlainLine(child.Attribute("label"))});
    }
  }

  void MediaChildren(const XmlNode& node) {
    for (const XmlNode& inner : node.children()) {
      if (inner.space == Space::kMedia) Media(inner);
    }
  }

  void Itunes(const XmlNode& child) {
    const std::string_view name = child.name;
    if (name == "author") {
      Fill(itunes_author_, PlainOf(child));
    } else if (name == "summary" || name == "description") {
      Fill(itunes_summary_, HtmlOf(child));
    } else if (name == "subtitle") {
      Fill(itunes_subtitle_, HtmlOf(child));
    } else if (name == "title") {
      Fill(itunes_title_, LineOf(child));
    } else if (name == "keywords") {
      Keywords(child);
    } else if (name == "category") {
      AddCategory(item_.categories, {PlainLine(child.Attribute("text")), {}, {}});
    }
  }

  void Keywords(const XmlNode& child) {
    const std::string text = child.Text();
    for (const std::string_view keyword : Split(text, ',')) AddCategory(item_.categories, {PlainLine(keyword), {}, {}});
  }

  // The fullest of several is the content.
  void Content(std::string html, const XmlNode& node) {
    if (html.size() > item_.content_html.size()) {
      item_.content_html = std::move(html);
      content_base_ = node.base;
    }
    if (node.language != node_.language) item_.language = node.language;
  }

  // What an RSS item's own URLs are relative to.
  std::string_view Base(const XmlNode& child) const {
    return has_own_base_ || child.base != node_.base || context_.feed_link.empty() ? child.base : context_.feed_link;
  }

  void Finish() {
    Fill(item_.title, std::move(dc_title_));
    Fill(item_.title, std::move(media_title_));
    Fill(item_.title, std::move(itunes_title_));
    for (std::string* summary :
         {&other_summary_, &dc_description_, &itunes_summary_, &itunes_subtitle_, &media_description_})
      Fill(item_.summary_html, std::move(*summary));
    if (item_.authors.empty()) AddPerson(item_.authors, PersonOf(itunes_author_));
    if (item_.authors.empty()) item_.authors = std::move(credits_);
    if (item_.authors.empty()) item_.authors = std::move(source_authors_);
    Fill(item_.published_time, issued_);
    Fill(item_.published_time, created_);
    Fill(item_.updated_time, dc_modified_);
    Link();
    Fill(item_.id, std::string(about_));
    Fill(item_.id, std::move(identifier_));
    const std::string_view said = !content_base_.empty() ? content_base_ : summary_base_;
    item_.base_url = said.empty() ? node_.base : said;
    // Without an xml:base RSS leaves open what its HTML is relative to; it was written for the item's page.
    const bool rss = node_.space != Space::kAtom;
    if (rss && item_.base_url == context_.document_url && !item_.link.empty()) item_.base_url = item_.link;
  }

  void Link() {
    item_.link = !original_link_.empty() ? original_link_ : links_.Best();
    // A guid is a URL unless it says otherwise, but many a feed forgets to say so.
    if (item_.id_is_permalink && AbsoluteUrl("", item_.id).empty()) item_.id_is_permalink = false;
    if (item_.id_is_permalink) Fill(item_.link, AbsoluteUrl("", item_.id));
    Fill(item_.link, AbsoluteUrl(node_.base, about_));
    Fill(item_.link, std::move(content_link_));
  }

  const XmlNode& node_;
  const ItemContext& context_;
  const bool has_own_base_;
  FeedItem item_;
  FeedLinks links_;
  std::string_view about_, content_base_, summary_base_;
  std::string identifier_, original_link_, content_link_;
  std::string dc_title_, media_title_, itunes_title_;
  std::string other_summary_, dc_description_, media_description_, itunes_summary_, itunes_subtitle_;
  std::string itunes_author_;
  std::optional<Time> issued_, created_, dc_modified_;
  std::vector<FeedPerson> credits_, source_authors_;
};

}  // namespace

void ReadAtomLink(const XmlNode& node, FeedLinks& links, std::vector<FeedEnclosure>* enclosures) {
  const std::string rel = Lower(node.Attribute("rel"));
  const std::string type = Lower(node.Attribute("type"));
  constexpr std::string_view kRegistry = "http://www.iana.org/assignments/relation/";
  const std::string_view relation = rel.starts_with(kRegistry) ? std::string_view(rel).substr(kRegistry.size()) : rel;
  if (relation.empty() || relation == "alternate") {
    std::string url =
        AbsoluteUrl(node.base, node.Attribute("href").empty() ? node.Text() : std::string(node.Attribute("href")));
    if (type.empty() || type.contains("html")) Fill(links.page, url);
    Fill(links.alternate, std::move(url));
  } else if (relation == "enclosure" && enclosures) {
    AddEnclosure(*enclosures, node, "href", "length");
  }
}

FeedItem ReadFeedItem(const XmlNode& node, const ItemContext& context) { return ItemReader(node, context).Read(); }

}  // namespace kimberlite::ingest
