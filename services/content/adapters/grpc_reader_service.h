#pragma once

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// The RPCs of ContentService that pages are made of and that look across articles. Safe for any thread.
class GrpcReaderService {
 public:
  GrpcReaderService(pg::Pool& pool, PgSiteStore& sites, const Clock& clock)
      : pool_(pool), sites_(sites), clock_(clock) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<v1::BatchGetArticlesResponse> BatchGetArticles(const rpc::Call& call,
                                                        const v1::BatchGetArticlesRequest& request);
  Result<v1::ListWithdrawnResponse> ListWithdrawn(const rpc::Call& call, const v1::ListWithdrawnRequest& request);

  pg::Pool& pool_;
  PgSiteStore& sites_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
