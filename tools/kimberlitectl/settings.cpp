#include "tools/kimberlitectl/settings.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "libs/base/text.h"
#include "libs/config/config.h"
#include "tools/kimberlitectl/catalog.h"

namespace kimberlite::ctl {
namespace {

struct Bound {
  config::Table table;
  Settings settings;
  std::string edge_address = "127.0.0.1";
  int edge_port = 8080;

  Bound() {
    table.Text(&settings.token, {.name = "KIMBERLITE_RPC_TOKEN",
                                 .help = "The token that the services know this caller by (or its file in "
                                         "KIMBERLITE_RPC_TOKEN_FILE). Needed for every call.",
                                 .secret = true});
    for (const ServiceEntry& service : Services()) {
      std::string& target = settings.targets[service.name] = service.default_target;
      table.Text(&target, {.name = service.target_variable, .help = "host:port of the " + service.name + " service."});
    }
    table.Text(&edge_address, {.name = "KIMBERLITE_EDGE_ADDRESS", .help = "Where readers reach the site, for bench."});
    table.Int(&edge_port, {.name = "KIMBERLITE_EDGE_PORT", .help = "Its port."}, 1, 65535);
  }
};

// The variables of the nearest .dev/env upwards; empty when there is none.
Result<std::map<std::string, std::string>> ReadDevEnv(const std::string& directory) {
  std::error_code ignored;
  for (std::filesystem::path at = directory; !at.empty(); at = at.parent_path()) {
    const auto path = at / ".dev" / "env";
    if (std::filesystem::is_regular_file(path, ignored)) {
      std::ifstream file(path);
      std::ostringstream text;
      if (!file || !(text << file.rdbuf())) return Fail(Code::kInvalidArgument, "cannot read " + path.string());
      auto variables = ParseEnvFile(text.str());
      if (!variables) return Fail(Code::kInvalidArgument, path.string() + ":" + variables.error().message());
      return variables;
    }
    if (at == at.root_path()) break;
  }
  return std::map<std::string, std::string>();
}

// One shell word; false when a quote stays open or something stands after the word.
bool ReadWord(std::string_view text, std::string& word) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'') {
      const auto end = text.find('\'', i + 1);
      if (end == std::string_view::npos) return false;
      word += text.substr(i + 1, end - i - 1);
      i = end;
    } else if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        word += text[i];
      }
      if (i == text.size()) return false;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
    } else if (c == ' ' || c == '\t') {
      const std::string_view rest = TrimAscii(text.substr(i));
      return rest.empty() || rest.front() == '#';
    } else {
      word += c;
    }
  }
  return true;
}

}  // namespace

Result<std::map<std::string, std::string>> ParseEnvFile(std::string_view text) {
  std::map<std::string, std::string> variables;
  int number = 0;
  for (std::string_view line : Split(text, '\n')) {
    ++number;
    line = TrimAscii(line);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = TrimAscii(line.substr(7));
    const auto equals = line.find('=');
    std::string value;
    if (equals == 0 || equals == std::string_view::npos || !ReadWord(line.substr(equals + 1), value)) {
      return Fail(Code::kInvalidArgument, std::to_string(number) + ": expected KEY=value");
    }
    variables[std::string(line.substr(0, equals))] = std::move(value);
  }
  return variables;
}

Result<Settings> ReadSettings(const GetEnv& getenv, const std::string& directory) {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto file, ReadDevEnv(directory));
  const auto lookup = [&](const char* name) -> const char* {
    if (const char* value = getenv(name)) return value;
    // NAME of the environment also stands for NAME_FILE of the file, and the other way round.
    constexpr std::string_view kFile = "_FILE";
    std::string other = name;
    if (other.ends_with(kFile)) {
      other.resize(other.size() - kFile.size());
    } else {
      other += kFile;
    }
    if (getenv(other.c_str())) return nullptr;
    const auto found = file.find(name);
    return found == file.end() ? nullptr : found->second.c_str();
  };
  Bound bound;
  KIMBERLITE_RETURN_IF_ERROR(bound.table.Read(lookup));
  bound.settings.edge = "http://" + bound.edge_address + ":" + std::to_string(bound.edge_port);
  return std::move(bound.settings);
}

std::string SettingsHelp() { return Bound().table.Help(); }

}  // namespace kimberlite::ctl
