#pragma once

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"

namespace kimberlite::content {

struct Config {
  runtime::CommonConfig common{.ops_port = 9102, .grpc_port = 50052};
  int changes_days = 30;

  void Bind(config::Table& table) {
    common.Bind(table);
    table.Int(&changes_days,
              {.name = "KIMBERLITE_CONTENT_CHANGES_DAYS",
               .help = "How long the log of changes is kept for those who follow it, in days."},
              1, 3650);
  }
};

}  // namespace kimberlite::content
