#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "libs/base/id.h"
#include "tools/kimberlitectl/app.h"
#include "tools/kimberlitectl/catalog.h"
#include "tools/kimberlitectl/tests/fake_services.h"

namespace kimberlite::ctl {

// Runs the whole program in this process against FakeServices.
class Program : public ::testing::Test {
 protected:
  struct Outcome {
    int code;
    std::string out, err;
    nlohmann::json json() const { return nlohmann::json::parse(out); }
  };

  Program() { std::filesystem::create_directories(directory_); }
  ~Program() override { std::filesystem::remove_all(directory_); }

  // Starts the services and tells the program of them.
  void Serve() {
    services_.Start();
    PointAt(services_.target());
  }
  void PointAt(const std::string& target) {
    for (const ServiceEntry& service : ctl::Services()) environment_[service.target_variable] = target;
    environment_["KIMBERLITE_RPC_TOKEN"] = services_.token();
  }

  Outcome Run(std::vector<std::string> arguments, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out, err;
    arguments.insert(arguments.begin(), "kimberlitectl");
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    const auto getenv = [this](const char* name) -> const char* {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    };
    const int code = ctl::Run({in, out, err, getenv, directory_.string()}, static_cast<int>(argv.size()), argv.data());
    return {code, out.str(), err.str()};
  }

  std::string Write(const std::string& name, const std::string& content) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }

  const std::filesystem::path directory_ = std::filesystem::temp_directory_path() / ("kimberlite_ctl_" + RandomHex(6));
  std::map<std::string, std::string> environment_;
  FakeServices services_;
};

}  // namespace kimberlite::ctl
