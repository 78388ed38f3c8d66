#pragma once

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// The RPCs of authors and of the archive. Safe for any thread.
class GrpcAuthorService {
 public:
  GrpcAuthorService(pg::Pool& pool, PgSiteStore& sites, const Clock& clock)
      : pool_(pool), sites_(sites), clock_(clock) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<v1::GetAuthorResponse> GetAuthor(const rpc::Call& call, const v1::GetAuthorRequest& request);
  Result<v1::PutAuthorResponse> PutAuthor(const rpc::Call& call, const v1::PutAuthorRequest& request);
  Result<v1::ListAuthorsResponse> ListAuthors(const rpc::Call& call, const v1::ListAuthorsRequest& request);
  Result<v1::ListArchiveMonthsResponse> ListArchiveMonths(const rpc::Call& call,
                                                          const v1::ListArchiveMonthsRequest& request);

  pg::Pool& pool_;
  PgSiteStore& sites_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
