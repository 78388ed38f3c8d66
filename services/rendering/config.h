#pragma once

#include <string>

#include "libs/runtime/runtime.h"

namespace kimberlite::rendering {

struct Config {
  runtime::CommonConfig common;
  std::string redis_url;
  std::string edge_address = "127.0.0.1";
  int edge_port = 8080;
  int edge_threads = 16;
  int edge_io_threads = 2;
  int edge_connections = 4096;
  int edge_live_readers = 20'000;
  int edge_memory_mib = 256;
  int edge_stale_seconds = 86'400;
  int edge_hsts_seconds = 0;
  int edge_cdn_seconds = 0;
  int audit_percent = 1;  // of a core
  std::string theme_dir;
  std::string content_target = "127.0.0.1:50052";
  std::string tagging_target = "127.0.0.1:50053";
  std::string feed_target = "127.0.0.1:50055";
  std::string rpc_token;

  Config();
  void Bind(config::Table& table);
};

}  // namespace kimberlite::rendering
