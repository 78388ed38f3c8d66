#include <iostream>
#include <memory>
#include <string_view>
#include <vector>

#include "libs/config/config.h"
#include "libs/runtime/runtime.h"
#include "services/tagging/app.h"
#include "services/tagging/config.h"
#include "services/tagging/offline/identify.h"
#include "services/tagging/offline/suggest.h"

int main(int argc, char** argv) {
  namespace tagging = kimberlite::tagging;
  if (argc >= 2 && argv[1] == std::string_view("identify")) {
    return tagging::RunIdentify(std::vector<std::string_view>(argv + 2, argv + argc), std::cout);
  }
  if (argc >= 2 && argv[1] == std::string_view("suggest")) {
    return tagging::RunSuggest(std::vector<std::string_view>(argv + 2, argv + argc), std::cout);
  }
  tagging::Config config;
  kimberlite::config::Table settings;
  config.Bind(settings);
  return kimberlite::runtime::Main(
      argc, argv,
      {.name = "kimberlite-tagging",
       .summary = "Concepts with labels in every language, and the tags that they make for articles. With \"identify\" "
                  "or \"suggest\" it answers JSON lines instead (see its README).",
       .settings = &settings,
       .common = &config.common,
       .migrate = [&] { return tagging::MigrateAll(config); },
       .make_service = [&] { return std::make_unique<tagging::App>(config); }});
}
