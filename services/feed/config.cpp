#include "services/feed/config.h"

namespace kimberlite::feed {

Config::Config() {
  common.grpc_port = 50055;
  common.ops_port = 9105;
  common.postgres_required = false;
}

void Config::Bind(config::Table& table) {
  common.Bind(table);
  table.Text(&content_target, {.name = "KIMBERLITE_CONTENT_TARGET", .help = "Content service as host:port."});
  table.Text(&tagging_target, {.name = "KIMBERLITE_TAGGING_TARGET", .help = "Tagging service as host:port."});
  table.Text(&rpc_token, {.name = "KIMBERLITE_RPC_TOKEN",
                          .help = "Token for calls to the other services.",
                          .required = true,
                          .secret = true});
}

}  // namespace kimberlite::feed
