#include "services/feed/adapters/sitemap_maker.h"

#include <algorithm>
#include <map>
#include <set>

#include "libs/site/month_windows.h"
#include "libs/site/site_paths.h"
#include "libs/telemetry/telemetry.h"
#include "services/feed/adapters/document.h"
#include "services/feed/adapters/lint.h"

namespace kimberlite::feed {
namespace {

using content::v1::ArticleCard;
using content::v1::Site;
using site::SitePaths;

constexpr std::size_t kMaxUrls = 50'000;
constexpr std::size_t kMaxNews = 1'000;
constexpr int kNewsBatch = 1'000;  // read at once from a list
constexpr std::chrono::hours kNewsAge{48};
constexpr std::chrono::hours kNewsWindow{3};

int WindowOf(Time time) { return static_cast<int>(time.time_since_epoch() / kNewsWindow); }

std::string PartPath(const std::string& language, const std::string& month) {
  return "/sitemap-" + language + "-" + month + ".xml";
}

Error NoSuchPart(int number) {
  return Error::Field(Code::kNotFound, "page_number", "there is no part " + std::to_string(number));
}

// Every public translation of these articles: article id → language → URL.
using Alternates = std::map<std::int64_t, std::vector<SitemapUrl::Alternate>>;

Alternates AlternatesOf(const Site& site, const std::vector<ArticleCard>& translations) {
  std::map<std::string, SitePaths> by_language;
  for (const auto& language : site.languages()) {
    by_language.emplace(language.language_code(), SitePaths(site, language.language_code()));
  }
  Alternates alternates;
  for (const ArticleCard& card : translations) {
    const auto paths = by_language.find(card.language_code());
    if (paths == by_language.end()) continue;
    alternates[card.article_id()].push_back(
        {card.language_code(),
         paths->second.Absolute(paths->second.ArticlePath(card.section_id(), card.article_id(), card.slug()))});
  }
  return alternates;
}

}  // namespace

Result<v1::GetFeedResponse> SitemapMaker::GetSitemap(const Context& context, const v1::GetFeedRequest& request) const {
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, sources_.GetSite(context));
  if (request.list_key().empty()) return request.page_number() == 0 ? Index(context, site) : Pages(site);
  KIMBERLITE_ASSIGN_OR_RETURN(const ListKey key, ParseListKey(request.list_key()));
  if (key.kind != "archive") return InvalidField("list_key", "must be {language}/archive/{yyyy}-{mm} or empty");
  if (!site::HasLanguage(site, key.language)) {
    return Fail(Error::Field(Code::kNotFound, "list_key", "the site has no language \"" + key.language + "\""));
  }
  return Part(context, site, key);
}

Result<v1::GetFeedResponse> SitemapMaker::Index(const Context& context, const Site& site) const {
  v1::GetFeedResponse response;
  AddDependency(response, "site");
  std::vector<std::string> urls = {site.public_url() + "/sitemap-pages.xml"};
  for (const auto& language : site.languages()) {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto months, sources_.ArchiveMonths(context, language.language_code()));
    for (auto& window : site::MonthWindows(language.language_code(), months)) {
      AddDependency(response, std::move(window.entity), std::move(window.low), std::move(window.high));
    }
    for (const std::string& month : months) {
      urls.push_back(site.public_url() + PartPath(language.language_code(), month));
    }
  }
  response.set_document(WriteSitemapIndex(urls));
  response.set_content_type(ContentType(v1::FEED_FORMAT_SITEMAP));
  KIMBERLITE_RETURN_IF_ERROR(LintXml("/sitemap.xml", response.document()));
  return response;
}

Result<v1::GetFeedResponse> SitemapMaker::Pages(const Site& site) const {
  v1::GetFeedResponse response;
  AddDependency(response, "site");
  std::vector<SitemapUrl> urls;
  // One entry per page and language, each with all of its languages.
  const auto add = [&](const auto& path_of) {
    std::vector<SitemapUrl::Alternate> alternates;
    for (const auto& language : site.languages()) {
      const SitePaths paths(site, language.language_code());
      alternates.push_back({paths.language(), paths.Absolute(path_of(paths))});
    }
    for (const auto& alternate : alternates) {
      urls.push_back({alternate.url, {}, alternates.size() > 1 ? alternates : decltype(alternates)()});
    }
  };
  add([](const SitePaths& paths) { return paths.HomePath(); });
  for (const auto& section : site.sections()) {
    add([&](const SitePaths& paths) { return paths.SectionPath(section.section_id()); });
  }
  for (const auto& source : site.sources()) {
    add([&](const SitePaths& paths) { return paths.SourcePath(source.source_id()); });
  }
  add([](const SitePaths& paths) { return paths.HomePath() + "about/"; });
  response.set_document(WriteSitemap(urls));
  response.set_content_type(ContentType(v1::FEED_FORMAT_SITEMAP));
  KIMBERLITE_RETURN_IF_ERROR(LintXml("/sitemap-pages.xml", response.document()));
  return response;
}

Result<v1::GetFeedResponse> SitemapMaker::Part(const Context& context, const Site& site, const ListKey& key) const {
  v1::GetFeedResponse response;
  AddDependency(response, "site");
  const std::string list = key.language + "/archive/" + key.id;
  const std::string path = PartPath(key.language, key.id);
  AddDependency(response, "list:" + list);
  KIMBERLITE_ASSIGN_OR_RETURN(auto cards, sources_.ListRange(context, list, "", ""));
  if (cards.size() > kMaxUrls) {
    telemetry::LogError("sitemap part cut to what is allowed", {{"document", path}, {"articles", cards.size()}});
    cards.resize(kMaxUrls);
  }
  std::vector<std::int64_t> ids;
  for (const ArticleCard& card : cards) ids.push_back(card.article_id());
  KIMBERLITE_ASSIGN_OR_RETURN(const auto translations, sources_.Translations(context, ids));
  const Alternates alternates = AlternatesOf(site, translations);

  const SitePaths paths(site, key.language);
  std::vector<SitemapUrl> urls;
  Time modified{};
  for (const ArticleCard& card : cards) {
    AddDependency(response, "article:" + std::to_string(card.article_id()) + "/" + card.language_code());
    AddDependency(response, "article:" + std::to_string(card.article_id()) + "/links");
    SitemapUrl url{paths.Absolute(paths.ArticlePath(card.section_id(), card.article_id(), card.slug())),
                   ToTime(card.updated_time()),
                   {}};
    modified = std::max(modified, url.modified);
    if (const auto found = alternates.find(card.article_id()); found != alternates.end() && found->second.size() > 1) {
      url.alternates = found->second;
    }
    urls.push_back(std::move(url));
  }
  response.set_document(WriteSitemap(urls));
  response.set_content_type(ContentType(v1::FEED_FORMAT_SITEMAP));
  SetLastModified(response, modified);
  KIMBERLITE_RETURN_IF_ERROR(LintXml(path, response.document()));
  return response;
}

Result<std::vector<NewsUrl>> SitemapMaker::News(const Context& context, const Site& site, Time oldest,
                                                v1::GetFeedResponse& response) const {
  std::vector<NewsUrl> urls;
  for (const auto& language : site.languages()) {
    const SitePaths paths(site, language.language_code());
    // Twice as many each time, until the list goes past the bound.
    for (int count = kNewsBatch;; count *= 2) {
      KIMBERLITE_ASSIGN_OR_RETURN(const auto list, sources_.ListHead(context, paths.language(), count, false));
      const bool past = !list.cards.empty() && ToTime(list.cards.back().published_time()) < oldest;
      if (!past && !list.whole) continue;
      std::string low;
      for (const ArticleCard& card : list.cards) {
        // The first one that is too old stays below the window: what goes above it is shown.
        if (ToTime(card.published_time()) < oldest) {
          low = card.sort_key() + '\x01';
          break;
        }
        AddDependency(response, "article:" + std::to_string(card.article_id()) + "/" + card.language_code());
        urls.push_back({paths.Absolute(paths.ArticlePath(card.section_id(), card.article_id(), card.slug())),
                        paths.Text(site.names()), paths.language(), card.headline(), ToTime(card.published_time())});
      }
      AddDependency(response, "list:" + paths.language(), low);
      break;
    }
  }
  std::ranges::sort(urls, [](const NewsUrl& a, const NewsUrl& b) {
    return a.published != b.published ? a.published > b.published : a.url < b.url;
  });
  return urls;
}

Result<v1::GetFeedResponse> SitemapMaker::GetNewsSitemap(const Context& context,
                                                         const v1::GetFeedRequest& request) const {
  if (request.page_number() < 0) return InvalidField("page_number", "must not be negative");
  const Time oldest = clock_.Now() - kNewsAge;
  const int window = request.page_number();
  if (window > 0 && (window < WindowOf(oldest) || window > WindowOf(clock_.Now()))) return Fail(NoSuchPart(window));
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, sources_.GetSite(context));
  v1::GetFeedResponse response;
  AddDependency(response, "site");
  KIMBERLITE_ASSIGN_OR_RETURN(auto urls, News(context, site, oldest, response));
  // What is oldest grows too old first.
  if (!urls.empty()) *response.mutable_expire_time() = ToTimestamp(urls.back().published + kNewsAge);
  if (!urls.empty()) SetLastModified(response, urls.front().published);

  if (window == 0 && urls.size() > kMaxNews) {
    std::set<int, std::greater<>> windows;
    for (const NewsUrl& url : urls) windows.insert(WindowOf(url.published));
    std::vector<std::string> parts;
    for (const int one : windows) parts.push_back(site.public_url() + "/news-sitemap-" + std::to_string(one) + ".xml");
    response.set_document(WriteSitemapIndex(parts));
  } else {
    if (window > 0) std::erase_if(urls, [&](const NewsUrl& url) { return WindowOf(url.published) != window; });
    if (urls.size() > kMaxNews) urls.resize(kMaxNews);
    response.set_document(WriteNewsSitemap(urls));
  }
  response.set_content_type(ContentType(v1::FEED_FORMAT_NEWS_SITEMAP));
  KIMBERLITE_RETURN_IF_ERROR(LintXml("/news-sitemap.xml", response.document()));
  return response;
}

}  // namespace kimberlite::feed
