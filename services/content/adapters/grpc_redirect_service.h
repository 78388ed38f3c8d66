#pragma once

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// ContentService's redirects. Safe for any thread.
class GrpcRedirectService {
 public:
  GrpcRedirectService(pg::Pool& pool, PgSiteStore& sites, const Clock& clock)
      : pool_(pool), sites_(sites), clock_(clock) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<v1::ResolveRedirectResponse> ResolveRedirect(const rpc::Call& call, const v1::ResolveRedirectRequest& request);
  Result<v1::PutRedirectResponse> PutRedirect(const rpc::Call& call, const v1::PutRedirectRequest& request);
  Result<v1::DeleteRedirectResponse> DeleteRedirect(const rpc::Call& call, const v1::DeleteRedirectRequest& request);
  Result<v1::ListRedirectsResponse> ListRedirects(const rpc::Call& call, const v1::ListRedirectsRequest& request);

  pg::Pool& pool_;
  PgSiteStore& sites_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
