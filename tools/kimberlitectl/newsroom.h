#pragma once

#include <iosfwd>
#include <string>

#include "libs/base/error.h"
#include "tools/kimberlitectl/caller.h"

namespace kimberlite::ctl {

struct NewsroomOptions {
  std::string directory;
  std::string public_url;  // empty: the one of site.json
  int wire_port = 0;       // 0: feeds whose URL names {wire_port} are left out
  bool json = false;       // what was done as one JSON document
};

// Loads the directory (its format: deploy/local/newsroom/README.md) in the order concepts, site, sources, pictures,
// articles, feeds, and prints a line for each kind. Safe to repeat. Errors name file and line.
Result<void> LoadNewsroom(const NewsroomOptions& options, Caller& caller, std::ostream& out);

}  // namespace kimberlite::ctl
