#pragma once

#include <memory>
#include <stop_token>
#include <thread>

#include "libs/bus/bus.h"
#include "libs/http/server.h"
#include "libs/redis/redis.h"
#include "libs/rpc/rpc.h"
#include "libs/runtime/runtime.h"
#include "services/rendering/adapters/auditor.h"
#include "services/rendering/adapters/bus_invalidator.h"
#include "services/rendering/adapters/edge_ledger.h"
#include "services/rendering/adapters/grpc_sources.h"
#include "services/rendering/adapters/http_edge.h"
#include "services/rendering/adapters/live_stream.h"
#include "services/rendering/adapters/page_builder.h"
#include "services/rendering/adapters/purge_follower.h"
#include "services/rendering/adapters/redis_page_store.h"
#include "services/rendering/adapters/visibility.h"
#include "services/rendering/config.h"
#include "services/rendering/core/edge.h"
#include "services/rendering/core/memory_cache.h"

namespace kimberlite::rendering {

// The rendering service. Members stand in the order in which they start.
class App final : public runtime::Service {
 public:
  explicit App(const Config& config);

  Result<void> Start() override;
  Result<void> Ready() override;
  void Stop() override;

 private:
  Result<Page> MakePage(const Context& context, const Route& route, std::int64_t min_site_sequence);
  // On a worker.
  void Answer(http::Request request, http::Responder respond);
  void WatchTheme(const std::stop_token& stop);

  const Config& config_;
  SystemClock clock_;
  redis::Client redis_;
  GrpcSources sources_;
  ThemeKeeper themes_;
  MemoryCache memory_;
  std::unique_ptr<PageBuilder> builder_;
  std::unique_ptr<RedisPageStore> store_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<EdgeLedger> ledger_;
  std::unique_ptr<Auditor> auditor_;
  std::unique_ptr<BusInvalidator> invalidator_;
  std::unique_ptr<Visibility> visibility_;
  std::unique_ptr<PurgeFollower> purge_follower_;
  std::unique_ptr<Edge> edge_;
  std::unique_ptr<HttpEdge> http_edge_;
  std::unique_ptr<LiveStream> live_;
  std::unique_ptr<rpc::Server> rpc_server_;
  std::unique_ptr<http::Server> http_server_;
  std::jthread theme_watch_;
};

}  // namespace kimberlite::rendering
