#include "services/content/app.h"

#include <span>
#include <string>
#include <utility>

#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/pg_article_store.h"

namespace kimberlite::content {

std::span<const pg::Migration> Migrations();  // made from migrations/ by the build

namespace {

constexpr const char* kItemTopic = "kimberlite.ingest.item.v1";
constexpr const char* kTagsTopic = "kimberlite.tagging.article_tags.v1";
constexpr const char* kGroup = "content";

bus::Options BusOptions(const Config& config) {
  return {.driver = config.common.bus,
          .postgres_url = config.common.postgres_url,
          .kafka_brokers = config.common.kafka_brokers,
          .client_name = "content"};
}

// Gives the bylines of the time before authors their author. Goes on where it was interrupted.
Result<void> ResolveOldBylines(const Config& config) {
  pg::Pool pool(
      {.url = config.common.postgres_url, .connections = 1, .application_name = "kimberlite-content-migrate"});
  PgSiteStore sites;
  const SystemClock clock;
  std::int64_t resolved = 0;
  while (true) {
    const auto batch = pool.Write([&](pg::Transaction& transaction) -> Result<int> {
      return ResolveBylinesBatch(transaction, sites, {.verb = "migrate", .actor = "migrate", .time = clock.Now()});
    });
    if (!batch) return std::unexpected(batch.error());
    if (*batch == 0) break;
    resolved += *batch;
  }
  if (resolved > 0) telemetry::Info("bylines resolved to authors", {{"articles", resolved}});
  return {};
}

}  // namespace

Result<void> MigrateAll(const Config& config) {
  KIMBERLITE_RETURN_IF_ERROR(pg::Migrate(config.common.postgres_url, kSchema, Migrations()));
  KIMBERLITE_RETURN_IF_ERROR(bus::MigrateOutbox(config.common.postgres_url, kSchema));
  KIMBERLITE_RETURN_IF_ERROR(ResolveOldBylines(config));
  return bus::Migrate(BusOptions(config));
}

App::App(Config config)
    : config_(std::move(config)),
      pool_({.url = config_.common.postgres_url, .connections = 12, .application_name = "kimberlite-content"}),
      probe_({.url = config_.common.postgres_url,
              .connections = 1,
              .statement_timeout_ms = 1000,
              .wait_timeout_ms = 1000,
              .application_name = "kimberlite-content-probe"}),
      items_(pool_, sites_, clock_),
      tags_(pool_, sites_, clock_),
      service_(pool_, sites_, clock_),
      reader_(pool_, sites_, clock_),
      authors_(pool_, sites_, clock_),
      search_(pool_, sites_),
      changes_(pool_),
      life_(pool_, sites_, clock_),
      pg_blobs_(pool_, clock_),
      directory_blobs_(config_.blob_dir, &pg_blobs_),
      blobs_(config_.blob_dir.empty() ? static_cast<BlobStore&>(pg_blobs_) : directory_blobs_),
      media_(pool_, blobs_, clock_),
      redirects_(pool_, sites_, clock_),
      transfer_(pool_, sites_, blobs_, clock_),
      server_({.address = config_.common.grpc_address,
               .port = config_.common.grpc_port,
               .tokens_file = config_.common.rpc_tokens_file}) {}

App::~App() { Stop(); }

Result<void> App::Start() {
  const auto schema = pool_.Read([](pg::Transaction& transaction) {
    return transaction.Query(
        "SELECT to_regclass('content.articles') IS NOT NULL AND to_regclass('content.outbox') IS NOT NULL AS there");
  });
  if (!schema) return std::unexpected(schema.error());
  if (!(*schema)[0].Bool("there")) {
    return Fail(Code::kFailedPrecondition,
                "the database has no schema \"content\" yet; run kimberlite-content migrate");
  }

  KIMBERLITE_ASSIGN_OR_RETURN(bus_, bus::Open(BusOptions(config_)));
  const std::string said[] = {"kimberlite.content.article.v1", "kimberlite.content.site.v1",
                              "kimberlite.content.author.v1"};
  const std::string heard[] = {kItemTopic, kTagsTopic};
  const std::string groups[] = {kGroup};
  KIMBERLITE_RETURN_IF_ERROR(bus_->EnsureTopics(said, {}));
  KIMBERLITE_RETURN_IF_ERROR(bus_->EnsureTopics(heard, groups));
  relay_ = std::make_unique<bus::Relay>(
      bus::Relay::Options{.postgres_url = config_.common.postgres_url, .schema = kSchema}, bus_->NewPublisher());
  if (!config_.blob_dir.empty()) KIMBERLITE_RETURN_IF_ERROR(directory_blobs_.Open());
  blob_sweeper_ = std::make_unique<BlobSweeper>(pool_, blobs_, clock_);
  follower_ = std::make_unique<ChangeFollower>(pool_);
  sweeper_ = std::make_unique<Sweeper>(pool_, clock_, std::chrono::days(config_.changes_days));
  schedule_ = std::make_unique<Schedule>(pool_, sites_, clock_);

  service_.Register(server_);
  reader_.Register(server_);
  authors_.Register(server_);
  search_.Register(server_);
  changes_.Register(server_);
  life_.Register(server_);
  media_.Register(server_);
  redirects_.Register(server_);
  transfer_.Register(server_);
  KIMBERLITE_RETURN_IF_ERROR(server_.Start());
  consumer_ = bus_->Subscribe(bus::GroupSubscription{.group = kGroup,
                                                     .topics = {kItemTopic, kTagsTopic},
                                                     .handler =
                                                         [this](const bus::Event& event, const bus::Position&) {
                                                           return event.topic == kItemTopic ? items_.Handle(event)
                                                                                            : tags_.Handle(event);
                                                         },
                                                     .threads = 2});
  server_.SetServing(true);
  return {};
}

Result<void> App::Ready() {
  KIMBERLITE_RETURN_IF_ERROR(probe_.Read([](pg::Transaction& transaction) { return transaction.Query("SELECT 1"); }));
  return {};
}

void App::Stop() {
  server_.SetServing(false);
  consumer_.reset();
  server_.Stop(std::chrono::seconds(3));
  follower_.reset();
  schedule_.reset();
  blob_sweeper_.reset();
  relay_.reset();  // after everything that writes, so that it sends the last of it
  sweeper_.reset();
}

}  // namespace kimberlite::content
