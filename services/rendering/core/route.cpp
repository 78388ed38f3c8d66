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

// What follows /{lang}/…, split at slashes; a trailing slash leaves an empty last segment.
Route ParseInLanguage(std::string_view language, const std::vector<std::string_view>& parts) {
  Route route;
  route.language = language;
  const bool slash = parts.back().empty();
  const std::size_t depth = parts.size() - 1;  // segments before the last one
  const std::string_view last = parts.back();
  const FeedFormat feed = FeedOf(last);
  const bool listed = slash || feed != FeedFormat::kNone;

  if (depth == 0) {
    if (listed) {
      route.kind = RouteKind::kHome;
      route.feed = feed;
    } else if (IsSlug(last, 80)) {
      route.kind = RouteKind::kRedirect;
      route.slug = "/" + std::string(language) + "/" + std::string(last) + "/";
    }
    return route;
  }
  if (depth == 1) {
    const std::string_view first = parts[0];
    if (!IsSlug(first, 80)) return route;
    if (slash && first == "feeds") {
      route.kind = RouteKind::kFeeds;
    } else if (slash && first == "about") {
      route.kind = RouteKind::kAbout;
    } else if (listed) {
      route.kind = RouteKind::kSection;
      route.feed = feed;
      route.slug = first;
    } else if ((first == "tag" || first == "source") && IsSlug(last, 120)) {
      route.kind = RouteKind::kRedirect;
      route.slug = "/" + std::string(language) + "/" + std::string(first) + "/" + std::string(last) + "/";
    } else if (const std::int64_t id = ArticleId(last)) {
      route.kind = RouteKind::kArticle;
      route.article_id = id;
    }
    return route;
  }
  if (depth == 2 && listed && IsSlug(parts[1], 120)) {
    if (parts[0] == "tag") route.kind = RouteKind::kTag;
    if (parts[0] == "source") route.kind = RouteKind::kSource;
    if (route.kind != RouteKind::kNone) {
      route.feed = feed;
      route.slug = parts[1];
    }
  }
  return route;
}

}  // namespace

std::string Route::CacheKey() const {
  const std::string feed_name(FeedName(feed));
  switch (kind) {
    case RouteKind::kNone:
    case RouteKind::kRedirect: return "";
    case RouteKind::kChooser: return "chooser";
    case RouteKind::kHome: return language + "/home" + feed_name;
    case RouteKind::kSection: return language + "/section/" + slug + feed_name;
    case RouteKind::kArticle: return language + "/article/" + std::to_string(article_id);
    case RouteKind::kTag: return language + "/tag/" + slug + feed_name;
    case RouteKind::kSource: return language + "/source/" + slug + feed_name;
    case RouteKind::kFeeds: return language + "/feeds";
    case RouteKind::kAbout: return language + "/about";
    case RouteKind::kMedia: return "media/" + slug;
    case RouteKind::kRobots: return "robots";
    case RouteKind::kSitemap: return "sitemap";
    case RouteKind::kNewsSitemap: return "news-sitemap";
  }
  return "";
}

Route ParseRoute(std::string_view path) {
  if (path == "/") return {.kind = RouteKind::kChooser};
  if (path == "/robots.txt") return {.kind = RouteKind::kRobots};
  if (path == "/sitemap.xml") return {.kind = RouteKind::kSitemap};
  if (path == "/news-sitemap.xml") return {.kind = RouteKind::kNewsSitemap};
  if (path.size() > 512 || !path.starts_with('/')) return {};
  path.remove_prefix(1);
  std::vector<std::string_view> parts = Split(path, '/');
  const std::string_view first = parts.front();
  if (first == "media") return parts.size() == 2 ? ParseMedia(parts[1]) : Route{};
  if (!LooksLikeLanguage(first)) return {};
  if (parts.size() == 1)
    return {.kind = RouteKind::kRedirect, .language = std::string(first), .slug = "/" + std::string(first) + "/"};
  parts.erase(parts.begin());
  return ParseInLanguage(first, parts);
}

}  // namespace kimberlite::rendering
