#include "services/rendering/core/route.h"

#include <gtest/gtest.h>

namespace kimberlite::rendering {
namespace {

TEST(Route, KnowsEveryPublicShape) {
  const struct {
    const char* path;
    const char* key;
  } cases[] = {
      {"/", "chooser"},
      {"/sah/", "sah/home"},
      {"/sah/rss.xml", "sah/home#rss"},
      {"/en/economy/", "en/section/economy"},
      {"/en/economy/feed.json", "en/section/economy#json"},
      {"/ar/economy/1001-ice-road", "ar/article/1001"},
      {"/ar/economy/1001", "ar/article/1001"},
      {"/en/tag/alrosa/", "en/tag/alrosa"},
      {"/en/tag/alrosa/atom.xml", "en/tag/alrosa#atom"},
      {"/en/source/khotu-wire/", "en/source/khotu-wire"},
      {"/en/author/aina-x/", "en/author/aina-x"},
      {"/en/author/aina-x/rss.xml", "en/author/aina-x#rss"},
      {"/en/archive/", "en/archive"},
      {"/en/archive/2026/11/", "en/archive/2026-11"},
      {"/en/page/4/", "en/home#4"},
      {"/en/economy/page/12/", "en/section/economy#12"},
      {"/en/tag/alrosa/page/1/", "en/tag/alrosa#1"},
      {"/en/archive/2026/11/page/2/", "en/archive/2026-11#2"},
      {"/ar/economy/1001-ice-road/lite", "ar/article/1001#lite"},
      {"/en/feeds/", "en/feeds"},
      {"/en/about/", "en/about"},
      {"/media/0a1b.svg", "media/0a1b.svg"},
      {"/robots.txt", "robots"},
      {"/en/economy/page/12/atom.xml", "en/section/economy#12#atom"},
      {"/en/page/1/feed.json", "en/home#1#json"},
      {"/feeds.opml", "/opml"},
      {"/sah/feeds.opml", "sah/opml"},
      {"/sah/live", ""},
      {"/sitemap.xml", "sitemap//"},
      {"/sitemap-pages.xml", "sitemap//#1"},
      {"/sitemap-sah-2026-11.xml", "sitemap/sah/2026-11"},
      {"/sitemap-zh-Hant-2026-11.xml", "sitemap/zh-Hant/2026-11"},
      {"/sitemap-2026-11.xml", ""},
      {"/sitemap-en-2026-1.xml", ""},
      {"/sitemap-en-x026-11.xml", ""},
      {"/news-sitemap-166000.xml", "news-sitemap#166000"},
      {"/news-sitemap-0.xml", ""},
      {"/news-sitemap-x.xml", ""},
      {"/news-sitemap.xml", "news-sitemap"},
      {"/pt-BR/", "pt-BR/home"},
  };
  for (const auto& one : cases) EXPECT_EQ(ParseRoute(one.path).CacheKey(), one.key) << one.path;
}

TEST(Route, MissingSlashIsRedirected) {
  for (const auto& [path, target] : {std::pair{"/en", "/en/"},
                                     {"/en/economy", "/en/economy/"},
                                     {"/en/tag/lena", "/en/tag/lena/"},
                                     {"/en/search/", "/en/search"},
                                     {"/en/archive/2026/11", "/en/archive/2026/11/"},
                                     {"/en/author/x-y", "/en/author/x-y/"}}) {
    const Route route = ParseRoute(path);
    EXPECT_EQ(route.kind, RouteKind::kRedirect) << path;
    EXPECT_EQ(route.slug, target);
    EXPECT_EQ(route.CacheKey(), "");
  }
}

TEST(Route, SpellingsOfOneArticleShareOneEntry) {
  EXPECT_EQ(ParseRoute("/en/economy/7-a").CacheKey(), ParseRoute("/en/politics/7-b").CacheKey());
}

TEST(Route, WhatIsNotOursMakesNoEntry) {
  for (const char* path : {"",
                           "en/",
                           "//",
                           "/en//",
                           "/en/economy//",
                           "/e n/",
                           "/en/economy/abc/def/ghi",
                           "/en/economy/0",
                           "/en/economy/-1-x",
                           "/en/economy/1001x",
                           "/en/economy/99999999999999999999",
                           "/media/",
                           "/media/../x",
                           "/media/a/b",
                           "/EN/",
                           "/en/tag//",
                           "/en/tag/%D0%B0/",
                           "/.well-known/x",
                           "/en/economy/page/0/",
                           "/en/economy/page/01/",
                           "/en/economy/page/9999999999/",
                           "/en/economy/page/x/",
                           "/en/archive/2026/13/",
                           "/en/archive/2026/1/",
                           "/en/archive/page/1/",
                           "/en/feeds/page/1/",
                           "/en/archive/rss.xml",
                           "/en/archive/2026/11/rss.xml",
                           "/en/economy/abc/lite",
                           "/en/tag/1/lite",
                           "/en/search/x",
                           "/en/economy/1-x/",
                           "/en/econ\xD0\xBEmy/"}) {
    const Route route = ParseRoute(path);
    EXPECT_EQ(route.kind, RouteKind::kNone) << path;
    EXPECT_EQ(route.CacheKey(), "") << path;
  }
  EXPECT_EQ(ParseRoute("/" + std::string(600, 'a')).kind, RouteKind::kNone);
}

TEST(Route, SearchIsNeverKept) {
  const Route route = ParseRoute("/en/search");
  EXPECT_EQ(route.kind, RouteKind::kSearch);
  EXPECT_EQ(route.CacheKey(), "");
}

TEST(Route, AKeyLeadsBackToItsRoute) {
  for (const char* path : {"/",
                           "/robots.txt",
                           "/sitemap.xml",
                           "/news-sitemap.xml",
                           "/media/ab.svg",
                           "/sah/",
                           "/sah/rss.xml",
                           "/sah/page/3/",
                           "/en/economy/",
                           "/en/economy/atom.xml",
                           "/en/economy/page/12/",
                           "/zh-hant/economy/1001-ice-road",
                           "/en/economy/1001-ice-road/lite",
                           "/ru/tag/zimnik/",
                           "/ru/tag/zimnik/feed.json",
                           "/ru/tag/zimnik/page/2/",
                           "/en/source/sandal-tv/",
                           "/en/author/ann-petrova/",
                           "/en/author/ann-petrova/rss.xml",
                           "/en/archive/",
                           "/en/archive/2026/11/",
                           "/en/archive/2026/11/page/4/",
                           "/en/feeds/",
                           "/en/about/"}) {
    const std::string key = ParseRoute(path).CacheKey();
    ASSERT_NE(key, "") << path;
    EXPECT_EQ(RouteOfKey(key).CacheKey(), key) << path;
    EXPECT_EQ(RouteOfKey(key).kind, ParseRoute(path).kind) << path;
    EXPECT_EQ(RouteOfKey(key).page, ParseRoute(path).page) << path;
  }
  for (const char* none : {"", "en", "en/nothing", "en/article/x", "a/b/c/d"}) {
    EXPECT_EQ(RouteOfKey(none).kind, RouteKind::kNone) << none;
  }
}

}  // namespace
}  // namespace kimberlite::rendering
