#pragma once

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "services/content/adapters/blob_store.h"

namespace kimberlite::content {

// ContentService's pictures. Safe for any thread.
class GrpcMediaService {
 public:
  GrpcMediaService(pg::Pool& pool, BlobStore& blobs, const Clock& clock) : pool_(pool), blobs_(blobs), clock_(clock) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<v1::PutMediaResponse> PutMedia(const rpc::Call& call, const v1::PutMediaRequest& request);
  Result<v1::UploadMediaResponse> UploadMedia(const rpc::Call& call, rpc::StreamReader<v1::UploadMediaRequest>& parts);
  Result<v1::GetMediaResponse> GetMedia(const rpc::Call& call, const v1::GetMediaRequest& request);
  Result<v1::BatchGetMediaResponse> BatchGetMedia(const rpc::Call& call, const v1::BatchGetMediaRequest& request);

  pg::Pool& pool_;
  BlobStore& blobs_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
