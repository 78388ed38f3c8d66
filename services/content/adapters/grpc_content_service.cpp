#include "services/content/adapters/grpc_content_service.h"

#include <algorithm>
#include <utility>

#include "libs/bus/outbox.h"
#include "services/content/adapters/change_article.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/adapters/pg_article_store.h"
#include "services/content/adapters/pg_idempotency.h"
#include "services/content/adapters/pg_list_pages.h"
#include "services/content/adapters/pg_media_store.h"
#include "services/content/adapters/pg_revisions.h"
#include "services/content/adapters/rpc_acts.h"
#include "services/content/core/article_event.h"
#include "services/content/core/editing.h"
#include "services/content/core/life.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

constexpr int kDefaultPage = 30;
constexpr int kMaxPage = 200;
constexpr int kMaxLists = 20;
constexpr std::size_t kSortKeyLength = 28;

std::vector<std::string> Codes(const google::protobuf::RepeatedPtrField<std::string>& codes) {
  return {codes.begin(), codes.end()};
}

Result<v1::ListArticlesResponse> ListAnchoredPage(pg::Transaction& transaction,
                                                  const v1::ListArticlesRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const AnchoredPage page, ReadAnchoredPage(transaction, request.list_key(),
                                                                        request.page_number(), request.with_bodies()));
  v1::ListArticlesResponse response;
  for (const Card& card : page.list.cards) *response.add_articles() = MessageOf(card);
  // More than 200 at once: the cursor leads on.
  if (page.list.more) response.set_next_page_token(page.list.cards.back().sort_key);
  response.set_page_number(request.open_page() ? page.older : page.page_number);
  response.set_low_sort_key(page.low);
  response.set_high_sort_key(page.high);
  response.set_newer_page_number(page.newer);
  response.set_older_page_number(page.older);
  response.set_newer_high_sort_key(page.newer_high);
  return response;
}

bool IsSortKey(const std::string& token) {
  return token.size() == kSortKeyLength &&
         std::ranges::all_of(token, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<void> CheckList(const v1::ListArticlesRequest& request) {
  const int page_size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  if (page_size < 1 || page_size > kMaxPage) return InvalidField("page_size", "must be 1 to 200, or 0 for 30");
  if (!request.page_token().empty() && !IsSortKey(request.page_token())) {
    return InvalidField("page_token", "must be the next_page_token of the page before");
  }
  if (!request.before_sort_key().empty()) {
    if (!IsSortKey(request.before_sort_key())) return InvalidField("before_sort_key", "must be the sort_key of a card");
    if (!request.page_token().empty()) return InvalidField("before_sort_key", "must be empty with page_token");
  }
  if (request.page_number() < 0) return InvalidField("page_number", "must be 1 or greater, or 0 for a page by cursor");
  const bool anchored = request.page_number() > 0 || request.open_page();
  if (request.page_number() > 0 && request.open_page())
    return InvalidField("open_page", "must not be with page_number");
  if (anchored && !request.before_sort_key().empty()) {
    return InvalidField("before_sort_key", "must be empty with page_number and open_page");
  }
  return {};
}

}  // namespace

void GrpcContentService::Register(rpc::Server& server) {
  server.Handle<v1::CreateArticleRequest, v1::CreateArticleResponse>(
      [this](const auto& c, const auto& r) { return CreateArticle(c, r); });
  server.Handle<v1::UpdateArticleRequest, v1::UpdateArticleResponse>(
      [this](const auto& c, const auto& r) { return UpdateArticle(c, r); });
  server.Handle<v1::PublishArticleRequest, v1::PublishArticleResponse>(
      [this](const auto& c, const auto& r) { return PublishArticle(c, r); });
  server.Handle<v1::WithdrawArticleRequest, v1::WithdrawArticleResponse>(
      [this](const auto& c, const auto& r) { return WithdrawArticle(c, r); });
  server.Handle<v1::GetArticleRequest, v1::GetArticleResponse>(
      [this](const auto& c, const auto& r) { return GetArticle(c, r); });
  server.Handle<v1::ListArticlesRequest, v1::ListArticlesResponse>(
      [this](const auto& c, const auto& r) { return ListArticles(c, r); });
  server.Handle<v1::BatchListArticlesRequest, v1::BatchListArticlesResponse>(
      [this](const auto& c, const auto& r) { return BatchListArticles(c, r); });
  server.Handle<v1::GetSiteRequest, v1::GetSiteResponse>(
      [this](const auto& c, const auto& r) { return GetSite(c, r); });
  server.Handle<v1::UpdateSiteRequest, v1::UpdateSiteResponse>(
      [this](const auto& c, const auto& r) { return UpdateSite(c, r); });
  server.Handle<v1::PutSourceRequest, v1::PutSourceResponse>(
      [this](const auto& c, const auto& r) { return PutSource(c, r); });
}

Result<v1::CreateArticleResponse> GrpcContentService::CreateArticle(const rpc::Call& call,
                                                                    const v1::CreateArticleRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const NewArticle wanted, FromMessage(request));
  const Act act = ActOf(call, "create", clock_.Now());
  const auto write = [&](pg::Transaction& transaction) -> Result<v1::CreateArticleResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    KIMBERLITE_ASSIGN_OR_RETURN(Article article, content::CreateArticle(*site, wanted, act.time));
    if (article.picture) {
      KIMBERLITE_RETURN_IF_ERROR(CheckMediaExists(transaction, article.picture->media_id, "picture.media_id"));
    }
    KIMBERLITE_RETURN_IF_ERROR(NamingSection(InsertArticle(transaction, act, article), article.section_id));
    v1::CreateArticleResponse response;
    *response.mutable_article() = MessageOf(article);
    return response;
  };
  return Counted(act.verb, WriteOnce<v1::CreateArticleResponse>(pool_, request, act, write));
}

Result<v1::UpdateArticleResponse> GrpcContentService::UpdateArticle(const rpc::Call& call,
                                                                    const v1::UpdateArticleRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const ArticleUpdate update, FromMessage(request));
  const Act act = ActOf(call, "update", clock_.Now());
  return ChangeArticle<v1::UpdateArticleResponse>(
      pool_, sites_, act, request,
      [&](const Site& site, const Article& before) { return content::UpdateArticle(site, before, update, act.time); });
}

Result<v1::PublishArticleResponse> GrpcContentService::PublishArticle(const rpc::Call& call,
                                                                      const v1::PublishArticleRequest& request) {
  const Act act = ActOf(call, "publish", clock_.Now());
  return ChangeArticle<v1::PublishArticleResponse>(
      pool_, sites_, act, request, [&](const Site& site, const Article& before) {
        return content::PublishArticle(site, before, Codes(request.language_codes()), act.time);
      });
}

Result<v1::WithdrawArticleResponse> GrpcContentService::WithdrawArticle(const rpc::Call& call,
                                                                        const v1::WithdrawArticleRequest& request) {
  const Act act = ActOf(call, "withdraw", clock_.Now(), request.reason());
  return ChangeArticle<v1::WithdrawArticleResponse>(
      pool_, sites_, act, request, [&](const Site& site, const Article& before) {
        return content::WithdrawArticle(site, before, Codes(request.language_codes()), request.reason());
      });
}

Result<v1::GetArticleResponse> GrpcContentService::GetArticle(const rpc::Call&, const v1::GetArticleRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckArticleId(request.article_id()));
  KIMBERLITE_RETURN_IF_ERROR(CheckMinSequence(request.min_sequence()));
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::GetArticleResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    v1::GetArticleResponse response;
    if (request.has_as_of_time()) {
      KIMBERLITE_ASSIGN_OR_RETURN(
          const Article then, ReadArticleAsOf(transaction, *site, request.article_id(), ToTime(request.as_of_time())));
      *response.mutable_article() = MessageOf(then);
      return response;
    }
    KIMBERLITE_ASSIGN_OR_RETURN(const Article article, ReadArticle(transaction, *site, request.article_id()));
    if (article.sequence < request.min_sequence()) {
      return NotYet("article " + std::to_string(article.article_id), article.sequence, request.min_sequence());
    }
    *response.mutable_article() = MessageOf(article);
    if (request.with_sent_sequence()) {
      KIMBERLITE_ASSIGN_OR_RETURN(
          const auto unsent,
          bus::FirstUnsent(transaction, kSchema, "kimberlite.content.article.v1", std::to_string(article.article_id)));
      response.set_sent_sequence(unsent ? *unsent - 1 : article.sequence);
    }
    return response;
  });
}

Result<v1::ListArticlesResponse> GrpcContentService::ListArticles(const rpc::Call&,
                                                                  const v1::ListArticlesRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckList(request));
  return pool_.Read([&](pg::Transaction& transaction) { return ReadOneList(transaction, request); });
}

Result<v1::BatchListArticlesResponse> GrpcContentService::BatchListArticles(
    const rpc::Call&, const v1::BatchListArticlesRequest& request) {
  if (request.lists().empty() || request.lists_size() > kMaxLists) return InvalidField("lists", "must be 1 to 20");
  for (const auto& list : request.lists()) KIMBERLITE_RETURN_IF_ERROR(CheckList(list));
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::BatchListArticlesResponse> {
    v1::BatchListArticlesResponse response;
    for (const auto& list : request.lists()) {
      KIMBERLITE_ASSIGN_OR_RETURN(*response.add_lists(), ReadOneList(transaction, list));
    }
    return response;
  });
}

Result<v1::ListArticlesResponse> GrpcContentService::ReadOneList(pg::Transaction& transaction,
                                                                 const v1::ListArticlesRequest& request) {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
  KIMBERLITE_RETURN_IF_ERROR(CheckListKey(*site, request.list_key()));
  if (request.page_number() > 0 || request.open_page()) return ListAnchoredPage(transaction, request);
  const std::string& below = request.page_token().empty() ? request.before_sort_key() : request.page_token();
  const int page_size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  KIMBERLITE_ASSIGN_OR_RETURN(const ListPage page, ReadList(transaction, {.list_key = request.list_key(),
                                                                          .before_sort_key = below,
                                                                          .page_size = page_size,
                                                                          .with_bodies = request.with_bodies()}));
  v1::ListArticlesResponse response;
  for (const Card& card : page.cards) *response.add_articles() = MessageOf(card);
  if (page.more) response.set_next_page_token(page.cards.back().sort_key);
  if (request.page_token().empty()) {
    KIMBERLITE_ASSIGN_OR_RETURN(const int newest, NewestSealedPage(transaction, request.list_key()));
    response.set_page_number(newest);
  }
  return response;
}

Result<v1::GetSiteResponse> GrpcContentService::GetSite(const rpc::Call&, const v1::GetSiteRequest& request) {
  KIMBERLITE_RETURN_IF_ERROR(CheckMinSequence(request.min_sequence()));
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::GetSiteResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sites_.Load(transaction));
    if (site->sequence < request.min_sequence()) return NotYet("the site", site->sequence, request.min_sequence());
    v1::GetSiteResponse response;
    *response.mutable_site() = MessageOf(*site);
    return response;
  });
}

Result<v1::UpdateSiteResponse> GrpcContentService::UpdateSite(const rpc::Call& call,
                                                              const v1::UpdateSiteRequest& request) {
  if (!request.has_site()) return InvalidField("site", "must not be empty");
  const Site wanted = FromMessage(request.site());
  KIMBERLITE_RETURN_IF_ERROR(CheckSite(wanted));
  const Act act = ActOf(call, "site", clock_.Now());
  const auto write = [&](pg::Transaction& transaction) -> Result<v1::UpdateSiteResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(const Site site, sites_.Update(transaction, act, request.expected_sequence(), wanted));
    v1::UpdateSiteResponse response;
    *response.mutable_site() = MessageOf(site);
    return response;
  };
  return Counted(act.verb, WriteOnce<v1::UpdateSiteResponse>(pool_, request, act, write));
}

Result<v1::PutSourceResponse> GrpcContentService::PutSource(const rpc::Call& call,
                                                            const v1::PutSourceRequest& request) {
  if (!request.has_source()) return InvalidField("source", "must not be empty");
  const Source source = FromMessage(request.source());
  KIMBERLITE_RETURN_IF_ERROR(CheckSource(source));
  const Act act = ActOf(call, "source", clock_.Now());
  return Counted(act.verb, pool_.Write([&](pg::Transaction& transaction) -> Result<v1::PutSourceResponse> {
    KIMBERLITE_RETURN_IF_ERROR(sites_.PutSource(transaction, act, source));
    v1::PutSourceResponse response;
    *response.mutable_source() = MessageOf(source);
    return response;
  }));
}

}  // namespace kimberlite::content
