#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kimberlite::rendering {

enum class RouteKind : std::uint8_t {
  kNone,         // nothing of ours: 404
  kRedirect,     // the same place under its proper form: `slug` holds the path
  kChooser,      // /
  kHome,         // /{lang}/
  kSection,      // /{lang}/{section}/
  kArticle,      // /{lang}/{section}/{id}-{slug}, also …/lite
  kTag,          // /{lang}/tag/{slug}/
  kSource,       // /{lang}/source/{slug}/
  kAuthor,       // /{lang}/author/{slug}/
  kMonth,        // /{lang}/archive/{yyyy}/{mm}/; all lists go on at …/page/{n}/
  kArchive,      // /{lang}/archive/
  kSearch,       // /{lang}/search?q=
  kFeeds,        // /{lang}/feeds/
  kOpml,         // /feeds.opml, /{lang}/feeds.opml
  kLive,         // /{lang}/live: a stream of events, never kept
  kAbout,        // /{lang}/about/
  kMedia,        // /media/{id}
  kRobots,       // /robots.txt
  kSitemap,      // /sitemap.xml; /sitemap-pages.xml is page 1; /sitemap-{lang}-{yyyy}-{mm}.xml a month
  kNewsSitemap,  // /news-sitemap.xml, /news-sitemap-{n}.xml
};

enum class FeedFormat : std::uint8_t { kNone, kRss, kAtom, kJson };

// What a path asks for, by its form alone: whether it exists is another question.
struct Route {
  RouteKind kind = RouteKind::kNone;
  FeedFormat feed = FeedFormat::kNone;  // of a list: its feed instead of its page
  std::string language;                 // first segment as it stands, also for kNone where it looks like a language
  std::string slug;                     // of section, tag, source or author; "2026-11" of a month; the media id
  std::int64_t article_id = 0;
  bool lite = false;  // of an article: its version without pictures
  int page = 0;       // of a list: an anchored page of it, counted from the oldest; 0: the head

  // As it was asked for, with its query: what is searched for, and what an old address means. Not part of the key.
  std::string target;

  // What follows '?' in target.
  std::string_view query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
  }

  // Names the page in the cache: made of what may vary it and of nothing else, so that no spelling of a path makes
  // a second entry. Empty for what is not cached.
  std::string CacheKey() const;
};

// The route that has this key; kNone for what is no key.
Route RouteOfKey(std::string_view key);

// `path` without query, percent-encoded as it came.
Route ParseRoute(std::string_view path);

// Whether a query may ask for something else than its path alone: "start" of old addresses. Any other is passed over.
bool QueryMatters(std::string_view query);

}  // namespace kimberlite::rendering
