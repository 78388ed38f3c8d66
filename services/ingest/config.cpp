#include "services/ingest/config.h"

namespace kimberlite::ingest {

void Config::Bind(config::Table& table) {
  common.Bind(table);
  table.List(&allowed_hosts,
             {.name = "KIMBERLITE_INGEST_ALLOWED_HOSTS",
              .help = "Comma-separated host:port of private addresses that may be fetched; all others are refused."});
  table.Text(&user_agent, {.name = "KIMBERLITE_INGEST_USER_AGENT",
                           .help = "What the servers of feeds are told; name a way to reach you."});
  table.Int(&workers, {.name = "KIMBERLITE_INGEST_WORKERS", .help = "Feeds polled at once by this process."}, 1, 64);
  // The lease of a source is 30 s, and what was fetched must be stored within it.
  table.Int(&fetch_timeout_seconds,
            {.name = "KIMBERLITE_INGEST_FETCH_TIMEOUT_SECONDS",
             .help = "Time for one fetch, redirects included, in seconds."},
            1, 20);
  table.Int(&host_polls,
            {.name = "KIMBERLITE_INGEST_HOST_POLLS",
             .help = "Polls of one host at once, by all replicas together; allowed hosts are free of it."},
            1, 64);
  table.Int(&host_gap_ms,
            {.name = "KIMBERLITE_INGEST_HOST_GAP_MS",
             .help = "Time between two polls of one host, in milliseconds; allowed hosts are free of it."},
            0, 60'000);
  table.Int(&source_documents_mib,
            {.name = "KIMBERLITE_INGEST_SOURCE_DOCUMENTS_MIB",
             .help = "Compressed documents kept of one source for replay, in MiB; the oldest go first."},
            1, 1'000'000);
  table.Int(&documents_mib,
            {.name = "KIMBERLITE_INGEST_DOCUMENTS_MIB",
             .help = "Compressed documents kept of all sources for replay, in MiB; the oldest go first."},
            1, 100'000'000);
  table.Int(&max_backlog,
            {.name = "KIMBERLITE_INGEST_MAX_BACKLOG",
             .help = "Unsent events from which on pushes are refused until some are sent."},
            1, 10'000'000);
  table.Int(&story_texts,
            {.name = "KIMBERLITE_INGEST_STORY_TEXTS",
             .help = "Texts of the last week that new items are compared with, about 5 KiB of memory each."},
            100, 1'000'000);
  table.Text(&ca_file, {.name = "KIMBERLITE_INGEST_CA_FILE",
                        .help = "PEM file of the certificate authorities that feeds are trusted by, instead of the "
                                "system's."});
}

}  // namespace kimberlite::ingest
