#pragma once

#include <any>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <typeindex>
#include <vector>

#include "libs/rpc/rpc.h"

namespace kimberlite::ctl {

// All public services on one real rpc::Server, whose methods answer what a test says, or nothing at all. Two callers
// are known: one with the roles editor and operator, one with the role service.
class FakeServices {
 public:
  FakeServices();
  ~FakeServices();

  // Before Start, from the test's thread.
  template <typename Request, typename Response>
  void On(std::function<Result<Response>(const Request&)> answer) {
    answers_[std::type_index(typeid(Request))] = std::move(answer);
  }
  // port 0: any free one.
  void Start(int port = 0);

  std::string target() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  std::string token() const { return "editor-and-operator-token"; }
  std::string service_token() const { return "token-of-a-service-only"; }

  // What was asked, in order: "CreateArticle".
  std::vector<std::string> calls() const;

 private:
  template <typename Request, typename Response>
  void Register();

  std::filesystem::path tokens_;
  std::unique_ptr<rpc::Server> server_;
  std::map<std::type_index, std::any> answers_;
  mutable std::mutex mutex_;  // guards calls_
  std::vector<std::string> calls_;
};

}  // namespace kimberlite::ctl
