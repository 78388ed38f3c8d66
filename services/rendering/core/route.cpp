#include "services/rendering/core/route.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "libs/base/text.h"

namespace kimberlite::rendering {
namespace {

bool LooksLikeLanguage(std::string_view segment) {
  return segment.size() >= 2 && segment.size() <= 35 && segment.front() >= 'a' && segment.front() <= 'z' &&
         std::ranges::all_of(segment, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

FeedFormat FeedOf(std::string_view segment) {
  if (segment == "rss.xml") return FeedFormat::kRss;
  if (segment == "atom.xml") return FeedFormat::kAtom;
  if (segment == "feed.json") return FeedFormat::kJson;
  return FeedFormat::kNone;
}

std::string_view FeedName(FeedFormat feed) {
  switch (feed) {
    case FeedFormat::kNone: return "";
    case FeedFormat::kRss: return "#rss";
    case FeedFormat::kAtom: return "#atom";
    case FeedFormat::kJson: return "#json";
  }
  return "";
}

// "1001-ice-road" or "1001"; 0 when it does not begin with a number.
std::int64_t ArticleId(std::string_view segment) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), id);
  const bool whole = end == segment.data() + segment.size();
  return error == std::errc() && id > 0 && (whole || *end == '-') ? id : 0;
}

Route ParseMedia(std::string_view id) {
  const bool plain = !id.empty() && id.size() <= 80 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
  });
  if (!plain) return {};
  return {.kind = RouteKind::kMedia, .slug = std::string(id)};
}

// A list's anchored page: "3"; 0 when it is not written so. No list has a billion pages.
int PageNumber(std::string_view segment) {
  int number = 0;
  const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), number);
  const bool plain = error == std::errc() && end == segment.data() + segment.size() && segment.size() <= 9;
  return plain && segment.front() != '0' && number > 0 ? number : 0;
}

bool IsDigits(std::string_view text, std::size_t size) {
  return text.size() == size && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The kind of the lists below a reserved segment.
RouteKind KindOf(std::string_view segment) {
  if (segment == "tag") return RouteKind::kTag;
  if (segment == "source") return RouteKind::kSource;
  if (segment == "author") return RouteKind::kAuthor;
  return RouteKind::kNone;
}

// `parts` without the last one (empty after a slash, or a feed's name) name a list: "", "economy", "tag/alrosa",
// "archive/2026/11".
void ParseList(const std::vector<std::string_view>& parts, Route& route) {
  const auto set = [&route](RouteKind kind, std::string slug) {
    route.kind = kind;
    route.slug = std::move(slug);
  };
  const bool plain = route.feed == FeedFormat::kNone && route.page == 0;
  if (parts.empty()) {
    set(RouteKind::kHome, "");
  } else if (parts.size() == 1) {
    if (parts[0] == "feeds" || parts[0] == "about" || parts[0] == "archive") {
      const RouteKind kind = parts[0] == "feeds"   ? RouteKind::kFeeds
                             : parts[0] == "about" ? RouteKind::kAbout
                                                   : RouteKind::kArchive;
      if (plain) set(kind, "");
    } else if (IsSlug(parts[0], 80)) {
      set(RouteKind::kSection, std::string(parts[0]));
    }
  } else if (parts.size() == 2) {
    if (IsSlug(parts[1], 120)) set(KindOf(parts[0]), std::string(parts[1]));
  } else if (parts.size() == 3 && parts[0] == "archive" && route.feed == FeedFormat::kNone) {
    const bool month = IsDigits(parts[1], 4) && IsDigits(parts[2], 2) && parts[2] >= "01" && parts[2] <= "12";
    if (month) set(RouteKind::kMonth, std::string(parts[1]) + "-" + std::string(parts[2]));
  }
}

// "/sitemap.xml" and its parts: what is between "/sitemap" and ".xml", and the same of "/news-sitemap".
Route ParseSitemap(std::string_view part) {
  if (part.empty()) return {.kind = RouteKind::kSitemap};
  if (part == "-pages") return {.kind = RouteKind::kSitemap, .page = 1};
  // "-zh-Hant-2026-11"
  constexpr std::size_t kMonth = sizeof "-2026-11" - 1;
  if (part.size() <= kMonth + 1) return {};
  const std::string_view language = part.substr(1, part.size() - kMonth - 1);
  const std::string_view month = part.substr(part.size() - kMonth + 1);
  const bool plain = LooksLikeLanguage(language) && part[part.size() - kMonth] == '-' &&
                     IsDigits(month.substr(0, 4), 4) && month[4] == '-' && IsDigits(month.substr(5), 2);
  if (!plain) return {};
  return {.kind = RouteKind::kSitemap, .language = std::string(language), .slug = std::string(month)};
}

Route ParseNewsSitemap(std::string_view part) {
  if (part.empty()) return {.kind = RouteKind::kNewsSitemap};
  const int number = part.size() > 1 && part[0] == '-' ? PageNumber(part.substr(1)) : 0;
  return number > 0 ? Route{.kind = RouteKind::kNewsSitemap, .page = number} : Route{};
}

// What follows /{lang}/…, split at slashes; a trailing slash leaves an empty last segment.
Route ParseInLanguage(std::string_view language, std::vector<std::string_view> parts) {
  Route route;
  route.language = language;
  const std::string home = "/" + std::string(language) + "/";
  const std::string_view last = parts.back();
  route.feed = FeedOf(last);
  if (last.empty() || route.feed != FeedFormat::kNone) {
    parts.pop_back();
    if (parts.size() >= 2 && parts[parts.size() - 2] == "page") {
      route.page = PageNumber(parts.back());
      if (route.page == 0) return route;
      parts.resize(parts.size() - 2);
    }
    if (parts.size() == 1 && parts[0] == "search") return {RouteKind::kRedirect, {}, route.language, home + "search"};
    ParseList(parts, route);
    if (route.kind == RouteKind::kNone) return {.language = route.language};
    return route;
  }
  if (parts.size() == 1 && last == "search") {
    route.kind = RouteKind::kSearch;
    return route;
  }
  if (parts.size() == 1 && (last == "live" || last == "feeds.opml")) {
    route.kind = last == "live" ? RouteKind::kLive : RouteKind::kOpml;
    return route;
  }
  const bool lite = parts.size() == 3 && last == "lite";
  if (lite) parts.pop_back();
  if (parts.size() == 2 && IsSlug(parts[0], 80) && KindOf(parts[0]) == RouteKind::kNone) {
    if (const std::int64_t id = ArticleId(parts[1])) {
      route.kind = RouteKind::kArticle;
      route.article_id = id;
      route.lite = lite;
      return route;
    }
  }
  // A list without its slash.
  if (!lite && (parts.size() == 1 || KindOf(parts[0]) != RouteKind::kNone || parts[0] == "archive")) {
    ParseList(parts, route);
    if (route.kind == RouteKind::kNone) return {.language = route.language};
    std::string path = home;
    for (const std::string_view part : parts) path.append(part).append("/");
    return {.kind = RouteKind::kRedirect, .language = route.language, .slug = std::move(path)};
  }
  return route;
}

}  // namespace

std::string Route::CacheKey() const {
  if (QueryMatters(query())) return "";
  const std::string tail = (page > 0 ? "#" + std::to_string(page) : "") + std::string(FeedName(feed));
  switch (kind) {
    case RouteKind::kNone:
    case RouteKind::kLive:
    case RouteKind::kSearch:
    case RouteKind::kRedirect: return "";
    case RouteKind::kChooser: return "chooser";
    case RouteKind::kHome: return language + "/home" + tail;
    case RouteKind::kSection: return language + "/section/" + slug + tail;
    case RouteKind::kArticle: return language + "/article/" + std::to_string(article_id) + (lite ? "#lite" : "");
    case RouteKind::kTag: return language + "/tag/" + slug + tail;
    case RouteKind::kSource: return language + "/source/" + slug + tail;
    case RouteKind::kAuthor: return language + "/author/" + slug + tail;
    case RouteKind::kArchive: return language + "/archive";
    case RouteKind::kMonth: return language + "/archive/" + slug + tail;
    case RouteKind::kFeeds: return language + "/feeds";
    case RouteKind::kOpml: return language + "/opml";
    case RouteKind::kAbout: return language + "/about";
    case RouteKind::kMedia: return "media/" + slug;
    case RouteKind::kRobots: return "robots";
    case RouteKind::kSitemap: return "sitemap/" + language + "/" + slug + tail;
    case RouteKind::kNewsSitemap: return "news-sitemap" + tail;
  }
  return "";
}

Route RouteOfKey(std::string_view key) {
  const auto plain = [&](RouteKind kind) { return Route{.kind = kind}; };
  if (key == "chooser") return plain(RouteKind::kChooser);
  if (key == "robots") return plain(RouteKind::kRobots);
  if (key == "/opml") return plain(RouteKind::kOpml);
  if (key.starts_with("sitemap/")) {
    const std::string_view part = key.substr(8);
    if (part == "/") return plain(RouteKind::kSitemap);
    if (part == "/#1") return {.kind = RouteKind::kSitemap, .page = 1};
    const std::size_t slash = part.find('/');
    if (slash == std::string_view::npos) return {};
    return {.kind = RouteKind::kSitemap,
            .language = std::string(part.substr(0, slash)),
            .slug = std::string(part.substr(slash + 1))};
  }
  if (key == "news-sitemap") return plain(RouteKind::kNewsSitemap);
  if (key.starts_with("news-sitemap#")) return {.kind = RouteKind::kNewsSitemap, .page = PageNumber(key.substr(13))};
  if (key.starts_with("media/")) return {.kind = RouteKind::kMedia, .slug = std::string(key.substr(6))};
  const std::size_t hash = key.find('#');
  const std::string_view tail = hash == std::string_view::npos ? std::string_view() : key.substr(hash + 1);
  const std::vector<std::string_view> parts = Split(key.substr(0, hash), '/');
  if (parts.size() < 2 || parts.size() > 3) return {};
  Route route{.language = std::string(parts[0]), .slug = parts.size() == 3 ? std::string(parts[2]) : std::string()};
  for (const RouteKind kind :
       {RouteKind::kHome, RouteKind::kSection, RouteKind::kArticle, RouteKind::kTag, RouteKind::kSource,
        RouteKind::kAuthor, RouteKind::kArchive, RouteKind::kMonth, RouteKind::kFeeds, RouteKind::kAbout}) {
    route.kind = kind;
    route.lite = kind == RouteKind::kArticle && tail == "lite";
    route.feed = FeedFormat::kNone;
    for (const FeedFormat feed : {FeedFormat::kRss, FeedFormat::kAtom, FeedFormat::kJson}) {
      if (hash != std::string_view::npos && FeedName(feed).substr(1) == tail) route.feed = feed;
    }
    route.page = 0;
    std::from_chars(tail.data(), tail.data() + tail.size(), route.page);
    if (kind == RouteKind::kArticle && parts.size() == 3)
      std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), route.article_id);
    // Only what makes the same key again is meant.
    Route found = route;
    if (kind == RouteKind::kArticle) found.slug.clear();
    if (found.CacheKey() == key) return found;
  }
  return {};
}

Route ParseRoute(std::string_view path) {
  if (path == "/") return {.kind = RouteKind::kChooser};
  if (path == "/robots.txt") return {.kind = RouteKind::kRobots};
  if (path == "/feeds.opml") return {.kind = RouteKind::kOpml};
  constexpr std::string_view kSitemap = "/sitemap", kNewsSitemap = "/news-sitemap", kXml = ".xml";
  if (path.ends_with(kXml)) {
    const std::string_view stem = path.substr(0, path.size() - kXml.size());
    if (stem.starts_with(kSitemap)) return ParseSitemap(stem.substr(kSitemap.size()));
    if (stem.starts_with(kNewsSitemap)) return ParseNewsSitemap(stem.substr(kNewsSitemap.size()));
  }
  if (path.size() > 512 || !path.starts_with('/')) return {};
  path.remove_prefix(1);
  std::vector<std::string_view> parts = Split(path, '/');
  const std::string_view first = parts.front();
  if (first == "media") return parts.size() == 2 ? ParseMedia(parts[1]) : Route{};
  if (!LooksLikeLanguage(first)) return {};
  if (parts.size() == 1)
    return {.kind = RouteKind::kRedirect, .language = std::string(first), .slug = "/" + std::string(first) + "/"};
  parts.erase(parts.begin());
  return ParseInLanguage(first, std::move(parts));
}

bool QueryMatters(std::string_view query) {
  return query.starts_with("start=") || query.find("&start=") != std::string_view::npos;
}

}  // namespace kimberlite::rendering
