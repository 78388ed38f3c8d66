#pragma once

#include <string>
#include <vector>

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"

namespace kimberlite::ingest {

// Settings of kimberlite-ingest.
struct Config {
  runtime::CommonConfig common{.ops_port = 9101, .grpc_port = 50051};
  std::vector<std::string> allowed_hosts;
  std::string user_agent = "Kimberlite/0.1 (feed reader of a news site)";
  int workers = 4;
  int fetch_timeout_seconds = 15;
  int host_polls = 2;
  int host_gap_ms = 1000;
  std::string ca_file;
  int source_documents_mib = 64;
  int documents_mib = 2048;
  int max_backlog = 20'000;
  int story_texts = 50'000;

  void Bind(config::Table& table);
};

}  // namespace kimberlite::ingest
