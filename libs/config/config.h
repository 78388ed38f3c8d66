#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

// Settings from the environment. Each has one name, KIMBERLITE_…; NAME_FILE names a file that holds the value instead.
namespace kimberlite::config {

struct Setting {
  std::string name;
  std::string help;  // one sentence
  bool required = false;
  bool secret = false;  // shown as "(hidden)"
};

// The table of a program's settings: binds names to the fields of its config struct, whose values at the time of
// binding are the defaults.
class Table {
 public:
  void Text(std::string* target, Setting setting);
  void Int(int* target, Setting setting, int min, int max);
  // Comma-separated; spaces around the items are dropped.
  void List(std::vector<std::string>* target, Setting setting);

  // Reads the environment through `getenv`. INVALID_ARGUMENT in one line that names the setting and the rule.
  Result<void> Read(const std::function<const char*(const char*)>& getenv);

  // A line per setting with its meaning and default.
  std::string Help() const;
  // NAME=value lines, secrets hidden. After Read.
  std::string Print() const;

 private:
  struct Entry {
    Setting setting;
    std::string default_value;
    std::function<Result<void>(const std::string&)> parse;
    std::function<std::string()> show;
  };
  void Add(Setting setting, std::function<Result<void>(const std::string&)> parse, std::function<std::string()> show);
  std::vector<Entry> entries_;
};

}  // namespace kimberlite::config
