#include "services/feed/core/feed_document.h"
#include "services/feed/core/xml.h"

namespace kimberlite::feed {

Time NewestChange(const FeedDocument& feed) {
  Time newest{};
  for (const FeedItem& item : feed.items) newest = std::max(newest, item.updated);
  return newest;
}

std::string WriteRss(const FeedDocument& feed) {
  XmlWriter xml;
  xml.Raw(
      "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\""
      " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
      " xmlns:media=\"http://search.yahoo.com/mrss/\">\n<channel>\n");
  xml.Element("title", feed.title);
  xml.Element("link", feed.home_url);
  // Required, and an empty one is not valid.
  xml.Element("description", feed.description.empty() ? feed.title : feed.description);
  xml.Element("language", feed.language);
  if (const Time newest = NewestChange(feed); newest != Time{}) xml.Element("lastBuildDate", FormatHttpDate(newest));
  xml.Raw("<atom:link rel=\"self\" type=\"application/rss+xml\" href=\"" + XmlText(feed.self_url) + "\"/>\n");
  for (const FeedItem& item : feed.items) {
    xml.Raw("<item>\n");
    xml.Element("title", item.title);
    xml.Element("link", item.url);
    xml.Element("guid isPermaLink=\"false\"", item.id);
    xml.Element("pubDate", FormatHttpDate(item.published));
    for (const std::string& author : item.authors) xml.Element("dc:creator", author);
    for (const std::string& tag : item.tags) xml.Element("category", tag);
    xml.Element("description", item.summary);
    xml.Element("content:encoded", item.body_html);
    for (const FeedPicture& picture : item.pictures) {
      xml.Raw("<media:content url=\"" + XmlText(picture.url) + "\" medium=\"image\" type=\"" +
              XmlText(picture.content_type) + "\">\n");
      xml.Element("media:description", picture.alt);
      xml.Raw("</media:content>\n");
    }
    xml.Raw("</item>\n");
  }
  xml.Raw("</channel>\n</rss>\n");
  return xml.Take();
}

}  // namespace kimberlite::feed
