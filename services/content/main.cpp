#include <memory>

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"
#include "services/content/app.h"
#include "services/content/config.h"

int main(int argc, char** argv) {
  namespace content = kimberlite::content;
  content::Config config;
  kimberlite::config::Table settings;
  config.Bind(settings);
  return kimberlite::runtime::Main(
      argc, argv,
      {.name = "kimberlite-content",
       .summary = "The system of record: articles and their translations, sections, sources, media and site settings.",
       .settings = &settings,
       .common = &config.common,
       .migrate = [&] { return content::MigrateAll(config); },
       .make_service = [&] { return std::make_unique<content::App>(config); }});
}
