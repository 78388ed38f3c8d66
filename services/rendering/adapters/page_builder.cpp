#include "services/rendering/adapters/page_builder.h"

#include "services/rendering/adapters/page_maker.h"

namespace kimberlite::rendering {
namespace {

using content::v1::Site;

Page RobotsPage(const Site& site) {
  Page page;
  page.content_type = "text/plain; charset=utf-8";
  page.body = "User-agent: *\nAllow: /\n\nSitemap: " + site.public_url() +
              "/sitemap.xml\nSitemap: " + site.public_url() + "/news-sitemap.xml\n";
  page.dependencies = {{"site", "", ""}};
  return page;
}

Page AssetPage(const Theme::Asset& asset) {
  Page page;
  page.content_type = asset.content_type;
  page.immutable = true;
  page.keep = std::chrono::hours(1);
  page.body = asset.bytes;
  return page;
}

Page PlainPage(int status, std::string text) {
  Page page;
  page.status = status;
  page.content_type = "text/plain; charset=utf-8";
  page.body = std::move(text);
  page.cacheable = false;
  return page;
}

// What the feed service calls the documents for crawlers and subscription lists.
feed::v1::GetFeedRequest SiteDocument(const Route& route) {
  feed::v1::GetFeedRequest request;
  request.set_format(route.kind == RouteKind::kOpml      ? feed::v1::FEED_FORMAT_OPML
                     : route.kind == RouteKind::kSitemap ? feed::v1::FEED_FORMAT_SITEMAP
                                                         : feed::v1::FEED_FORMAT_NEWS_SITEMAP);
  request.set_list_key(route.slug.empty() ? route.language : route.language + "/archive/" + route.slug);
  request.set_page_number(route.page);
  return request;
}

}  // namespace

PageBuilder::PageBuilder(Sources& sources, const ThemeKeeper& themes) : sources_(sources), themes_(themes) {}

Result<Page> PageBuilder::Make(const Context& context, const Route& route, std::int64_t min_site_sequence) {
  sources_.RequireSite(min_site_sequence);
  // Held until the page is made, whatever theme takes its place meanwhile.
  const std::shared_ptr<const Theme> theme = themes_.Current();
  if (route.kind == RouteKind::kMedia) {
    const Theme::Asset* asset = theme->share_picture();
    if (asset && asset->path == "/media/" + route.slug) return AssetPage(*asset);
    auto media = sources_.GetMedia(context, route.slug);
    if (!media && media.error().code() == Code::kNotFound) return PlainPage(404, "There is no such picture.\n");
    if (!media) return std::unexpected(media.error());
    Page page;
    page.content_type = media->content_type();
    page.immutable = true;
    // Large, and asked for once by each browser.
    page.keep = std::chrono::hours(1);
    page.body = std::move(*media->mutable_data());
    return page;
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sources_.GetSite(context));
  if (site->languages().empty()) return Fail(Code::kUnavailable, "the site has no languages yet");
  if (route.kind == RouteKind::kRobots) return RobotsPage(*site);

  const bool known = site::HasLanguage(*site, route.language);
  PageMaker maker(sources_, *theme, context, *site, known ? route.language : site->languages(0).language_code());
  switch (route.kind) {
    case RouteKind::kChooser: return maker.Chooser();
    case RouteKind::kSitemap:
    case RouteKind::kNewsSitemap:
    case RouteKind::kOpml: return maker.FeedDocument(SiteDocument(route), "");
    default: break;
  }
  if (QueryMatters(route.query())) {
    // A page of a list as other systems counted them; without a new place, the list itself.
    Page list = PlainPage(302, "This page is at " + route.target.substr(0, route.target.find('?')) + "\n");
    list.location = route.target.substr(0, route.target.find('?'));
    return maker.OldAddress(route.target, std::move(list));
  }
  auto page = known ? Dispatch(maker, route) : maker.NotFound();
  if (!page || page->status != 404 || route.target.empty()) return page;
  PageMaker again(sources_, *theme, context, *site, known ? route.language : site->languages(0).language_code());
  return again.OldAddress(route.target, std::move(*page));
}

Result<Page> PageBuilder::Dispatch(PageMaker& maker, const Route& route) {
  if (route.feed != FeedFormat::kNone) return maker.Feed(route);
  switch (route.kind) {
    case RouteKind::kHome: return route.page == 0 ? maker.Home() : maker.News(route);
    case RouteKind::kSection: return maker.Section(route);
    case RouteKind::kArticle: return maker.ArticlePage(route.article_id, route.lite);
    case RouteKind::kTag: return maker.Tag(route);
    case RouteKind::kSource: return maker.Source(route);
    case RouteKind::kAuthor: return maker.Author(route);
    case RouteKind::kMonth: return maker.Month(route);
    case RouteKind::kArchive: return maker.Archive();
    case RouteKind::kSearch: return maker.Search(route);
    case RouteKind::kFeeds: return maker.Feeds();
    case RouteKind::kAbout: return maker.About();
    case RouteKind::kRedirect: {
      Page page = PlainPage(301, "This page is at " + route.slug + "\n");
      page.location = route.slug;
      return page;
    }
    default: return maker.NotFound();
  }
}

Page PageBuilder::MakeError(const Context& context, const Route& route, int status) {
  const auto site = sources_.GetSite(context);
  if (!site || (*site)->languages().empty())
    return PlainPage(status, "The page cannot be shown right now. Please try again in a moment.\n");
  const std::string language =
      site::HasLanguage(**site, route.language) ? route.language : (*site)->languages(0).language_code();
  const std::shared_ptr<const Theme> theme = themes_.Current();
  return PageMaker(sources_, *theme, context, **site, language).Error(status, false);
}

}  // namespace kimberlite::rendering
