#include "services/feed/core/feed_document.h"
#include "services/feed/core/xml.h"

namespace kimberlite::feed {

std::string WriteRss(const FeedDocument& feed) {
  XmlWriter xml;
  const auto link = [&](std::string_view rel, std::string_view url) {
    if (url.empty()) return;
    xml.Raw("<atom:link rel=\"" + std::string(rel) + "\" type=\"application/rss+xml\" href=\"");
    xml.Text(url);
    xml.Raw("\"/>\n");
  };
  xml.Raw(
      "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\""
      " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
      " xmlns:media=\"http://search.yahoo.com/mrss/\"");
  if (feed.archive) xml.Raw(" xmlns:fh=\"http://purl.org/syndication/history/1.0\"");
  xml.Raw(">\n<channel>\n");
  xml.Element("title", WithoutBidiControls(feed.title));
  xml.Element("link", feed.home_url);
  // Required, and an empty one is not valid.
  xml.Element("description", WithoutBidiControls(feed.description.empty() ? feed.title : feed.description));
  xml.Element("language", feed.language);
  if (const Time newest = NewestChange(feed); newest != Time{}) xml.Element("lastBuildDate", FormatHttpDate(newest));
  link("self", feed.self_url);
  link("current", feed.current_url);
  link("prev-archive", feed.older_url);
  link("next-archive", feed.newer_url);
  if (feed.archive) xml.Raw("<fh:archive/>\n");
  for (const FeedItem& item : feed.items) {
    xml.Raw("<item>\n");
    xml.Element("title", WithoutBidiControls(item.title));
    xml.Element("link", item.url);
    xml.Element("guid isPermaLink=\"false\"", item.id);
    xml.Element("pubDate", FormatHttpDate(item.published));
    for (const FeedAuthor& author : item.authors) xml.Element("dc:creator", WithoutBidiControls(author.name));
    xml.Element("dc:source", WithoutBidiControls(item.credit));
    for (const std::string& tag : item.tags) xml.Element("category", WithoutBidiControls(tag));
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
