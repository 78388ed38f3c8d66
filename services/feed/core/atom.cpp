#include "services/feed/core/feed_document.h"
#include "services/feed/core/xml.h"

namespace kimberlite::feed {

std::string WriteAtom(const FeedDocument& feed) {
  XmlWriter xml;
  const auto link = [&](std::string_view rel, std::string_view type, std::string_view url) {
    xml.Raw("<link rel=\"" + std::string(rel) + "\" type=\"" + XmlText(type) + "\" href=\"" + XmlText(url) + "\"/>\n");
  };
  xml.Raw("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"" + XmlText(feed.language) + "\">\n");
  xml.Element("id", feed.id);
  xml.Element("title", feed.title);
  xml.Element("subtitle", feed.description);
  // Required (section 4.1.1). A feed that never had an entry has been the same for ever.
  xml.Element("updated", FormatRfc3339(NewestChange(feed)));
  link("self", "application/atom+xml", feed.self_url);
  link("alternate", "text/html", feed.home_url);
  // Where an entry names no author, the feed must (section 4.2.1).
  xml.Raw("<author>");
  xml.Element("name", feed.site_name);
  xml.Raw("</author>\n");
  for (const FeedItem& item : feed.items) {
    xml.Raw("<entry>\n");
    xml.Element("id", item.id);
    xml.Element("title", item.title);
    link("alternate", "text/html", item.url);
    for (const FeedPicture& picture : item.pictures) link("enclosure", picture.content_type, picture.url);
    xml.Element("published", FormatRfc3339(item.published));
    xml.Element("updated", FormatRfc3339(item.updated));
    for (const std::string& author : item.authors) {
      xml.Raw("<author>");
      xml.Element("name", author);
      xml.Raw("</author>\n");
    }
    for (const std::string& tag : item.tags) xml.Raw("<category term=\"" + XmlText(tag) + "\"/>\n");
    xml.Element("summary", item.summary);
    xml.Element("content type=\"html\"", item.body_html);
    xml.Raw("</entry>\n");
  }
  xml.Raw("</feed>\n");
  return xml.Take();
}

}  // namespace kimberlite::feed
