#pragma once

#include <string>

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"

namespace kimberlite::content {

// Settings of kimberlite-content: those of every service, and its own.
struct Config {
  runtime::CommonConfig common{.ops_port = 9102, .grpc_port = 50052};
  int changes_days = 30;
  std::string blob_dir;  // empty: the bytes of pictures are kept in PostgreSQL

  void Bind(config::Table& table) {
    common.Bind(table);
    table.Int(&changes_days,
              {.name = "KIMBERLITE_CONTENT_CHANGES_DAYS",
               .help = "How long the log of changes is kept for those who follow it, in days."},
              1, 3650);
    table.Text(&blob_dir, {.name = "KIMBERLITE_CONTENT_BLOB_DIR",
                           .help = "Directory for the bytes of pictures, shared by all replicas; empty: PostgreSQL."});
  }
};

}  // namespace kimberlite::content
