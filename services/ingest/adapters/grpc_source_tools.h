#pragma once

#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "services/ingest/adapters/pg_source_store.h"
#include "services/ingest/core/ports.h"

// What helps those who look after sources.
namespace kimberlite::ingest {

Result<v1::TestSourceResponse> TestSource(const Context& context, FeedFetcher& fetcher,
                                          const v1::TestSourceRequest& request);
Result<v1::ImportSourcesResponse> ImportSources(PgSourceStore& sources, const v1::ImportSourcesRequest& request);
Result<v1::ExportSourcesResponse> ExportSources(PgSourceStore& sources);

}  // namespace kimberlite::ingest
