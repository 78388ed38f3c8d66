#pragma once

#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "libs/rpc/rpc.h"
#include "services/ingest/adapters/pg_item_store.h"
#include "services/ingest/adapters/pg_source_store.h"

namespace kimberlite::ingest {

// kimberlite.ingest.v1.IngestService.
class GrpcIngestService {
 public:
  GrpcIngestService(PgSourceStore& sources, PgItemStore& items) : sources_(sources), items_(items) {}
  void Register(rpc::Server& server);

 private:
  Result<v1::PutSourceResponse> PutSource(const v1::PutSourceRequest& request);
  Result<v1::GetSourceResponse> GetSource(const v1::GetSourceRequest& request);
  Result<v1::ListSourcesResponse> ListSources(const v1::ListSourcesRequest& request);
  Result<v1::PollSourceResponse> PollSource(const v1::PollSourceRequest& request);
  Result<v1::ListItemsResponse> ListItems(const v1::ListItemsRequest& request);

  PgSourceStore& sources_;
  PgItemStore& items_;
};

}  // namespace kimberlite::ingest
