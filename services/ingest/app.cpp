#include "services/ingest/app.h"

#include <span>
#include <string>
#include <utility>

#include "libs/base/id.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::ingest {

std::span<const pg::Migration> Migrations();  // made from migrations/ by the build

namespace {

using telemetry::Metrics;

bus::Options BusOptions(const Config& config) {
  return {.driver = config.common.bus,
          .postgres_url = config.common.postgres_url,
          .kafka_brokers = config.common.kafka_brokers,
          .client_name = "ingest"};
}

const char* NameOf(PollOutcome outcome) {
  switch (outcome) {
    case PollOutcome::kRead: return "read";
    case PollOutcome::kNotModified: return "not_modified";
    case PollOutcome::kFailed: return "failed";
    case PollOutcome::kGone: return "gone";
    case PollOutcome::kLost: return "lost";
    case PollOutcome::kStopped: return "stopped";
  }
  return "unknown";
}

void CountRefused(const char* reason, int count) {
  Metrics::Counter("kimberlite_ingest_items_refused_total",
                   "Items of documents that were not taken; counted each time they are seen", {{"reason", reason}})
      .Add(count);
}

void Report(const Source& source, const PollSummary& summary) {
  Metrics::Counter("kimberlite_ingest_polls_total", "Polls of feeds by how they ended",
                   {{"outcome", NameOf(summary.outcome)}})
      .Add();
  Metrics::Seconds("kimberlite_ingest_fetch_seconds", "Time of fetches, redirects and failures included")
      .Observe(summary.fetch_time.count());
  Metrics::Counter("kimberlite_ingest_items_taken_total", "Items taken in, new or changed").Add(summary.taken.count());
  Metrics::Counter("kimberlite_ingest_items_renamed_total",
                   "Items that came again under another id; counted each time they are seen")
      .Add(summary.taken.renamed);
  Metrics::Counter("kimberlite_ingest_items_removed_total", "Items that were removed at their sources")
      .Add(summary.taken.removed);
  Metrics::Counter("kimberlite_ingest_fetched_bytes_total", "Bytes of fetched documents after decompression")
      .Add(static_cast<double>(summary.bytes));
  CountRefused("no_headline", summary.counts.without_headline);
  CountRefused("no_language", summary.counts.without_language);
  CountRefused("too_large", summary.counts.too_large);
  CountRefused("duplicate", summary.counts.duplicates);
  const bool news = summary.taken.count() > 0 || !summary.error.empty();
  telemetry::Log(!summary.error.empty() ? telemetry::Level::kWarning
                 : news                 ? telemetry::Level::kInfo
                                        : telemetry::Level::kDebug,
                 "feed polled",
                 {{"source_id", source.source_id},
                  {"outcome", NameOf(summary.outcome)},
                  {"http_status", summary.http_status},
                  {"items_seen", summary.counts.seen},
                  {"items_taken", summary.taken.count()},
                  {"items_renamed", summary.taken.renamed},
                  {"items_removed", summary.taken.removed},
                  {"next_in_ms", static_cast<std::int64_t>(summary.next_in.count())},
                  {"why", summary.why},
                  {"error", summary.error}});
  if (!summary.new_feed_url.empty()) {
    telemetry::Info("the feed has moved for good",
                    {{"source_id", source.source_id}, {"from", source.feed_url}, {"to", summary.new_feed_url}});
  }
  if (summary.outcome == PollOutcome::kGone) {
    telemetry::Warning("the source was paused: its feed is gone", {{"source_id", source.source_id}});
  }
}

http::Fetcher::Options FetcherOptions(const Config& config) {
  http::Fetcher::Options options;
  options.user_agent = config.user_agent;
  options.allowed_hosts = config.allowed_hosts;
  options.ca_file = config.ca_file;
  return options;
}

PgSourceStore::Options SourceOptions(const Config& config) {
  PgSourceStore::Options options;
  options.host_polls = config.host_polls;
  options.host_gap = std::chrono::milliseconds(config.host_gap_ms);
  options.free_hosts = config.allowed_hosts;
  // As URLs have them: without the scheme's own port.
  for (const std::string& host : config.allowed_hosts) {
    for (const std::string_view port : {":80", ":443"}) {
      if (host.ends_with(port)) options.free_hosts.push_back(host.substr(0, host.size() - port.size()));
    }
  }
  return options;
}

}  // namespace

Result<void> MigrateAll(const Config& config) {
  KIMBERLITE_RETURN_IF_ERROR(pg::Migrate(config.common.postgres_url, kSchema, Migrations()));
  KIMBERLITE_RETURN_IF_ERROR(bus::MigrateOutbox(config.common.postgres_url, kSchema));
  return bus::Migrate(BusOptions(config));
}

App::App(Config config)
    : config_(std::move(config)),
      // Handlers of RPCs and pollers together.
      pool_({.url = config_.common.postgres_url,
             .connections = 4 + config_.workers,
             .application_name = "kimberlite-ingest"}),
      probe_({.url = config_.common.postgres_url,
              .connections = 1,
              .statement_timeout_ms = 1000,
              .wait_timeout_ms = 1000,
              .application_name = "kimberlite-ingest-probe"}),
      sources_(pool_, SourceOptions(config_)),
      stories_(pool_, clock_, {.max_texts = static_cast<std::size_t>(config_.story_texts)}, RandomHex(8)),
      items_(pool_, sources_, stories_, clock_, {.max_backlog = config_.max_backlog}),
      documents_(pool_, {.source_bytes = std::int64_t{config_.source_documents_mib} << 20,
                         .total_bytes = std::int64_t{config_.documents_mib} << 20}),
      fetcher_(FetcherOptions(config_)),
      poller_({.fetch_timeout = std::chrono::seconds(config_.fetch_timeout_seconds),
               .jitter = [] { return static_cast<double>(RandomBits() >> 11) / static_cast<double>(1ull << 53); }},
              clock_, fetcher_, sources_, items_, documents_),
      service_(sources_, items_, documents_, stories_, fetcher_, clock_),
      server_({.address = config_.common.grpc_address,
               .port = config_.common.grpc_port,
               .tokens_file = config_.common.rpc_tokens_file,
               .threads = 4}) {}

App::~App() { Stop(); }

Result<void> App::Start() {
  const auto schema = pool_.Read([](pg::Transaction& transaction) {
    return transaction.Query(
        "SELECT to_regclass('ingest.items') IS NOT NULL AND to_regclass('ingest.outbox') IS NOT NULL AS there");
  });
  if (!schema) return std::unexpected(schema.error());
  if (!(*schema)[0].Bool("there")) {
    return Fail(Code::kFailedPrecondition, "the database has no schema \"ingest\" yet; run kimberlite-ingest migrate");
  }

  KIMBERLITE_ASSIGN_OR_RETURN(bus_, bus::Open(BusOptions(config_)));
  const std::string topics[] = {kItemTopic, kSourceTopic};
  KIMBERLITE_RETURN_IF_ERROR(bus_->EnsureTopics(topics, {}));
  relay_ = std::make_unique<bus::Relay>(
      bus::Relay::Options{.postgres_url = config_.common.postgres_url, .schema = kSchema}, bus_->NewPublisher());
  sweeper_ = std::make_unique<DocumentSweeper>(documents_, clock_, [](const Error& error) {
    telemetry::Warning("old documents could not be deleted", {{"error", error.ToString()}});
  });
  // What was taken in before is known before more is; where that is very much, the rest comes while polls go on.
  KIMBERLITE_RETURN_IF_ERROR(stories_.Load(std::chrono::seconds(10)));
  loader_ = std::make_unique<StoryLoader>(stories_, clock_, [](const Error& error) {
    telemetry::Warning("what other replicas took in cannot be read", {{"error", error.ToString()}});
  });
  Scheduler::Options options;
  options.workers = config_.workers;
  options.on_poll = &Report;
  options.on_store_error = [](const Error& error) {
    telemetry::Warning("the sources cannot be read", {{"error", error.ToString()}});
  };
  scheduler_ = std::make_unique<Scheduler>(std::move(options), sources_, poller_);
  listener_ = std::make_unique<pg::Listener>(config_.common.postgres_url, kDueChannel,
                                             [this](std::string_view) { scheduler_->Wake(); });

  service_.Register(server_);
  KIMBERLITE_RETURN_IF_ERROR(server_.Start());
  server_.SetServing(true);
  return {};
}

Result<void> App::Ready() {
  KIMBERLITE_RETURN_IF_ERROR(probe_.Read([](pg::Transaction& transaction) { return transaction.Query("SELECT 1"); }));
  return {};
}

void App::Stop() {
  server_.SetServing(false);
  server_.Stop(std::chrono::seconds(2));
  listener_.reset();
  scheduler_.reset();
  loader_.reset();
  sweeper_.reset();
  relay_.reset();  // after everything that writes, so that it sends the last of it
}

}  // namespace kimberlite::ingest
