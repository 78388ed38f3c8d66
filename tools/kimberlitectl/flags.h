#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "tools/kimberlitectl/catalog.h"

// Requests from the words of a command line: flags are derived from a request's fields.
namespace kimberlite::ctl {

// A flag of the form --label en=ALROSA that fills one field of the entry of a repeated message with this language.
struct KeyedFlag {
  std::string name;   // "label"
  std::string list;   // path of the repeated message: "definition.labels"
  std::string key;    // its field that the word before "=" goes to: "language_code"
  std::string value;  // its field that the rest goes to: "text"
  std::string help;
};

// How a request's fields become flags.
struct Shape {
  // A repeated message whose first entry the flags describe, e.g. "translations"; more of them need --json.
  std::string element = {};
  // Paths that a caller cannot set, e.g. "definition.sequence".
  std::vector<std::string> ignored = {};
  std::vector<KeyedFlag> keyed = {};
};

using Path = std::vector<const google::protobuf::FieldDescriptor*>;

struct Flag {
  enum class Kind {
    kSwitch,  // --publish, --publish=false
    kOne,     // --headline TEXT
    kMany,    // --author NAME --author NAME
    kPairs,   // --alt en=TEXT
    kFile,    // --body-file FILE, for a field that has a flag for its text as well
  };
  Kind kind;
  std::string name;                  // "section-id"
  std::vector<std::string> aliases;  // {"section"}
  Path path;                         // a repeated message before the last stands for its first entry
  // Of a KeyedFlag: the fields of the entries of path's repeated message. Both null for others.
  const google::protobuf::FieldDescriptor* key = nullptr;
  const google::protobuf::FieldDescriptor* value = nullptr;
  std::string type;  // what to give: "TEXT"
  std::string help;
  bool in_element = false;  // belongs to Shape::element
  bool positional = false;  // has no dashes
};

// What --help says of a field: its comment, or else that of the field with the same name that stands nearest.
std::string HelpOf(const google::protobuf::FieldDescriptor& field, const Comments& comments);

// Aborts when a path of the shape does not exist: the table of verbs is wrong.
std::vector<Flag> FlagsOf(const google::protobuf::Descriptor& request, const Shape& shape, const Comments& comments);

// "translations.headline" as fields; aborts when there is no such field.
Path PathOf(const google::protobuf::Descriptor& request, std::string_view names);

// Gives the content of a file, or of standard input for "-".
using ReadFile = std::function<Result<std::string>(const std::string& name)>;

// Writes what was given into the request. A list replaces what stood there, pairs are added. INVALID_ARGUMENT names
// the flag and the rule. Switches take "true" and "false"; a field of bytes takes the name of a file.
Result<void> Apply(const Flag& flag, const std::vector<std::string>& values, const ReadFile& read_file,
                   google::protobuf::Message& request);

// The proto JSON of a whole message on top of what it holds. INVALID_ARGUMENT in one line.
Result<void> MergeJson(std::string_view json, google::protobuf::Message& message);

}  // namespace kimberlite::ctl
