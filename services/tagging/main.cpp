#include <memory>

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"
#include "services/tagging/app.h"
#include "services/tagging/config.h"

int main(int argc, char** argv) {
  namespace tagging = kimberlite::tagging;
  tagging::Config config;
  kimberlite::config::Table settings;
  config.Bind(settings);
  return kimberlite::runtime::Main(
      argc, argv,
      {.name = "kimberlite-tagging",
       .summary = "Concepts with labels in every language, and the tags that they make for articles.",
       .settings = &settings,
       .common = &config.common,
       .migrate = [&] { return tagging::MigrateAll(config); },
       .make_service = [&] { return std::make_unique<tagging::App>(config); }});
}
