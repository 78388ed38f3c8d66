#pragma once

#include <string>

#include "libs/runtime/runtime.h"

namespace kimberlite::feed {

struct Config {
  runtime::CommonConfig common;
  std::string content_target = "127.0.0.1:50052";
  std::string tagging_target = "127.0.0.1:50053";
  std::string rpc_token;

  Config();
  void Bind(config::Table& table);
};

}  // namespace kimberlite::feed
