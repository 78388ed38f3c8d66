#include "services/rendering/app.h"

#include <unistd.h>

#include <condition_variable>
#include <mutex>

#include "libs/base/id.h"
#include "libs/site/site_paths.h"
#include "libs/telemetry/telemetry.h"
#include "services/rendering/adapters/grpc_rendering_service.h"
#include "services/rendering/adapters/grpc_theme_service.h"

namespace kimberlite::rendering {
namespace {

constexpr char kPrefix[] = "kimberlite:";

// The same after it was started anew: by host and port.
std::string EdgeName(const Config& config) {
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0') return "edge:" + RandomHex(4);
  return std::string(host) + ":" + std::to_string(config.edge_port);
}

}  // namespace

App::App(const Config& config)
    : config_(config),
      redis_({.url = config.redis_url, .connections = config.edge_threads + 4}),
      sources_({.content_target = config.content_target,
                .tagging_target = config.tagging_target,
                .feed_target = config.feed_target,
                .token = config.rpc_token}),
      themes_(config.theme_dir, "en", clock_),
      memory_(static_cast<std::size_t>(config.edge_memory_mib) << 20) {}

Result<void> App::Start() {
  KIMBERLITE_RETURN_IF_ERROR(themes_.Start());
  store_ = std::make_unique<RedisPageStore>(redis_, kPrefix, themes_.Current()->version());
  builder_ = std::make_unique<PageBuilder>(sources_, themes_);
  // Pages are made with the new theme by now; the store takes no other, and memory forgets those of the old one.
  themes_.OnChange([this](const Theme& theme) {
    store_->UseVersion(theme.version());
    memory_.DropAll();
    telemetry::Info("theme taken", {{"name", theme.name()}, {"version", theme.version()}});
  });
  theme_watch_ = std::jthread([this](std::stop_token stop) { WatchTheme(stop); });
  KIMBERLITE_ASSIGN_OR_RETURN(bus_, bus::Open({.driver = config_.common.bus,
                                               .postgres_url = config_.common.postgres_url,
                                               .kafka_brokers = config_.common.kafka_brokers,
                                               .client_name = "rendering"}));
  ledger_ = std::make_unique<EdgeLedger>(redis_, kPrefix, EdgeName(config_));
  ledger_->Start();
  auditor_ = std::make_unique<Auditor>(
      Auditor::Parts{.store = *store_,
                     .memory = memory_,
                     .redis = redis_,
                     .make = [this](const Context& context, const Route& route,
                                    std::int64_t sequence) { return builder_->Make(context, route, sequence); }},
      Auditor::Options{.prefix = kPrefix, .edge = ledger_->name(), .share = config_.audit_percent / 100.0});
  auditor_->Start();
  invalidator_ = std::make_unique<BusInvalidator>(
      *bus_, *store_, memory_, sources_, *ledger_,
      [this](const Invalidation& invalidation, const bus::Event& event) { auditor_->Note(invalidation, event.id); });
  invalidator_->Start();
  purge_follower_ = std::make_unique<PurgeFollower>(redis_, kPrefix, memory_);
  purge_follower_->Start();
  visibility_ = std::make_unique<Visibility>(Visibility::Parts{
      .store = *store_,
      .ledger = *ledger_,
      .get_article = [this](const Context& context, std::int64_t id) { return sources_.GetArticle(context, id); },
      .sent_sequence = [this](const Context& context, std::int64_t id) { return sources_.SentSequence(context, id); },
      .log_ends = [this](const Context& context) { return LogEnds(*bus_, "kimberlite.content.article.v1", context); },
      .applied_count = [this] { return invalidator_->applied_count(); },
      .wait =
          [this](const Context& context, std::uint64_t count, std::chrono::steady_clock::time_point until) {
            return invalidator_->WaitMore(context, count, until);
          }});
  const HeadOptions heads{.hsts_seconds = config_.edge_hsts_seconds, .cdn_seconds = config_.edge_cdn_seconds};
  const auto is_current = [this] { return invalidator_->IsCurrent(); };
  edge_ = std::make_unique<Edge>(
      *store_, memory_,
      Edge::Parts{
          .make = [this](const Context& context, const Route& route,
                         std::int64_t min_site_sequence) { return MakePage(context, route, min_site_sequence); },
          .code = CodePage,
          .prepare = [heads](KeptPage& page) { PrepareHeads(page, heads); },
          .is_current = is_current},
      clock_, Edge::Options{.stale_if_error = std::chrono::seconds(config_.edge_stale_seconds)});
  http_edge_ = std::make_unique<HttpEdge>(*edge_, memory_, *builder_, heads, is_current);

  live_ = std::make_unique<LiveStream>(LiveStream::Options{.feed_target = config_.feed_target,
                                                           .token = config_.rpc_token,
                                                           .hub = {.max_readers = config_.edge_live_readers}});
  live_->Start();

  rpc_server_ = std::make_unique<rpc::Server>(rpc::Server::Options{.address = config_.common.grpc_address,
                                                                   .port = config_.common.grpc_port,
                                                                   .tokens_file = config_.common.rpc_tokens_file,
                                                                   .threads = 64});
  RegisterRenderingService(*rpc_server_, *visibility_, *store_, *auditor_);
  RegisterThemeService(*rpc_server_, themes_);
  KIMBERLITE_RETURN_IF_ERROR(rpc_server_->Start());

  http_server_ = std::make_unique<http::Server>(
      http::Server::Options{.address = config_.edge_address,
                            .port = config_.edge_port,
                            .io_threads = config_.edge_io_threads,
                            .worker_threads = config_.edge_threads,
                            .max_connections = config_.edge_connections},
      http::Server::Handlers{
          [this](const http::RequestHead& head, http::Prepared& answer) {
            return http_edge_->AnswerAtOnce(head, answer);
          },
          [this](http::Request request, http::Responder respond) { Answer(std::move(request), std::move(respond)); }});
  KIMBERLITE_RETURN_IF_ERROR(http_server_->Start());
  rpc_server_->SetServing(true);
  telemetry::Info("edge listens", {{"address", config_.edge_address}, {"port", http_server_->port()}});
  return {};
}

Result<Page> App::MakePage(const Context& context, const Route& route, std::int64_t min_site_sequence) {
  static const auto seconds = telemetry::Metrics::Seconds("kimberlite_edge_make_seconds",
                                                          "Making one page from its sources, before it is coded");
  const auto begun = std::chrono::steady_clock::now();
  auto page = builder_->Make(context, route, min_site_sequence);
  seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  return page;
}

void App::Answer(http::Request request, http::Responder respond) {
  const Route route = ParseRoute(request.path());
  if (route.kind == RouteKind::kLive) {
    const auto settings = sources_.GetSite(Context::WithTimeout(std::chrono::seconds(1)));
    // A language that the site does not have has no stream: the page that says so comes from below.
    if (!settings || site::HasLanguage(**settings, route.language)) {
      return live_->Answer(request, route.language, std::move(respond));
    }
  }
  http_edge_->Answer(std::move(request), std::move(respond));
}

void App::WatchTheme(const std::stop_token& stop) {
  static const auto refused =
      telemetry::Metrics::Counter("kimberlite_edge_theme_refusals_total", "Themes that were found and did not load");
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!wake.wait_for(lock, stop, std::chrono::seconds(1), [&] { return stop.stop_requested(); })) {
    if (const auto taken = themes_.Look(); !taken) {
      refused.Add();
      telemetry::LogError("theme refused, the one in use stays", {{"error", taken.error().ToString()}});
    }
  }
}

// An edge that is cut off from the bus still serves: by asking the sources, or else what it keeps.
Result<void> App::Ready() { return {}; }

void App::Stop() {
  // At most 3 s for readers and 2 s for callers, so that all of it fits into the time that a stop may take.
  invalidator_->StopWaiting();
  live_->Stop();
  http_server_->Stop(std::chrono::seconds(3));
  rpc_server_->Stop(std::chrono::seconds(2));
  invalidator_->Stop();
  auditor_->Stop();
  ledger_->Stop();
  theme_watch_ = {};
}

}  // namespace kimberlite::rendering
