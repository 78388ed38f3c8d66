#include "services/rendering/config.h"

namespace kimberlite::rendering {

Config::Config() {
  common.grpc_port = 50054;
  common.ops_port = 9104;
  common.postgres_required = false;
}

void Config::Bind(config::Table& table) {
  common.Bind(table);
  table.Text(
      &redis_url,
      {.name = "KIMBERLITE_REDIS_URL", .help = "Page cache: unix:/path or redis://host:port.", .required = true});
  table.Text(&edge_address, {.name = "KIMBERLITE_EDGE_ADDRESS", .help = "IP address that readers' HTTP listens on."});
  table.Int(&edge_port, {.name = "KIMBERLITE_EDGE_PORT", .help = "Port that readers' HTTP listens on."}, 0, 65535);
  table.Int(&edge_threads, {.name = "KIMBERLITE_EDGE_THREADS", .help = "Requests answered at once."}, 1, 1024);
  table.Text(&theme_dir, {.name = "KIMBERLITE_THEME_DIR",
                          .help = "Directory of the theme: templates, style, catalogs.",
                          .required = true});
  table.Text(&content_target, {.name = "KIMBERLITE_CONTENT_TARGET", .help = "Content service as host:port."});
  table.Text(&tagging_target, {.name = "KIMBERLITE_TAGGING_TARGET", .help = "Tagging service as host:port."});
  table.Text(&feed_target, {.name = "KIMBERLITE_FEED_TARGET", .help = "Feed service as host:port."});
  table.Text(&rpc_token, {.name = "KIMBERLITE_RPC_TOKEN",
                          .help = "Token for calls to the other services.",
                          .required = true,
                          .secret = true});
}

}  // namespace kimberlite::rendering
