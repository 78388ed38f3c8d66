#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "libs/base/error.h"

namespace kimberlite::ctl {

using GetEnv = std::function<const char*(const char*)>;

struct Settings {
  std::string token;                           // of KIMBERLITE_RPC_TOKEN
  std::map<std::string, std::string> targets;  // "content" → "127.0.0.1:50052"
  std::string edge;                            // "http://127.0.0.1:8080"
};

// KEY=value lines as a POSIX shell would read them: a value may be quoted with ' or ", in whole or in parts; empty
// lines and # comments are skipped, a leading "export" too. INVALID_ARGUMENT names the line.
Result<std::map<std::string, std::string>> ParseEnvFile(std::string_view text);

// Reads the environment; what is absent there (both NAME and NAME_FILE) comes from the file .dev/env of `directory` or
// of the nearest parent that has one. INVALID_ARGUMENT in one line.
Result<Settings> ReadSettings(const GetEnv& getenv, const std::string& directory);

// A table of the settings for --help.
std::string SettingsHelp();

}  // namespace kimberlite::ctl
