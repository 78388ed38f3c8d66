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

struct FeedAuthor {
  std::string name;
  std::string url;  // their page; may be empty
};

// An entry of a feed, in plain text but for the body. URLs are absolute.
struct FeedItem {
  std::string id;  // stable over changes of slug and section: a tag URI (RFC 4151)
  std::string url;
  std::string title;
  std::string summary;
  std::string body_html;
  std::vector<FeedAuthor> authors;
  std::vector<std::string> tags;
  std::vector<FeedPicture> pictures;  // none or one
  std::string credit;                 // whom the story is credited to; may be empty
  std::string credit_url;             // may be empty
  Time published{};
  Time updated{};
};

// An entry that was in the feed and is to be forgotten (RFC 6721).
struct Tombstone {
  std::string id;
  Time when{};
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
  std::vector<Tombstone> tombstones;

  // Paging by archives (RFC 5005 section 4): what is older than this document and newer than it, and the document that
  // readers subscribe to, named by archives alone. Each empty where there is none.
  std::string older_url;
  std::string newer_url;
  std::string current_url;
  bool archive = false;
};

// The newest change of any item; zero without items.
Time NewestChange(const FeedDocument& feed);

// What an entry says that no reader could use, in a sentence; empty when all is well.
std::string ItemFlaw(const FeedItem& item);

// What a document says that no reader could use: the rule and the entry, in a sentence; empty when all is well.
// Checked before it is written: titles, ids that stand once, absolute URLs, times that are there and in order.
std::string Flaw(const FeedDocument& feed);

// RSS 2.0 after the profile of the RSS Advisory Board, with atom:link, content:encoded, dc:creator and media:content.
std::string WriteRss(const FeedDocument& feed);
// Atom 1.0 (RFC 4287) with tombstones (RFC 6721) and archives (RFC 5005).
std::string WriteAtom(const FeedDocument& feed);
// JSON Feed 1.1.
std::string WriteJsonFeed(const FeedDocument& feed);

// A feed that a subscription list names.
struct Outline {
  std::string title;
  std::string feed_url;
  std::string page_url;
  std::string language;
};

// OPML 2.0: the feeds of one language, or of a site with a group for each language.
struct OutlineGroup {
  std::string title;
  std::vector<Outline> outlines;
};
std::string WriteOpml(const std::string& title, const std::vector<OutlineGroup>& groups);

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

// An index of sitemaps: their absolute URLs. At most 50,000.
std::string WriteSitemapIndex(const std::vector<std::string>& urls);

}  // namespace kimberlite::feed
