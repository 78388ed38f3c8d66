#include "services/tagging/config.h"

namespace kimberlite::tagging {

void Config::Bind(config::Table& table) {
  common.Bind(table);
  table.Text(&content_target,
             {.name = "KIMBERLITE_CONTENT_TARGET", .help = "The content service's gRPC address as host:port."});
  table.Text(&rpc_token, {.name = "KIMBERLITE_RPC_TOKEN",
                          .help = "Token with the role service, for calls to other services.",
                          .required = true,
                          .secret = true});
}

}  // namespace kimberlite::tagging
