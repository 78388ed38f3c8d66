#include <iostream>
#include <memory>
#include <string_view>

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"
#include "services/ingest/app.h"
#include "services/ingest/config.h"
#include "services/ingest/core/offline.h"

int main(int argc, char** argv) {
  namespace ingest = kimberlite::ingest;
  if (argc == 2 && argv[1] == std::string_view("parse"))
    return ingest::RunLines(std::cin, std::cout, &ingest::ParseLine);
  if (argc == 2 && argv[1] == std::string_view("clean"))
    return ingest::RunLines(std::cin, std::cout, &ingest::CleanLine);
  ingest::Config config;
  kimberlite::config::Table settings;
  config.Bind(settings);
  return kimberlite::runtime::Main(
      argc, argv,
      {.name = "kimberlite-ingest",
       .summary = "Polls the feeds of news sources and says what came: new items and changed ones. With \"parse\" or "
                  "\"clean\" it answers JSON lines on standard input instead (see its README).",
       .settings = &settings,
       .common = &config.common,
       .migrate = [&] { return ingest::MigrateAll(config); },
       .make_service = [&] { return std::make_unique<ingest::App>(config); }});
}
