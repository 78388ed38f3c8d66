#include "libs/rpc/server_call.h"

#include "libs/base/id.h"
#include "libs/rpc/status.h"

namespace kimberlite::rpc {
namespace {

using Clock = std::chrono::steady_clock;

std::string Metadata(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end() ? std::string()
                                                  : std::string(found->second.data(), found->second.size());
}

}  // namespace

Result<void> ServerCall::Begin(const AccessList& access, const grpc::CallbackServerContext& context) {
  KIMBERLITE_ASSIGN_OR_RETURN(call_.caller, access.Check(*method_.descriptor, Metadata(context, "authorization")));
  call_.context.stop = stop_.get_token();
  call_.context.traceparent = ChildTraceparent(Metadata(context, "traceparent"));
  if (context.deadline() != std::chrono::system_clock::time_point::max()) {
    call_.context.deadline = Clock::now() + (context.deadline() - std::chrono::system_clock::now());
  }
  return {};
}

Result<void> ServerCall::StillWanted() const {
  if (stop_.stop_requested()) return Fail(Code::kCancelled, "the caller went away");
  if (call_.context.deadline && *call_.context.deadline <= Clock::now()) {
    return Fail(Code::kDeadlineExceeded, "the deadline passed while the call waited for its turn");
  }
  return {};
}

void ServerCall::End(Code code) {
  telemetry::Metrics::Counter("kimberlite_rpc_requests_total", "RPCs answered",
                              {{"method", method_.descriptor->full_name()}, {"code", std::string(CodeName(code))}})
      .Add();
  if (std::holds_alternative<UnaryHandler>(method_.handler)) {
    method_.seconds.Observe(std::chrono::duration<double>(Clock::now() - begun_).count());
  }
}

grpc::Status ServerCall::End(const Error& error) {
  End(error.code());
  if (error.code() == Code::kInternal || error.code() == Code::kUnknown) {
    telemetry::LogError("rpc failed", {{"method", method_.descriptor->full_name()},
                                       {"caller", call_.caller},
                                       {"code", CodeName(error.code())},
                                       {"error", error.message()},
                                       {"traceparent", call_.context.traceparent}});
  } else {
    telemetry::Debug("rpc refused", {{"method", method_.descriptor->full_name()},
                                     {"caller", call_.caller},
                                     {"code", CodeName(error.code())},
                                     {"error", error.message()}});
  }
  return ToStatus(error);
}

}  // namespace kimberlite::rpc
