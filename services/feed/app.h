#pragma once

#include <memory>

#include "libs/rpc/rpc.h"
#include "libs/runtime/runtime.h"
#include "services/feed/adapters/feed_maker.h"
#include "services/feed/config.h"

namespace kimberlite::feed {

// The feed service. Members stand in the order in which they start.
class App final : public runtime::Service {
 public:
  explicit App(const Config& config);

  Result<void> Start() override;
  Result<void> Ready() override;
  void Stop() override;

 private:
  SystemClock clock_;
  FeedMaker maker_;
  rpc::Server rpc_server_;
};

}  // namespace kimberlite::feed
