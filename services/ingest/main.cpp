#include <memory>

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"
#include "services/ingest/app.h"
#include "services/ingest/config.h"

int main(int argc, char** argv) {
  namespace ingest = kimberlite::ingest;
  ingest::Config config;
  kimberlite::config::Table settings;
  config.Bind(settings);
  return kimberlite::runtime::Main(
      argc, argv,
      {.name = "kimberlite-ingest",
       .summary = "Polls the feeds of news sources and says what came: new items and changed ones.",
       .settings = &settings,
       .common = &config.common,
       .migrate = [&] { return ingest::MigrateAll(config); },
       .make_service = [&] { return std::make_unique<ingest::App>(config); }});
}
