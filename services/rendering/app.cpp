#include "services/rendering/app.h"

#include "libs/telemetry/telemetry.h"
#include "services/rendering/adapters/grpc_rendering_service.h"

namespace kimberlite::rendering {

App::App(const Config& config)
    : config_(config),
      redis_({.url = config.redis_url, .connections = config.edge_threads + 4}),
      sources_({.content_target = config.content_target,
                .tagging_target = config.tagging_target,
                .feed_target = config.feed_target,
                .token = config.rpc_token}) {}

Result<void> App::Start() {
  KIMBERLITE_ASSIGN_OR_RETURN(auto theme, Theme::Load(config_.theme_dir, "en"));
  store_ = std::make_unique<RedisPageStore>(redis_, "kimberlite:", theme->version());
  builder_ = std::make_unique<PageBuilder>(sources_, std::move(theme));
  KIMBERLITE_ASSIGN_OR_RETURN(bus_, bus::Open({.driver = config_.common.bus,
                                               .postgres_url = config_.common.postgres_url,
                                               .kafka_brokers = config_.common.kafka_brokers,
                                               .client_name = "rendering"}));
  invalidator_ = std::make_unique<BusInvalidator>(*bus_, *store_, sources_);
  invalidator_->Start();
  edge_ = std::make_unique<Edge>(
      *store_,
      [this](const Context& context, const Route& route, std::int64_t min_site_sequence) {
        return builder_->Make(context, route, min_site_sequence);
      },
      [this] { return invalidator_->IsCurrent(); }, clock_);
  http_edge_ = std::make_unique<HttpEdge>(*edge_, *builder_);

  rpc_server_ = std::make_unique<rpc::Server>(rpc::Server::Options{.address = config_.common.grpc_address,
                                                                   .port = config_.common.grpc_port,
                                                                   .tokens_file = config_.common.rpc_tokens_file,
                                                                   .threads = 64});
  RegisterRenderingService(*rpc_server_, *invalidator_, *store_);
  KIMBERLITE_RETURN_IF_ERROR(rpc_server_->Start());

  http_server_ = std::make_unique<http::Server>(
      http::Server::Options{
          .address = config_.edge_address, .port = config_.edge_port, .worker_threads = config_.edge_threads},
      [this](const http::Request& request) { return http_edge_->Answer(request); });
  KIMBERLITE_RETURN_IF_ERROR(http_server_->Start());
  rpc_server_->SetServing(true);
  telemetry::Info("edge listens", {{"address", config_.edge_address}, {"port", http_server_->port()}});
  return {};
}

// An edge that is cut off from the bus still serves: by asking the sources, or else what it keeps.
Result<void> App::Ready() { return {}; }

void App::Stop() {
  // At most 3 s for readers and 2 s for callers, so that all of it fits into the time that a stop may take.
  invalidator_->StopWaiting();
  http_server_->Stop(std::chrono::seconds(3));
  rpc_server_->Stop(std::chrono::seconds(2));
  invalidator_->Stop();
}

}  // namespace kimberlite::rendering
