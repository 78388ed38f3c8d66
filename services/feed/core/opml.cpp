#include "services/feed/core/feed_document.h"
#include "services/feed/core/xml.h"

namespace kimberlite::feed {
namespace {

void Write(const Outline& outline, XmlWriter& xml) {
  const std::string title = XmlText(WithoutBidiControls(outline.title));
  xml.Raw("<outline type=\"rss\" text=\"" + title + "\" title=\"" + title + "\" xmlUrl=\"" + XmlText(outline.feed_url) +
          "\" htmlUrl=\"" + XmlText(outline.page_url) + "\" language=\"" + XmlText(outline.language) + "\"/>\n");
}

}  // namespace

std::string WriteOpml(const std::string& title, const std::vector<OutlineGroup>& groups) {
  XmlWriter xml;
  xml.Raw("<opml version=\"2.0\">\n<head>\n");
  xml.Element("title", WithoutBidiControls(title));
  xml.Raw("</head>\n<body>\n");
  for (const OutlineGroup& group : groups) {
    if (groups.size() > 1) xml.Raw("<outline text=\"" + XmlText(WithoutBidiControls(group.title)) + "\">\n");
    for (const Outline& outline : group.outlines) Write(outline, xml);
    if (groups.size() > 1) xml.Raw("</outline>\n");
  }
  xml.Raw("</body>\n</opml>\n");
  return xml.Take();
}

}  // namespace kimberlite::feed
