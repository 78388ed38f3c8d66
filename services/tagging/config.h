#pragma once

#include <string>

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"

namespace kimberlite::tagging {

// Settings of kimberlite-tagging: those of every service, and how it reads articles.
struct Config {
  runtime::CommonConfig common{.ops_port = 9103, .grpc_port = 50053};
  std::string content_target = "127.0.0.1:50052";
  std::string rpc_token;

  void Bind(config::Table& table);
};

}  // namespace kimberlite::tagging
