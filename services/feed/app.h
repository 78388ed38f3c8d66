#pragma once

#include <memory>

#include "libs/rpc/rpc.h"
#include "libs/runtime/runtime.h"
#include "services/feed/adapters/feed_maker.h"
#include "services/feed/adapters/sitemap_maker.h"
#include "services/feed/adapters/sources.h"
#include "services/feed/adapters/update_stream.h"
#include "services/feed/config.h"

namespace kimberlite::feed {

// The feed service. Members stand in the order in which they start.
class App final : public runtime::Service {
 public:
  explicit App(const Config& config);

  Result<void> Start() override;
  Result<void> Ready() override;
  void Stop() override;

  int grpc_port() const { return rpc_server_.port(); }

 private:
  Result<v1::GetFeedResponse> GetFeed(const Context& context, const v1::GetFeedRequest& request) const;

  SystemClock clock_;
  Sources sources_;
  FeedMaker feeds_{sources_};
  SitemapMaker sitemaps_{sources_, clock_};
  UpdateStream updates_{sources_};
  rpc::Server rpc_server_;
};

}  // namespace kimberlite::feed
