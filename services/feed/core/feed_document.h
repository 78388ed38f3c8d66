#pragma once

#include <string>
#include <vector>

#include "libs/base/time.h"

namespace kimberlite::feed {

// A picture of an item.
struct FeedPicture {
  std::string url;  // absolute
  std::string alt;
  std::string content_type;
};

// An entry of a feed, in plain text but for the body. URLs are absolute.
struct FeedItem {
  std::string id;  // stable over changes of slug and section: a tag URI (RFC 4151)
  std::string url;
  std::string title;
  std::string summary;
  std::string body_html;
  std::vector<std::string> authors;
  std::vector<std::string> tags;
  std::vector<FeedPicture> pictures;  // none or one
  Time published{};
  Time updated{};
};

// A feed, independent of format. Nothing in it depends on when it is made: the same entries give the same bytes.
struct FeedDocument {
  std::string id;  // a tag URI
  std::string title;
  std::string description;
  std::string site_name;
  std::string home_url;         // the page whose feed it is
  std::string self_url;         // of the document itself
  std::string language;         // BCP 47
  std::vector<FeedItem> items;  // newest first
};

// The newest change of any item; zero without items.
Time NewestChange(const FeedDocument& feed);

// RSS 2.0 with atom:link, content:encoded, dc:creator and media:content.
std::string WriteRss(const FeedDocument& feed);
// Atom 1.0, RFC 4287.
std::string WriteAtom(const FeedDocument& feed);
// JSON Feed 1.1.
std::string WriteJsonFeed(const FeedDocument& feed);

// One page of a sitemap with its translations.
struct SitemapUrl {
  std::string url;
  Time modified{};
  struct Alternate {
    std::string language;
    std::string url;
  };
  std::vector<Alternate> alternates;  // itself included; empty when there is only one
};

// sitemaps.org 0.9 with hreflang alternates. At most 50,000 URLs.
std::string WriteSitemap(const std::vector<SitemapUrl>& urls);

// An article of the news sitemap.
struct NewsUrl {
  std::string url;
  std::string publication;
  std::string language;
  std::string title;
  Time published{};
};

// Google's news sitemap 0.9. At most 1,000 URLs.
std::string WriteNewsSitemap(const std::vector<NewsUrl>& urls);

}  // namespace kimberlite::feed
