#pragma once

#include <memory>

#include "libs/base/time.h"
#include "libs/bus/bus.h"
#include "libs/bus/outbox.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "libs/runtime/runtime.h"
#include "services/content/adapters/blob_store.h"
#include "services/content/adapters/blob_sweeper.h"
#include "services/content/adapters/change_follower.h"
#include "services/content/adapters/grpc_author_service.h"
#include "services/content/adapters/grpc_changes_service.h"
#include "services/content/adapters/grpc_content_service.h"
#include "services/content/adapters/grpc_life_service.h"
#include "services/content/adapters/grpc_media_service.h"
#include "services/content/adapters/grpc_reader_service.h"
#include "services/content/adapters/grpc_redirect_service.h"
#include "services/content/adapters/grpc_search_service.h"
#include "services/content/adapters/grpc_transfer_service.h"
#include "services/content/adapters/item_handler.h"
#include "services/content/adapters/pg_idempotency.h"
#include "services/content/adapters/pg_site_store.h"
#include "services/content/adapters/schedule.h"
#include "services/content/adapters/sweeper.h"
#include "services/content/adapters/tags_handler.h"
#include "services/content/config.h"

namespace kimberlite::content {

// Applies the migrations of the schema, of its outbox and inbox, and of the embedded bus.
Result<void> MigrateAll(const Config& config);

// The parts of the service, in the order in which they start.
class App final : public runtime::Service {
 public:
  explicit App(Config config);
  ~App() override;

  Result<void> Start() override;
  // Whether PostgreSQL answers. A silent bus is no reason to turn editors and renderers away: what they write is in the
  // outbox, and renderers that miss the bus ask here.
  Result<void> Ready() override;
  void Stop() override;

  int grpc_port() const { return server_.port(); }

 private:
  Config config_;
  SystemClock clock_;
  pg::Pool pool_;
  pg::Pool probe_;  // one connection of its own, so that a busy service is not an unready one
  PgSiteStore sites_;
  ItemHandler items_;
  TagsHandler tags_;
  GrpcContentService service_;
  GrpcReaderService reader_;
  GrpcAuthorService authors_;
  GrpcSearchService search_;
  PgBlobStore pg_blobs_;
  DirectoryBlobStore directory_blobs_;
  BlobStore& blobs_;  // one of the two
  GrpcMediaService media_;
  GrpcChangesService changes_;
  GrpcLifeService life_;
  GrpcRedirectService redirects_;
  GrpcTransferService transfer_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<bus::Relay> relay_;
  std::unique_ptr<ChangeFollower> follower_;
  std::unique_ptr<Sweeper> sweeper_;
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<BlobSweeper> blob_sweeper_;
  rpc::Server server_;
  std::unique_ptr<bus::Consumer> consumer_;
};

}  // namespace kimberlite::content
