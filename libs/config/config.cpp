#include "libs/config/config.h"

#include <charconv>
#include <fstream>
#include <sstream>

#include "libs/base/text.h"

namespace kimberlite::config {

void Table::Add(Setting setting, std::function<Result<void>(const std::string&)> parse,
                std::function<std::string()> show) {
  std::string default_value = show();
  entries_.push_back({std::move(setting), std::move(default_value), std::move(parse), std::move(show)});
}

void Table::Text(std::string* target, Setting setting) {
  Add(
      std::move(setting),
      [target](const std::string& value) -> Result<void> {
        *target = value;
        return {};
      },
      [target] { return *target; });
}

void Table::Int(int* target, Setting setting, int min, int max) {
  Add(
      std::move(setting),
      [=](const std::string& value) -> Result<void> {
        int number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc() || end != value.data() + value.size() || number < min || number > max) {
          return Fail(Code::kInvalidArgument,
                      "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
        }
        *target = number;
        return {};
      },
      [target] { return std::to_string(*target); });
}

void Table::List(std::vector<std::string>* target, Setting setting) {
  Add(
      std::move(setting),
      [target](const std::string& value) -> Result<void> {
        target->clear();
        for (const std::string_view part : Split(value, ',')) {
          if (const auto item = TrimAscii(part); !item.empty()) target->emplace_back(item);
        }
        return {};
      },
      [target] { return Join(*target, ","); });
}

Result<void> Table::Read(const std::function<const char*(const char*)>& getenv) {
  for (const Entry& entry : entries_) {
    const std::string& name = entry.setting.name;
    const char* value = getenv(name.c_str());
    const char* file = getenv((name + "_FILE").c_str());
    if (value && file) return Fail(Code::kInvalidArgument, name + " and " + name + "_FILE are both set; set one");
    std::string text;
    if (file) {
      std::ifstream stream(file);
      std::ostringstream content;
      if (!stream || !(content << stream.rdbuf())) {
        return Fail(Code::kInvalidArgument, name + "_FILE: cannot read " + file);
      }
      // Editors and `echo` leave a line break at the end of a file.
      text = TrimAscii(content.str());
    } else if (value) {
      text = value;
    } else {
      if (entry.setting.required) {
        return Fail(Code::kInvalidArgument, name + " is not set: " + entry.setting.help);
      }
      continue;
    }
    if (text.empty() && entry.setting.required) {
      return Fail(Code::kInvalidArgument, name + " is empty: " + entry.setting.help);
    }
    if (auto parsed = entry.parse(text); !parsed) {
      return Fail(Code::kInvalidArgument, name + ": " + parsed.error().message());
    }
  }
  return {};
}

std::string Table::Help() const {
  std::string text;
  for (const Entry& entry : entries_) {
    text += "  " + entry.setting.name + "\n      " + entry.setting.help;
    if (entry.setting.required) {
      text += " Required.";
    } else {
      text += " Default: " + (entry.default_value.empty() ? "none" : entry.default_value) + ".";
    }
    text += '\n';
  }
  return text;
}

std::string Table::Print() const {
  std::string text;
  for (const Entry& entry : entries_) {
    const std::string value = entry.show();
    text += entry.setting.name + "=" + (entry.setting.secret && !value.empty() ? "(hidden)" : value) + "\n";
  }
  return text;
}

}  // namespace kimberlite::config
