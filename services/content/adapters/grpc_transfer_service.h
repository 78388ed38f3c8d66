#pragma once

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/content/adapters/blob_store.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// What comes in and goes out in bulk. Safe for any thread.
class GrpcTransferService {
 public:
  GrpcTransferService(pg::Pool& pool, PgSiteStore& sites, BlobStore& blobs, const Clock& clock)
      : pool_(pool), sites_(sites), blobs_(blobs), clock_(clock) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<v1::ImportArticlesResponse> ImportArticles(const rpc::Call& call, const v1::ImportArticlesRequest& request);
  Result<void> ExportContent(const rpc::Call& call, const v1::ExportContentRequest& request,
                             rpc::StreamWriter<v1::ExportContentResponse>& writer);
  Result<v1::ImportContentResponse> ImportContent(const rpc::Call& call, const v1::ImportContentRequest& request);

  pg::Pool& pool_;
  PgSiteStore& sites_;
  BlobStore& blobs_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
