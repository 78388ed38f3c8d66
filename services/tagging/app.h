#pragma once

#include <memory>

#include "libs/base/time.h"
#include "libs/bus/bus.h"
#include "libs/bus/outbox.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "libs/runtime/runtime.h"
#include "services/tagging/adapters/article_handler.h"
#include "services/tagging/adapters/concept_watcher.h"
#include "services/tagging/adapters/grpc_tagging_service.h"
#include "services/tagging/config.h"
#include "services/tagging/core/vocabulary.h"

namespace kimberlite::tagging {

// Applies the migrations of the schema, of its outbox and inbox, and of the embedded bus.
Result<void> MigrateAll(const Config& config);

// The parts of the service, in the order in which they start.
class App final : public runtime::Service {
 public:
  explicit App(Config config);
  ~App() override;

  Result<void> Start() override;
  // Whether PostgreSQL answers. The bus and content may be down: articles wait on the bus, and questions about concepts
  // are answered all the same.
  Result<void> Ready() override;
  void Stop() override;

  int grpc_port() const { return server_.port(); }

 private:
  Config config_;
  SystemClock clock_;
  pg::Pool pool_;
  pg::Pool probe_;  // one connection of its own, so that a busy service is not an unready one
  Vocabulary vocabulary_;
  ConceptWatcher watcher_;
  rpc::Channel content_;
  ArticleHandler articles_;
  GrpcTaggingService service_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<bus::Relay> relay_;
  rpc::Server server_;
  std::unique_ptr<bus::Consumer> article_consumer_;
};

}  // namespace kimberlite::tagging
