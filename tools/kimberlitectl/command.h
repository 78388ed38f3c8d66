#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "kimberlite/content/v1/site.pb.h"
#include "libs/base/error.h"
#include "tools/kimberlitectl/caller.h"
#include "tools/kimberlitectl/flags.h"
#include "tools/kimberlitectl/verbs.h"

namespace kimberlite::ctl {

// A flag or positional with what the command line gave.
struct GivenFlag {
  Flag flag;
  std::vector<std::string> values;
};

// One run of a verb of the table.
struct Command {
  const Verb* verb;
  const google::protobuf::MethodDescriptor* method;
  std::string json;              // of --json; empty: not given
  std::vector<GivenFlag> given;  // in the order of the table, only what was given
  bool all = false;              // --all, see Extra::kAllSwitch
  bool wait_visible = false;
  std::string save;  // --save
  bool output_json = false;
};

// The request that a command line asks for. INVALID_ARGUMENT says what to write differently.
Result<std::unique_ptr<google::protobuf::Message>> BuildRequest(const Command& command, const ReadFile& read_file);

// Calls a method whatever its kind and gives each answer to `print`. `request` is the first one; of a method that takes
// many, `lines` holds them instead, each a line of proto JSON that is merged into a copy of `request`.
Result<void> CallAndPrint(Caller& caller, const google::protobuf::MethodDescriptor& method,
                          google::protobuf::Message& request, const std::string& lines,
                          const std::function<Result<void>(const google::protobuf::Message&)>& print);

// The site's settings; empty while there are none yet.
Result<content::v1::Site> ReadSite(Caller& caller);

// Calls and prints. `err` gets a note where something was read that the caller left out.
Result<void> Execute(const Command& command, google::protobuf::Message& request, const ReadFile& read_file,
                     Caller& caller, std::ostream& out, std::ostream& err);

}  // namespace kimberlite::ctl
