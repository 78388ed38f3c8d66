#pragma once

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"

namespace kimberlite::content {

// Settings of kimberlite-content: those of every service, nothing of its own yet.
struct Config {
  runtime::CommonConfig common{.ops_port = 9102, .grpc_port = 50052};

  void Bind(config::Table& table) { common.Bind(table); }
};

}  // namespace kimberlite::content
