#include "services/tagging/app.h"

#include <chrono>
#include <span>
#include <string>
#include <utility>

#include "services/tagging/adapters/pg_concept_store.h"

namespace kimberlite::tagging {

std::span<const pg::Migration> Migrations();  // made from migrations/ by the build

namespace {

constexpr const char* kArticleTopic = "kimberlite.content.article.v1";
constexpr const char* kGroup = "tagging";
constexpr int kReaders = 2;  // articles read at once

bus::Options BusOptions(const Config& config) {
  return {.driver = config.common.bus,
          .postgres_url = config.common.postgres_url,
          .kafka_brokers = config.common.kafka_brokers,
          .client_name = "tagging"};
}

}  // namespace

Result<void> MigrateAll(const Config& config) {
  KIMBERLITE_RETURN_IF_ERROR(pg::Migrate(config.common.postgres_url, kSchema, Migrations()));
  KIMBERLITE_RETURN_IF_ERROR(bus::MigrateOutbox(config.common.postgres_url, kSchema));
  return bus::Migrate(BusOptions(config));
}

App::App(Config config)
    : config_(std::move(config)),
      pool_({.url = config_.common.postgres_url, .connections = 8, .application_name = "kimberlite-tagging"}),
      probe_({.url = config_.common.postgres_url,
              .connections = 1,
              .statement_timeout_ms = 1000,
              .wait_timeout_ms = 1000,
              .application_name = "kimberlite-tagging-probe"}),
      watcher_(pool_, vocabulary_),
      content_(config_.content_target, config_.rpc_token),
      articles_(pool_, content_, vocabulary_, clock_),
      service_(pool_, vocabulary_, watcher_, clock_),
      server_({.address = config_.common.grpc_address,
               .port = config_.common.grpc_port,
               .tokens_file = config_.common.rpc_tokens_file}) {}

App::~App() { Stop(); }

Result<void> App::Start() {
  const auto schema = pool_.Read([](pg::Transaction& transaction) {
    return transaction.Query(
        "SELECT to_regclass('tagging.concepts') IS NOT NULL AND to_regclass('tagging.outbox') IS NOT NULL AS there");
  });
  if (!schema) return std::unexpected(schema.error());
  if (!(*schema)[0].Bool("there")) {
    return Fail(Code::kFailedPrecondition,
                "the database has no schema \"tagging\" yet; run kimberlite-tagging migrate");
  }
  KIMBERLITE_RETURN_IF_ERROR(watcher_.Start());

  KIMBERLITE_ASSIGN_OR_RETURN(bus_, bus::Open(BusOptions(config_)));
  const std::string said[] = {kConceptTopic, kArticleTagsTopic};
  const std::string heard[] = {kArticleTopic};
  const std::string groups[] = {kGroup};
  KIMBERLITE_RETURN_IF_ERROR(bus_->EnsureTopics(said, {}));
  KIMBERLITE_RETURN_IF_ERROR(bus_->EnsureTopics(heard, groups));
  relay_ = std::make_unique<bus::Relay>(
      bus::Relay::Options{.postgres_url = config_.common.postgres_url, .schema = kSchema}, bus_->NewPublisher());

  service_.Register(server_);
  KIMBERLITE_RETURN_IF_ERROR(server_.Start());
  article_consumer_ = bus_->Subscribe(bus::GroupSubscription{
      .group = kGroup,
      .topics = {kArticleTopic},
      .handler = [this](const bus::Event& event, const bus::Position&) { return articles_.Handle(event); },
      .threads = kReaders});
  server_.SetServing(true);
  return {};
}

Result<void> App::Ready() {
  KIMBERLITE_RETURN_IF_ERROR(probe_.Read([](pg::Transaction& transaction) { return transaction.Query("SELECT 1"); }));
  return {};
}

void App::Stop() {
  server_.SetServing(false);
  article_consumer_.reset();
  server_.Stop(std::chrono::seconds(3));
  watcher_.Stop();
  relay_.reset();  // after everything that writes, so that it sends the last of it
}

}  // namespace kimberlite::tagging
