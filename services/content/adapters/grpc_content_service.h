#pragma once

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// The RPCs of proto/kimberlite/content/v1/content_service.proto. Safe for any thread.
class GrpcContentService {
 public:
  GrpcContentService(pg::Pool& pool, PgSiteStore& sites, const Clock& clock)
      : pool_(pool), sites_(sites), clock_(clock) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<v1::CreateArticleResponse> CreateArticle(const rpc::Call& call, const v1::CreateArticleRequest& request);
  Result<v1::UpdateArticleResponse> UpdateArticle(const rpc::Call& call, const v1::UpdateArticleRequest& request);
  Result<v1::PublishArticleResponse> PublishArticle(const rpc::Call& call, const v1::PublishArticleRequest& request);
  Result<v1::WithdrawArticleResponse> WithdrawArticle(const rpc::Call& call, const v1::WithdrawArticleRequest& request);
  Result<v1::GetArticleResponse> GetArticle(const rpc::Call& call, const v1::GetArticleRequest& request);
  Result<v1::ListArticlesResponse> ListArticles(const rpc::Call& call, const v1::ListArticlesRequest& request);
  Result<v1::BatchListArticlesResponse> BatchListArticles(const rpc::Call& call,
                                                          const v1::BatchListArticlesRequest& request);
  Result<v1::ListArticlesResponse> ReadOneList(pg::Transaction& transaction, const v1::ListArticlesRequest& request);
  Result<v1::GetSiteResponse> GetSite(const rpc::Call& call, const v1::GetSiteRequest& request);
  Result<v1::UpdateSiteResponse> UpdateSite(const rpc::Call& call, const v1::UpdateSiteRequest& request);
  Result<v1::PutSourceResponse> PutSource(const rpc::Call& call, const v1::PutSourceRequest& request);

  pg::Pool& pool_;
  PgSiteStore& sites_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
