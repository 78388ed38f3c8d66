#pragma once

#include <memory>
#include <optional>

#include "libs/base/time.h"
#include "libs/bus/bus.h"
#include "libs/bus/outbox.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "libs/runtime/runtime.h"
#include "services/ingest/adapters/curl_feed_fetcher.h"
#include "services/ingest/adapters/grpc_ingest_service.h"
#include "services/ingest/adapters/pg_document_store.h"
#include "services/ingest/adapters/pg_item_store.h"
#include "services/ingest/adapters/pg_source_store.h"
#include "services/ingest/config.h"
#include "services/ingest/core/poller.h"
#include "services/ingest/core/scheduler.h"

namespace kimberlite::ingest {

// Applies the migrations of the schema, of its outbox, and of the embedded bus.
Result<void> MigrateAll(const Config& config);

// The parts of the service, in the order in which they start.
class App final : public runtime::Service {
 public:
  explicit App(Config config);
  ~App() override;

  Result<void> Start() override;
  // Whether PostgreSQL answers. A silent bus does not hinder polling: events wait in the outbox.
  Result<void> Ready() override;
  void Stop() override;

  int grpc_port() const { return server_.port(); }

 private:
  Config config_;
  SystemClock clock_;
  pg::Pool pool_;
  pg::Pool probe_;  // one connection of its own, so that a busy service is not an unready one
  PgSourceStore sources_;
  PgStoryStore stories_;
  PgItemStore items_;
  PgDocumentStore documents_;
  CurlFeedFetcher fetcher_;
  Poller poller_;
  GrpcIngestService service_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<bus::Relay> relay_;
  std::unique_ptr<DocumentSweeper> sweeper_;
  std::unique_ptr<StoryLoader> loader_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<pg::Listener> listener_;  // wakes the scheduler
  rpc::Server server_;
};

}  // namespace kimberlite::ingest
