#pragma once

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// ContentService's search. Safe for any thread.
class GrpcSearchService {
 public:
  GrpcSearchService(pg::Pool& pool, PgSiteStore& sites) : pool_(pool), sites_(sites) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<v1::SearchArticlesResponse> SearchArticles(const rpc::Call& call, const v1::SearchArticlesRequest& request);

  pg::Pool& pool_;
  PgSiteStore& sites_;
};

}  // namespace kimberlite::content
