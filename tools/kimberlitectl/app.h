#pragma once

#include <iosfwd>
#include <string>

#include "tools/kimberlitectl/settings.h"

namespace kimberlite::ctl {

// What the program works with, so that tests can give it something else.
struct Surroundings {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  GetEnv getenv;
  std::string directory;  // where .dev/env is looked for
};

// Runs one command line. Returns the exit code: 0 done; 1 a call failed; 2 the command line or a setting is wrong.
// Errors are one line on `err`.
int Run(const Surroundings& surroundings, int argc, const char* const* argv);

}  // namespace kimberlite::ctl
