#pragma once

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// The RPCs of the life of translations, of their history and of how they follow their original. Safe for any thread.
class GrpcLifeService {
 public:
  GrpcLifeService(pg::Pool& pool, PgSiteStore& sites, const Clock& clock) : pool_(pool), sites_(sites), clock_(clock) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<v1::ReviewArticleResponse> Review(const rpc::Call& call, const v1::ReviewArticleRequest& request);
  Result<v1::ScheduleArticleResponse> Schedule(const rpc::Call& call, const v1::ScheduleArticleRequest& request);
  Result<v1::EmbargoArticleResponse> Embargo(const rpc::Call& call, const v1::EmbargoArticleRequest& request);
  Result<v1::CorrectArticleResponse> Correct(const rpc::Call& call, const v1::CorrectArticleRequest& request);
  Result<v1::RestoreArticleResponse> Restore(const rpc::Call& call, const v1::RestoreArticleRequest& request);
  Result<v1::ListRevisionsResponse> ListRevisions(const rpc::Call& call, const v1::ListRevisionsRequest& request);
  Result<v1::ListParagraphsResponse> ListParagraphs(const rpc::Call& call, const v1::ListParagraphsRequest& request);
  Result<v1::MarkParagraphsDoneResponse> MarkDone(const rpc::Call& call, const v1::MarkParagraphsDoneRequest& request);
  Result<v1::ListTranslationWorkResponse> ListWork(const rpc::Call& call,
                                                   const v1::ListTranslationWorkRequest& request);

  pg::Pool& pool_;
  PgSiteStore& sites_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
