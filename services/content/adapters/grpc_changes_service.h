#pragma once

#include "kimberlite/content/v1/content_service.pb.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"

namespace kimberlite::content {

// StreamChanges: the log of changes, told to whoever wants to follow it. Safe for any thread.
class GrpcChangesService {
 public:
  explicit GrpcChangesService(pg::Pool& pool) : pool_(pool) {}

  // Before the server starts; this must outlive it.
  void Register(rpc::Server& server);

 private:
  Result<void> StreamChanges(const rpc::Call& call, const v1::StreamChangesRequest& request,
                             rpc::StreamWriter<v1::StreamChangesResponse>& writer);
  // The position that a call begins after.
  Result<std::int64_t> Begin(const v1::StreamChangesRequest& request, std::string& cursor_key);

  pg::Pool& pool_;
};

}  // namespace kimberlite::content
