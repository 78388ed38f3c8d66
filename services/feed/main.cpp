#include "services/feed/app.h"

int main(int argc, char** argv) {
  using namespace kimberlite;
  feed::Config config;
  config::Table settings;
  config.Bind(settings);
  return runtime::Main(argc, argv,
                       {.name = "kimberlite-feed",
                        .summary = "Makes feed documents and sitemaps from what content says.",
                        .settings = &settings,
                        .common = &config.common,
                        .migrate = []() -> Result<void> { return {}; },  // owns no tables
                        .make_service = [&] { return std::make_unique<feed::App>(config); }});
}
