#include "services/feed/core/feed_document.h"
#include "services/feed/core/xml.h"

namespace kimberlite::feed {

std::string WriteAtom(const FeedDocument& feed) {
  XmlWriter xml;
  const auto link = [&](std::string_view rel, std::string_view type, std::string_view url) {
    if (url.empty()) return;
    xml.Raw("<link rel=\"" + std::string(rel) + "\" type=\"" + XmlText(type) + "\" href=\"");
    xml.Text(url);
    xml.Raw("\"/>\n");
  };
  const auto author = [&](const std::string& name, const std::string& url) {
    xml.Raw("<author>\n");
    xml.Element("name", WithoutBidiControls(name));
    xml.Element("uri", url);
    xml.Raw("</author>\n");
  };
  xml.Raw("<feed xmlns=\"http://www.w3.org/2005/Atom\"");
  if (feed.archive) xml.Raw(" xmlns:fh=\"http://purl.org/syndication/history/1.0\"");
  if (!feed.tombstones.empty()) xml.Raw(" xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"");
  xml.Raw(" xml:lang=\"" + XmlText(feed.language) + "\">\n");
  xml.Element("id", feed.id);
  xml.Element("title", WithoutBidiControls(feed.title));
  xml.Element("subtitle", WithoutBidiControls(feed.description));
  // Required (section 4.1.1). A feed that never had an entry has been the same for ever.
  Time updated = NewestChange(feed);
  for (const Tombstone& tombstone : feed.tombstones) updated = std::max(updated, tombstone.when);
  xml.Element("updated", FormatRfc3339(updated));
  link("self", "application/atom+xml", feed.self_url);
  link("alternate", "text/html", feed.home_url);
  link("current", "application/atom+xml", feed.current_url);
  link("prev-archive", "application/atom+xml", feed.older_url);
  link("next-archive", "application/atom+xml", feed.newer_url);
  if (feed.archive) xml.Raw("<fh:archive/>\n");
  // Where an entry names no author, the feed must (section 4.2.1).
  author(feed.site_name, "");
  for (const Tombstone& tombstone : feed.tombstones) {
    xml.Raw("<at:deleted-entry ref=\"" + XmlText(tombstone.id) + "\" when=\"" + FormatRfc3339(tombstone.when) +
            "\"/>\n");
  }
  for (const FeedItem& item : feed.items) {
    xml.Raw("<entry>\n");
    xml.Element("id", item.id);
    xml.Element("title", WithoutBidiControls(item.title));
    link("alternate", "text/html", item.url);
    link("via", "text/html", item.credit_url);
    for (const FeedPicture& picture : item.pictures) link("enclosure", picture.content_type, picture.url);
    xml.Element("published", FormatRfc3339(item.published));
    xml.Element("updated", FormatRfc3339(item.updated));
    for (const FeedAuthor& one : item.authors) author(one.name, one.url);
    for (const std::string& tag : item.tags) {
      xml.Raw("<category term=\"" + XmlText(WithoutBidiControls(tag)) + "\"/>\n");
    }
    xml.Element("summary", item.summary);
    xml.Element("content type=\"html\"", item.body_html);
    xml.Raw("</entry>\n");
  }
  xml.Raw("</feed>\n");
  return xml.Take();
}

}  // namespace kimberlite::feed
