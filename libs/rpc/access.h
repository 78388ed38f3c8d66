#pragma once

#include <google/protobuf/descriptor.h>

#include <map>
#include <set>
#include <string>

#include "libs/base/error.h"

namespace kimberlite::rpc {

// Who may call what: tokens from a file, rules from the protos' method options.
class AccessList {
 public:
  // Lines "name role[,role] token"; empty lines and # comments are skipped. INVALID_ARGUMENT names file and line.
  static Result<AccessList> Load(const std::string& path);

  // The caller's name. UNAUTHENTICATED without a known token, PERMISSION_DENIED when no role of it is allowed.
  // `authorization`: the metadata's value, "Bearer <token>".
  Result<std::string> Check(const google::protobuf::MethodDescriptor& method, const std::string& authorization) const;

 private:
  struct Caller {
    std::string name;
    std::set<int> roles;
  };
  // By SHA-256 of the token: a look-up then tells nothing of it by its time.
  std::map<std::string, Caller> callers_;
};

}  // namespace kimberlite::rpc
