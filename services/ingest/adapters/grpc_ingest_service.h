#pragma once

#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "libs/rpc/rpc.h"
#include "services/ingest/adapters/pg_document_store.h"
#include "services/ingest/adapters/pg_item_store.h"
#include "services/ingest/adapters/pg_source_store.h"

namespace kimberlite::ingest {

// kimberlite.ingest.v1.IngestService.
class GrpcIngestService {
 public:
  GrpcIngestService(PgSourceStore& sources, PgItemStore& items, PgDocumentStore& documents, PgStoryStore& stories,
                    FeedFetcher& fetcher, const Clock& clock)
      : sources_(sources), items_(items), documents_(documents), stories_(stories), fetcher_(fetcher), clock_(clock) {}
  void Register(rpc::Server& server);

 private:
  Result<v1::PutSourceResponse> PutSource(const v1::PutSourceRequest& request);
  Result<v1::GetSourceResponse> GetSource(const v1::GetSourceRequest& request);
  Result<v1::ListSourcesResponse> ListSources(const v1::ListSourcesRequest& request);
  Result<v1::PollSourceResponse> PollSource(const v1::PollSourceRequest& request);
  Result<v1::PauseSourceResponse> PauseSource(const rpc::Call& call, const v1::PauseSourceRequest& request);
  Result<v1::ResumeSourceResponse> ResumeSource(const v1::ResumeSourceRequest& request);
  Result<v1::SubmitItemResponse> SubmitItem(const rpc::Call& call, const v1::SubmitItemRequest& request);
  Result<v1::SubmitItemsResponse> SubmitItems(const rpc::Call& call, rpc::StreamReader<v1::SubmitItemsRequest>& reader);
  Result<v1::ReplayDocumentsResponse> ReplayDocuments(const rpc::Call& call, const v1::ReplayDocumentsRequest& request);
  Result<v1::GetClusterResponse> GetCluster(const v1::GetClusterRequest& request);
  Result<v1::ListClustersResponse> ListClusters(const v1::ListClustersRequest& request);
  Result<v1::ListItemsResponse> ListItems(const v1::ListItemsRequest& request);

  PgSourceStore& sources_;
  PgItemStore& items_;
  PgDocumentStore& documents_;
  PgStoryStore& stories_;
  FeedFetcher& fetcher_;
  const Clock& clock_;
};

}  // namespace kimberlite::ingest
