#include "services/feed/core/feed_document.h"
#include "services/feed/core/xml.h"

namespace kimberlite::feed {

std::string WriteSitemap(const std::vector<SitemapUrl>& urls) {
  XmlWriter xml;
  xml.Raw(
      "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n");
  for (const SitemapUrl& url : urls) {
    xml.Raw("<url>\n");
    xml.Element("loc", url.url);
    if (url.modified != Time{})
      xml.Element("lastmod", FormatRfc3339(std::chrono::floor<std::chrono::seconds>(url.modified)));
    for (const SitemapUrl::Alternate& alternate : url.alternates) {
      xml.Raw("<xhtml:link rel=\"alternate\" hreflang=\"" + XmlText(alternate.language) + "\" href=\"" +
              XmlText(alternate.url) + "\"/>\n");
    }
    xml.Raw("</url>\n");
  }
  xml.Raw("</urlset>\n");
  return xml.Take();
}

std::string WriteSitemapIndex(const std::vector<std::string>& urls) {
  XmlWriter xml;
  xml.Raw("<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
  for (const std::string& url : urls) {
    xml.Raw("<sitemap>");
    xml.Element("loc", url);
    xml.Raw("</sitemap>\n");
  }
  xml.Raw("</sitemapindex>\n");
  return xml.Take();
}

std::string WriteNewsSitemap(const std::vector<NewsUrl>& urls) {
  XmlWriter xml;
  xml.Raw(
      "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\""
      " xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\n");
  for (const NewsUrl& url : urls) {
    xml.Raw("<url>\n");
    xml.Element("loc", url.url);
    xml.Raw("<news:news>\n<news:publication>\n");
    xml.Element("news:name", url.publication);
    xml.Element("news:language", url.language);
    xml.Raw("</news:publication>\n");
    xml.Element("news:publication_date", FormatRfc3339(std::chrono::floor<std::chrono::seconds>(url.published)));
    xml.Element("news:title", WithoutBidiControls(url.title));
    xml.Raw("</news:news>\n</url>\n");
  }
  xml.Raw("</urlset>\n");
  return xml.Take();
}

}  // namespace kimberlite::feed
