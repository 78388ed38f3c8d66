#include "services/feed/adapters/feed_maker.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/base/text.h"
#include "libs/site/site_paths.h"
#include "services/feed/core/feed_document.h"

namespace kimberlite::feed {
namespace {

using content::v1::ArticleCard;
using content::v1::Site;
using site::SitePaths;
using site::ToTime;

constexpr int kFeedItems = 50;
constexpr int kSitemapPerLanguage = 1'000;
constexpr int kNewsItems = 1'000;
constexpr std::chrono::hours kNewsAge{48};

// The host of public_url without its port: the authority of tag URIs.
std::string HostOf(const std::string& public_url) {
  std::string_view rest = public_url;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) rest.remove_prefix(scheme + 3);
  return std::string(rest.substr(0, rest.find_first_of(":/")));
}

std::string ItemId(const Site& site, std::int64_t article_id, const std::string& language) {
  return "tag:" + HostOf(site.public_url()) + ",2026:article/" + std::to_string(article_id) + "/" + language;
}

std::string TypeOfMedia(std::string_view media_id) {
  if (media_id.ends_with(".svg")) return "image/svg+xml";
  if (media_id.ends_with(".png")) return "image/png";
  if (media_id.ends_with(".webp")) return "image/webp";
  if (media_id.ends_with(".avif")) return "image/avif";
  return "image/jpeg";
}

// Links of stored HTML that begin at the site's root, made absolute: readers of feeds have no base. Stored HTML is
// written by libs/html, with every attribute in double quotes.
std::string WithAbsoluteLinks(std::string html, const std::string& public_url) {
  for (const std::string_view attribute : {" src=\"/", " href=\"/"}) {
    for (std::size_t at = 0; (at = html.find(attribute, at)) != std::string::npos; at += attribute.size()) {
      html.insert(at + attribute.size() - 1, public_url);
      at += public_url.size();
    }
  }
  return html;
}

const char* FileName(v1::FeedFormat format) {
  return format == v1::FEED_FORMAT_ATOM ? "atom.xml" : format == v1::FEED_FORMAT_JSON ? "feed.json" : "rss.xml";
}

const char* ContentType(v1::FeedFormat format) {
  switch (format) {
    case v1::FEED_FORMAT_RSS: return "application/rss+xml; charset=utf-8";
    case v1::FEED_FORMAT_ATOM: return "application/atom+xml; charset=utf-8";
    case v1::FEED_FORMAT_JSON: return "application/feed+json; charset=utf-8";
    default: return "application/xml; charset=utf-8";
  }
}

// A list key in parts: "{language}" or "{language}/{kind}/{id}".
struct ListKey {
  std::string language;
  std::string kind;
  std::string id;
};

Result<ListKey> ParseListKey(const std::string& text) {
  const auto parts = Split(text, '/');
  const bool known = parts.size() == 1 || (parts.size() == 3 && !parts[2].empty() &&
                                           (parts[1] == "section" || parts[1] == "concept" || parts[1] == "source"));
  if (!known || parts[0].empty()) {
    return InvalidField("list_key", "must be {language} or {language}/section|concept|source/{id}");
  }
  ListKey key{std::string(parts[0]), "", ""};
  if (parts.size() == 3) {
    key.kind = parts[1];
    key.id = parts[2];
  }
  return key;
}

void AddDependency(v1::GetFeedResponse& response, std::string entity, std::string low = "") {
  auto* dependency = response.add_dependencies();
  dependency->set_entity(std::move(entity));
  dependency->set_low_sort_key(std::move(low));
}

void SetLastModified(v1::GetFeedResponse& response, Time time) {
  if (time == Time{}) return;
  const auto micros = time.time_since_epoch().count();
  response.mutable_last_modified_time()->set_seconds(micros / 1'000'000);
  response.mutable_last_modified_time()->set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

}  // namespace

FeedMaker::FeedMaker(const Options& options, const Clock& clock)
    : content_(options.content_target, options.token), tagging_(options.tagging_target, options.token), clock_(clock) {}

Result<Site> FeedMaker::GetSite(const Context& context) {
  KIMBERLITE_ASSIGN_OR_RETURN(auto response,
                              content_.Call<content::v1::GetSiteResponse>(context, content::v1::GetSiteRequest()));
  return std::move(*response.mutable_site());
}

Result<void> FeedMaker::Ping(const Context& context) {
  auto site = content_.Call<content::v1::GetSiteResponse>(context, content::v1::GetSiteRequest());
  // A site without settings answers so, and is there.
  if (!site && site.error().code() != Code::kFailedPrecondition) return std::unexpected(site.error());
  return {};
}

Result<FeedMaker::List> FeedMaker::ListArticles(const Context& context, const std::string& list_key, int count,
                                                bool with_bodies) {
  constexpr int kLargestPage = 200;
  List list;
  content::v1::ListArticlesRequest request;
  request.set_list_key(list_key);
  request.set_with_bodies(with_bodies);
  while (static_cast<int>(list.cards.size()) < count) {
    request.set_page_size(std::min(kLargestPage, count - static_cast<int>(list.cards.size())));
    KIMBERLITE_ASSIGN_OR_RETURN(auto response, content_.Call<content::v1::ListArticlesResponse>(context, request));
    std::ranges::move(*response.mutable_articles(), std::back_inserter(list.cards));
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) {
      list.whole = true;
      break;
    }
  }
  return list;
}

Result<std::map<std::int64_t, tagging::v1::Concept>> FeedMaker::GetConcepts(const Context& context,
                                                                            const std::vector<ArticleCard>& cards) {
  std::set<std::int64_t> ids;
  for (const ArticleCard& card : cards) ids.insert(card.concept_ids().begin(), card.concept_ids().end());
  std::map<std::int64_t, tagging::v1::Concept> concepts;
  if (ids.empty()) return concepts;
  tagging::v1::BatchGetConceptsRequest request;
  for (const std::int64_t id : ids) {
    if (request.concept_ids_size() < 1'000) request.add_concept_ids(id);
  }
  KIMBERLITE_ASSIGN_OR_RETURN(auto response, tagging_.Call<tagging::v1::BatchGetConceptsResponse>(context, request));
  for (auto& one : *response.mutable_concepts()) concepts.emplace(one.concept_id(), std::move(one));
  return concepts;
}

Result<v1::GetFeedResponse> FeedMaker::GetFeed(const Context& context, const v1::GetFeedRequest& request) {
  switch (request.format()) {
    case v1::FEED_FORMAT_RSS:
    case v1::FEED_FORMAT_ATOM:
    case v1::FEED_FORMAT_JSON: return MakeFeed(context, request.format(), request.list_key());
    case v1::FEED_FORMAT_SITEMAP: return MakeSitemap(context);
    case v1::FEED_FORMAT_NEWS_SITEMAP: return MakeNewsSitemap(context);
    default: return InvalidField("format", "must be one of the formats of FeedFormat");
  }
}

Result<v1::GetFeedResponse> FeedMaker::MakeFeed(const Context& context, v1::FeedFormat format,
                                                const std::string& list_key) {
  KIMBERLITE_ASSIGN_OR_RETURN(const ListKey key, ParseListKey(list_key));
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, GetSite(context));
  if (!site::HasLanguage(site, key.language)) {
    return Fail(Error::Field(Code::kNotFound, "list_key", "the site has no language \"" + key.language + "\""));
  }
  const SitePaths paths(site, key.language);
  v1::GetFeedResponse response;
  AddDependency(response, "site");

  FeedDocument feed;
  feed.site_name = paths.Text(site.names());
  feed.language = key.language;
  feed.description = paths.Text(site.taglines());
  std::string path = paths.HomePath();
  std::string scope;
  if (key.kind == "section") {
    if (!paths.FindSection(key.id)) {
      return Fail(Error::Field(Code::kNotFound, "list_key", "there is no section \"" + key.id + "\""));
    }
    path = paths.SectionPath(key.id);
    scope = paths.SectionLabel(key.id);
  } else if (key.kind == "source") {
    const auto* source = paths.FindSource(key.id);
    if (!source) return Fail(Error::Field(Code::kNotFound, "list_key", "there is no source \"" + key.id + "\""));
    path = paths.SourcePath(key.id);
    scope = source->name();
  } else if (key.kind == "concept") {
    tagging::v1::GetConceptRequest request;
    std::int64_t id = 0;
    std::from_chars(key.id.data(), key.id.data() + key.id.size(), id);
    request.set_concept_id(id);
    KIMBERLITE_ASSIGN_OR_RETURN(const auto tag, tagging_.Call<tagging::v1::GetConceptResponse>(context, request));
    AddDependency(response, "concept:" + key.id);
    path = paths.TagPath(tag.definition());
    scope = paths.TagLabel(tag.definition());
  }
  feed.title = scope.empty() ? feed.site_name : scope + " – " + feed.site_name;
  feed.home_url = paths.Absolute(path);
  feed.self_url = paths.Absolute(path + FileName(format));
  feed.id = "tag:" + HostOf(site.public_url()) + ",2026:list/" + list_key;

  KIMBERLITE_ASSIGN_OR_RETURN(const List list, ListArticles(context, list_key, kFeedItems, true));
  KIMBERLITE_ASSIGN_OR_RETURN(const auto concepts, GetConcepts(context, list.cards));
  AddDependency(response, "list:" + list_key, list.whole ? "" : list.cards.back().sort_key());
  std::set<std::int64_t> tags;
  for (const ArticleCard& card : list.cards) {
    AddDependency(response, "article:" + std::to_string(card.article_id()));
    FeedItem item;
    item.id = ItemId(site, card.article_id(), key.language);
    item.url = paths.Absolute(paths.ArticlePath(card.section_id(), card.article_id(), card.slug()));
    item.title = card.headline();
    item.summary = card.summary();
    item.body_html = WithAbsoluteLinks(card.body_html(), site.public_url());
    item.authors.assign(card.authors().begin(), card.authors().end());
    item.tags.push_back(paths.SectionLabel(card.section_id()));
    for (const std::int64_t id : card.concept_ids()) {
      tags.insert(id);
      if (const auto found = concepts.find(id); found != concepts.end())
        item.tags.push_back(paths.TagLabel(found->second));
    }
    if (!card.picture().media_id().empty()) {
      item.pictures.push_back({paths.Absolute("/media/" + card.picture().media_id()), paths.Text(card.picture().alt()),
                               TypeOfMedia(card.picture().media_id())});
    }
    item.published = ToTime(card.published_time());
    item.updated = std::max(item.published, ToTime(card.updated_time()));
    feed.items.push_back(std::move(item));
  }
  for (const std::int64_t id : tags) AddDependency(response, "concept:" + std::to_string(id));
  response.set_document(format == v1::FEED_FORMAT_RSS    ? WriteRss(feed)
                        : format == v1::FEED_FORMAT_ATOM ? WriteAtom(feed)
                                                         : WriteJsonFeed(feed));
  response.set_content_type(ContentType(format));
  SetLastModified(response, NewestChange(feed));
  return response;
}

Result<v1::GetFeedResponse> FeedMaker::MakeSitemap(const Context& context) {
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, GetSite(context));
  v1::GetFeedResponse response;
  AddDependency(response, "site");
  // Articles newest first, each with all its public translations.
  std::map<std::int64_t, std::map<std::string, SitemapUrl>, std::greater<>> articles;
  Time newest{};
  for (const auto& language : site.languages()) {
    const SitePaths paths(site, language.language_code());
    KIMBERLITE_ASSIGN_OR_RETURN(const List list, ListArticles(context, paths.language(), kSitemapPerLanguage, false));
    AddDependency(response, "list:" + paths.language(), list.whole ? "" : list.cards.back().sort_key());
    for (const ArticleCard& card : list.cards) {
      AddDependency(response, "article:" + std::to_string(card.article_id()));
      const Time modified = ToTime(card.updated_time());
      newest = std::max(newest, modified);
      articles[card.article_id()][paths.language()] = {
          paths.Absolute(paths.ArticlePath(card.section_id(), card.article_id(), card.slug())), modified, {}};
    }
  }
  std::vector<SitemapUrl> urls;
  for (const auto& language : site.languages()) {
    const SitePaths paths(site, language.language_code());
    urls.push_back({paths.Absolute(paths.HomePath()), {}, {}});
    for (const auto& section : site.sections()) {
      urls.push_back({paths.Absolute(paths.SectionPath(section.section_id())), {}, {}});
    }
  }
  for (const auto& [id, translations] : articles) {
    std::vector<SitemapUrl::Alternate> alternates;
    for (const auto& [language, url] : translations) alternates.push_back({language, url.url});
    for (auto [language, url] : translations) {
      if (alternates.size() > 1) url.alternates = alternates;
      urls.push_back(std::move(url));
    }
  }
  response.set_document(WriteSitemap(urls));
  response.set_content_type(ContentType(v1::FEED_FORMAT_SITEMAP));
  SetLastModified(response, newest);
  return response;
}

Result<v1::GetFeedResponse> FeedMaker::MakeNewsSitemap(const Context& context) {
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, GetSite(context));
  v1::GetFeedResponse response;
  AddDependency(response, "site");
  const Time oldest = clock_.Now() - kNewsAge;
  std::vector<NewsUrl> urls;
  Time newest{};
  for (const auto& language : site.languages()) {
    const SitePaths paths(site, language.language_code());
    const int share = kNewsItems / site.languages_size();
    KIMBERLITE_ASSIGN_OR_RETURN(const List list, ListArticles(context, paths.language(), share, false));
    AddDependency(response, "list:" + paths.language(), list.whole ? "" : list.cards.back().sort_key());
    for (const ArticleCard& card : list.cards) {
      if (ToTime(card.published_time()) < oldest) break;
      AddDependency(response, "article:" + std::to_string(card.article_id()));
      newest = std::max(newest, ToTime(card.updated_time()));
      urls.push_back({paths.Absolute(paths.ArticlePath(card.section_id(), card.article_id(), card.slug())),
                      paths.Text(site.names()), paths.language(), card.headline(), ToTime(card.published_time())});
    }
  }
  response.set_document(WriteNewsSitemap(urls));
  response.set_content_type(ContentType(v1::FEED_FORMAT_NEWS_SITEMAP));
  SetLastModified(response, newest);
  return response;
}

Result<v1::ListFeedsResponse> FeedMaker::ListFeeds(const Context& context, const v1::ListFeedsRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, GetSite(context));
  if (!site::HasLanguage(site, request.language_code())) {
    return Fail(
        Error::Field(Code::kNotFound, "language_code", "the site has no language \"" + request.language_code() + "\""));
  }
  const SitePaths paths(site, request.language_code());
  v1::ListFeedsResponse response;
  const auto add = [&](std::string list_key, std::string title, const std::string& path) {
    auto* feed = response.add_feeds();
    feed->set_list_key(std::move(list_key));
    feed->set_title(std::move(title));
    feed->set_rss_path(path + "rss.xml");
  };
  add(paths.language(), paths.Text(site.names()), paths.HomePath());
  for (const auto& section : site.sections()) {
    add(paths.language() + "/section/" + section.section_id(), paths.SectionLabel(section.section_id()),
        paths.SectionPath(section.section_id()));
  }
  for (const auto& source : site.sources()) {
    add(paths.language() + "/source/" + source.source_id(), source.name(), paths.SourcePath(source.source_id()));
  }
  return response;
}

}  // namespace kimberlite::feed
