#include "libs/rpc/access.h"

#include <fstream>
#include <sstream>

#include "kimberlite/rpc/v1/access.pb.h"
#include "libs/base/id.h"
#include "libs/base/text.h"

namespace kimberlite::rpc {
namespace {

using kimberlite::rpc::v1::Role;

std::string RoleName(int role) {
  // ROLE_EDITOR as "editor".
  std::string name = v1::Role_Name(static_cast<Role>(role)).substr(5);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

Result<int> ParseRole(std::string_view name) {
  for (const Role role : {v1::ROLE_SERVICE, v1::ROLE_EDITOR, v1::ROLE_OPERATOR}) {
    if (RoleName(role) == name) return role;
  }
  return Fail(Code::kInvalidArgument,
              "unknown role \"" + std::string(name) + "\"; roles are service, editor, operator");
}

}  // namespace

Result<AccessList> AccessList::Load(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Fail(Code::kInvalidArgument, "cannot read the tokens file " + path);
  AccessList list;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string where = path + ":" + std::to_string(number) + ": ";
    if (TrimAscii(line).empty() || TrimAscii(line).front() == '#') continue;
    std::istringstream words(line);
    std::string name, roles, token, more;
    if (!(words >> name >> roles >> token) || (words >> more)) {
      return Fail(Code::kInvalidArgument, where + "expected: name role[,role] token");
    }
    if (token.size() < 20) return Fail(Code::kInvalidArgument, where + "a token has at least 20 characters");
    Caller caller{name, {}};
    for (const std::string_view role : Split(roles, ',')) {
      auto parsed = ParseRole(role);
      if (!parsed) return Fail(Code::kInvalidArgument, where + parsed.error().message());
      caller.roles.insert(*parsed);
    }
    if (!list.callers_.emplace(Sha256Hex(token), std::move(caller)).second) {
      return Fail(Code::kInvalidArgument, where + "this token is listed twice");
    }
  }
  return list;
}

Result<std::string> AccessList::Check(const google::protobuf::MethodDescriptor& method,
                                      const std::string& authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) {
    return Fail(Code::kUnauthenticated, "no token was sent; set KIMBERLITE_RPC_TOKEN or KIMBERLITE_RPC_TOKEN_FILE");
  }
  const auto caller = callers_.find(Sha256Hex(std::string_view(authorization).substr(kScheme.size())));
  if (caller == callers_.end()) return Fail(Code::kUnauthenticated, "the token is not known to this service");
  std::vector<std::string> allowed;
  for (const int role : method.options().GetExtension(v1::access).roles()) {
    if (caller->second.roles.contains(role)) return caller->second.name;
    allowed.push_back(RoleName(role));
  }
  return Fail(Code::kPermissionDenied, caller->second.name + " may not call " + method.name() +
                                           (allowed.empty() ? std::string("; nobody may")
                                                            : "; it needs one of the roles " + Join(allowed, ", ")));
}

}  // namespace kimberlite::rpc
