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
  table.Int(&edge_threads, {.name = "KIMBERLITE_EDGE_THREADS", .help = "Pages made or fetched at once."}, 1, 1024);
  table.Int(&edge_io_threads,
            {.name = "KIMBERLITE_EDGE_IO_THREADS", .help = "Threads that read requests and answer from memory."}, 1,
            256);
  table.Int(&edge_connections, {.name = "KIMBERLITE_EDGE_CONNECTIONS", .help = "Readers' connections at once."}, 1,
            1'000'000);
  table.Int(&edge_live_readers,
            {.name = "KIMBERLITE_EDGE_LIVE_READERS", .help = "Open streams of /{lang}/live at once."}, 1, 1'000'000);
  table.Int(&edge_memory_mib,
            {.name = "KIMBERLITE_EDGE_MEMORY_MIB", .help = "Pages kept in memory, in MiB; Redis keeps the others."}, 1,
            1'000'000);
  table.Int(&edge_stale_seconds,
            {.name = "KIMBERLITE_EDGE_STALE_SECONDS",
             .help = "How long a page that may have changed is served while the services it is made from are down."},
            0, 30 * 86'400);
  table.Int(&edge_hsts_seconds,
            {.name = "KIMBERLITE_EDGE_HSTS_SECONDS",
             .help = "max-age of Strict-Transport-Security; 0: none. For sites behind TLS."},
            0, 2 * 365 * 86'400);
  table.Int(&edge_cdn_seconds,
            {.name = "KIMBERLITE_EDGE_CDN_SECONDS",
             .help = "How long a CDN in front may keep pages; 0: not at all. Only for one that is purged by "
                     "Surrogate-Key or Cache-Groups after each event."},
            0, 365 * 86'400);
  table.Int(&audit_percent,
            {.name = "KIMBERLITE_AUDIT_PERCENT",
             .help = "Of a core that the auditor may spend on making kept pages anew; 0: only what events touched."},
            0, 100);
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
