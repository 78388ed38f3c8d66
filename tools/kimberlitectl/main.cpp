#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "tools/kimberlitectl/app.h"

int main(int argc, char** argv) {
  // An error is one line, and it is ours.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  std::ios::sync_with_stdio(false);
  std::error_code gone;
  const auto directory = std::filesystem::current_path(gone);
  return kimberlite::ctl::Run({.in = std::cin,
                               .out = std::cout,
                               .err = std::cerr,
                               .getenv = [](const char* name) -> const char* { return std::getenv(name); },
                               .directory = directory.string()},
                              argc, argv);
}
