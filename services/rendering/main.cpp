#include "services/rendering/app.h"

int main(int argc, char** argv) {
  using namespace kimberlite;
  rendering::Config config;
  config::Table settings;
  config.Bind(settings);
  return runtime::Main(
      argc, argv,
      {.name = "kimberlite-rendering",
       .summary = "Serves readers: pages, feeds and pictures by HTTP, kept in Redis and fresh by events.",
       .settings = &settings,
       .common = &config.common,
       .migrate = [&]() -> Result<void> {
         return bus::Migrate({.driver = config.common.bus, .postgres_url = config.common.postgres_url});
       },
       .make_service = [&] { return std::make_unique<rendering::App>(config); }});
}
