#include "services/feed/adapters/feed_maker.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "libs/base/percent.h"
#include "libs/base/text.h"
#include "libs/telemetry/telemetry.h"
#include "services/feed/adapters/document.h"
#include "services/feed/adapters/lint.h"

namespace kimberlite::feed {
namespace {

using content::v1::ArticleCard;
using content::v1::Site;
using site::SitePaths;

constexpr int kFeedItems = 50;
constexpr std::size_t kMaxQuery = 200;  // code points, as search takes them

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

Error NoSuch(const std::string& what, const std::string& id) {
  return Error::Field(Code::kNotFound, "list_key", "there is no " + what + " \"" + id + "\"");
}

FeedItem ItemOf(const SitePaths& paths, const ArticleCard& card,
                const std::map<std::int64_t, tagging::v1::Concept>& concepts) {
  const Site& site = paths.site();
  FeedItem item;
  item.id = EntryId(site, card.article_id(), paths.language());
  item.url = paths.Absolute(paths.ArticlePath(card.section_id(), card.article_id(), card.slug()));
  item.title = card.headline();
  item.summary = card.summary();
  item.body_html = WithAbsoluteLinks(card.body_html(), site.public_url());
  for (int i = 0; i < card.authors_size(); ++i) {
    item.authors.push_back({card.authors(i), i < card.author_ids_size()
                                                 ? paths.Absolute(paths.AuthorPath(card.author_ids(i)))
                                                 : std::string()});
  }
  if (const auto* source = paths.FindSource(card.source_id())) {
    item.credit = source->name();
    item.credit_url = source->url();
  }
  item.tags.push_back(paths.SectionLabel(card.section_id()));
  for (const std::int64_t id : card.concept_ids()) {
    if (const auto found = concepts.find(id); found != concepts.end())
      item.tags.push_back(paths.TagLabel(found->second));
  }
  if (!card.picture().media_id().empty()) {
    item.pictures.push_back({paths.Absolute("/media/" + card.picture().media_id()), paths.Text(card.picture().alt()),
                             TypeOfMedia(card.picture().media_id())});
  }
  item.published = ToTime(card.published_time());
  item.updated = std::max(item.published, ToTime(card.updated_time()));
  return item;
}

}  // namespace

Result<v1::GetFeedResponse> FeedMaker::GetFeed(const Context& context, const v1::GetFeedRequest& request) const {
  KIMBERLITE_ASSIGN_OR_RETURN(const ListKey key, ParseListKey(request.list_key()));
  if (key.kind == "archive") return InvalidField("list_key", "must not be an archive: those have no feeds");
  if (request.page_number() < 0) return InvalidField("page_number", "must not be negative");
  if (!request.query().empty()) {
    if (!key.kind.empty() || request.page_number() > 0)
      return InvalidField("query", "goes with a language alone, and without page_number");
    KIMBERLITE_RETURN_IF_ERROR(CheckPlainText(request.query(), "query", 1, kMaxQuery));
  }
  KIMBERLITE_ASSIGN_OR_RETURN(const Site site, sources_.GetSite(context));
  if (!site::HasLanguage(site, key.language)) return Fail(NoSuch("language", key.language));
  const SitePaths paths(site, key.language);
  v1::GetFeedResponse response;
  AddDependency(response, "site");
  KIMBERLITE_ASSIGN_OR_RETURN(Scope scope, ScopeOf(context, paths, key, response));
  if (!request.query().empty()) scope.label = request.query();

  FeedDocument feed;
  feed.site_name = paths.Text(site.names());
  feed.language = key.language;
  feed.description = paths.Text(site.taglines());
  feed.title = scope.label.empty() ? feed.site_name : scope.label + " – " + feed.site_name;
  feed.home_url = paths.Absolute(scope.path);
  feed.id = "tag:" + HostOf(site.public_url()) + ",2026:list/" + request.list_key();
  if (!request.query().empty()) feed.id += "/search/" + PercentEncode(request.query());
  KIMBERLITE_ASSIGN_OR_RETURN(const auto cards, FillWindow(context, request, paths, scope, feed, response));
  KIMBERLITE_RETURN_IF_ERROR(AddItems(context, paths, cards, feed, response));

  response.set_document(request.format() == v1::FEED_FORMAT_RSS    ? WriteRss(feed)
                        : request.format() == v1::FEED_FORMAT_ATOM ? WriteAtom(feed)
                                                                   : WriteJsonFeed(feed));
  response.set_content_type(ContentType(request.format()));
  Time newest = NewestChange(feed);
  for (const Tombstone& tombstone : feed.tombstones) newest = std::max(newest, tombstone.when);
  SetLastModified(response, newest);
  KIMBERLITE_RETURN_IF_ERROR(Lint(feed, request.format(), response.document()));
  return response;
}

Result<FeedMaker::Scope> FeedMaker::ScopeOf(const Context& context, const SitePaths& paths, const ListKey& key,
                                            v1::GetFeedResponse& response) const {
  if (key.kind == "section") {
    if (!paths.FindSection(key.id)) return Fail(NoSuch("section", key.id));
    return Scope{paths.SectionPath(key.id), paths.SectionLabel(key.id)};
  }
  if (key.kind == "source") {
    const auto* source = paths.FindSource(key.id);
    if (!source) return Fail(NoSuch("source", key.id));
    return Scope{paths.SourcePath(key.id), source->name()};
  }
  if (key.kind == "author") {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto author, sources_.GetAuthor(context, key.id));
    AddDependency(response, "author:" + key.id);
    return Scope{paths.AuthorPath(author.author_id()), paths.Text(author.names())};
  }
  if (key.kind == "concept") {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(key.id.data(), key.id.data() + key.id.size(), id);
    if (error != std::errc() || end != key.id.data() + key.id.size()) return Fail(NoSuch("concept", key.id));
    KIMBERLITE_ASSIGN_OR_RETURN(const auto tag, sources_.GetConcept(context, id));
    AddDependency(response, "concept:" + key.id);
    return Scope{paths.TagPath(tag), paths.TagLabel(tag)};
  }
  return Scope{paths.HomePath(), ""};
}

Result<std::vector<ArticleCard>> FeedMaker::FillWindow(const Context& context, const v1::GetFeedRequest& request,
                                                       const SitePaths& paths, const Scope& scope, FeedDocument& feed,
                                                       v1::GetFeedResponse& response) const {
  const std::string list = "list:" + request.list_key();
  const std::string file = FileName(request.format());
  const auto archive = [&](int number) {
    return paths.Absolute(scope.path + "page/" + std::to_string(number) + "/" + file);
  };
  if (!request.query().empty()) {
    const std::string query = "?q=" + PercentEncode(request.query());
    feed.home_url = paths.Absolute(scope.path + "search" + query);
    feed.self_url = paths.Absolute(scope.path + "search/" + file + query);
    // Any story of the language may come to match, and any may cease to.
    AddDependency(response, list);
    return sources_.Search(context, paths.language(), request.query(), kFeedItems);
  }
  if (request.page_number() > 0) {
    feed.archive = true;
    feed.self_url = archive(request.page_number());
    feed.current_url = paths.Absolute(scope.path + file);
    KIMBERLITE_ASSIGN_OR_RETURN(
        auto page, sources_.ListPage(context, request.list_key(), request.page_number(), /*with_bodies=*/true));
    AddDependency(response, list, page.low_sort_key(), page.high_sort_key());
    // No link to the next newer one: it would make this document change once, and whoever reads archives comes from
    // the newer ones.
    if (page.older_page_number() > 0) feed.older_url = archive(page.older_page_number());
    KIMBERLITE_RETURN_IF_ERROR(
        AddTombstones(context, paths.site(), request, page.low_sort_key(), page.high_sort_key(), feed));
    return std::vector<ArticleCard>(std::make_move_iterator(page.mutable_articles()->begin()),
                                    std::make_move_iterator(page.mutable_articles()->end()));
  }
  feed.self_url = paths.Absolute(scope.path + file);
  KIMBERLITE_ASSIGN_OR_RETURN(auto head, sources_.ListHead(context, request.list_key(), kFeedItems, true));
  if (head.newest_sealed_page > 0) feed.older_url = archive(head.newest_sealed_page);
  const std::string low = head.whole ? "" : head.cards.back().sort_key();
  AddDependency(response, list, low);
  KIMBERLITE_RETURN_IF_ERROR(AddTombstones(context, paths.site(), request, low, "", feed));
  return std::move(head.cards);
}

Result<void> FeedMaker::AddTombstones(const Context& context, const Site& site, const v1::GetFeedRequest& request,
                                      const std::string& low, const std::string& high, FeedDocument& feed) const {
  // RSS and JSON Feed have no word for it: what is gone is left out.
  if (request.format() != v1::FEED_FORMAT_ATOM) return {};
  KIMBERLITE_ASSIGN_OR_RETURN(const auto withdrawn, sources_.ListWithdrawn(context, request.list_key(), low, high));
  for (const auto& entry : withdrawn) {
    feed.tombstones.push_back({EntryId(site, entry.article_id(), feed.language), ToTime(entry.withdrawn_time())});
  }
  return {};
}

Result<void> FeedMaker::AddItems(const Context& context, const SitePaths& paths, const std::vector<ArticleCard>& cards,
                                 FeedDocument& feed, v1::GetFeedResponse& response) const {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto concepts, sources_.ConceptsOf(context, cards));
  std::set<std::int64_t> tags;
  std::set<std::string> authors;
  std::set<std::string> sources;
  for (const ArticleCard& card : cards) {
    AddDependency(response, "article:" + std::to_string(card.article_id()) + "/" + card.language_code());
    AddDependency(response, "article:" + std::to_string(card.article_id()) + "/tags");
    if (!card.source_id().empty()) sources.insert(card.source_id());
    tags.insert(card.concept_ids().begin(), card.concept_ids().end());
    FeedItem item = ItemOf(paths, card, concepts);
    // One entry that breaks a rule must not keep the others from their readers.
    if (const std::string flaw = ItemFlaw(item); !flaw.empty()) {
      telemetry::Metrics::Counter("kimberlite_feed_items_refused_total", "Entries left out of feeds for a flaw").Add();
      telemetry::LogError("feed entry left out",
                          {{"article_id", card.article_id()}, {"language", paths.language()}, {"flaw", flaw}});
      continue;
    }
    feed.items.push_back(std::move(item));
  }
  // Withdrawn between two questions, or standing in both answers.
  std::erase_if(feed.tombstones, [&](const Tombstone& tombstone) {
    return std::ranges::find(feed.items, tombstone.id, &FeedItem::id) != feed.items.end();
  });
  for (const std::int64_t id : tags) AddDependency(response, "concept:" + std::to_string(id));
  for (const std::string& id : sources) AddDependency(response, "source:" + id);
  return {};
}

}  // namespace kimberlite::feed
