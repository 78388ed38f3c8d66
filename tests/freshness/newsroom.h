#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libs/redis/redis.h"
#include "libs/rpc/rpc.h"
#include "libs/testing/servers.h"
#include "services/content/app.h"
#include "services/feed/app.h"
#include "services/rendering/adapters/auditor.h"
#include "services/rendering/adapters/bus_invalidator.h"
#include "services/rendering/adapters/edge_ledger.h"
#include "services/rendering/adapters/grpc_sources.h"
#include "services/rendering/adapters/page_builder.h"
#include "services/rendering/adapters/redis_page_store.h"
#include "services/rendering/adapters/visibility.h"
#include "services/rendering/core/edge.h"
#include "services/rendering/core/memory_cache.h"
#include "services/rendering/core/theme_keeper.h"
#include "services/tagging/app.h"

// The product without its HTTP in one process: content, tagging and feed as they are, on a real PostgreSQL with its
// bus, and edges that share a real Redis.
namespace kimberlite::freshness {

class Newsroom {
 public:
  Newsroom();
  ~Newsroom();

  template <typename Response, typename Request>
  Result<Response> Content(const Request& request) {
    return rpc::Channel(content_target(), kEditor).Call<Response>(Soon(), request);
  }
  template <typename Response, typename Request>
  Result<Response> AsOperator(const Request& request) {
    return rpc::Channel(content_target(), kOperator).Call<Response>(Soon(), request);
  }
  template <typename Response, typename Request>
  Result<Response> Tagging(const Request& request) {
    return rpc::Channel(tagging_target(), kEditor).Call<Response>(Soon(), request);
  }

  std::string content_target() const { return "127.0.0.1:" + std::to_string(content_->grpc_port()); }
  std::string tagging_target() const { return "127.0.0.1:" + std::to_string(tagging_->grpc_port()); }
  std::string feed_target() const { return "127.0.0.1:" + std::to_string(feed_->grpc_port()); }
  const std::string& postgres_url() const { return database_.url(); }
  const std::string& prefix() const { return prefix_; }
  const std::string& tokens_file() const { return tokens_file_; }
  static Context Soon() { return Context::WithTimeout(std::chrono::seconds(20)); }
  // Everything that was said is heard by all: nothing unsent in either outbox for a while.
  void Settle();

  static constexpr const char* kEditor = "freshness-editor-0123456789abcdef";
  static constexpr const char* kOperator = "freshness-operator-0123456789abcdef";
  static constexpr const char* kService = "freshness-service-0123456789abcdef";

 private:
  testing::TestDatabase database_;
  const std::string prefix_ = testing::UniqueName("fresh") + ":";
  const std::string tokens_file_;
  pg::Pool pool_;
  std::unique_ptr<content::App> content_;
  std::unique_ptr<tagging::App> tagging_;
  std::unique_ptr<feed::App> feed_;
  feed::Config feed_config_;
};

// One replica of the edge, as services/rendering/app.cpp puts it together.
class Replica {
 public:
  Replica(Newsroom& newsroom, const std::string& name);
  ~Replica();

  // What a reader gets: the page's text, or its state where that is not 200.
  std::string Get(const std::string& path);
  // Until every edge shows it.
  Result<void> WaitVisible(std::int64_t article_id, std::int64_t sequence);
  // Keys of what is in Redis.
  std::vector<std::string> Keys();

  rendering::RedisPageStore& store() { return *store_; }
  rendering::Auditor& auditor() { return *auditor_; }
  rendering::EdgeLedger& ledger() { return *ledger_; }
  rendering::MemoryCache& memory() { return memory_; }
  rendering::Visibility& visibility() { return *visibility_; }
  redis::Client& redis() { return redis_; }
  std::int64_t renders() const { return renders_; }

 private:
  Result<rendering::Page> Make(const Context& context, const rendering::Route& route, std::int64_t min_site_sequence);

  SystemClock clock_;
  rendering::ThemeKeeper themes_;
  redis::Client redis_;
  rendering::GrpcSources sources_;
  rendering::MemoryCache memory_{std::size_t{64} << 20};
  std::atomic<std::int64_t> renders_ = 0;
  std::unique_ptr<rendering::PageBuilder> builder_;
  std::unique_ptr<rendering::RedisPageStore> store_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<rendering::EdgeLedger> ledger_;
  std::unique_ptr<rendering::Auditor> auditor_;
  std::unique_ptr<rendering::BusInvalidator> invalidator_;
  std::unique_ptr<rendering::Visibility> visibility_;
  std::unique_ptr<rendering::Edge> edge_;
};

}  // namespace kimberlite::freshness
