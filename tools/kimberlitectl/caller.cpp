#include "tools/kimberlitectl/caller.h"

#include <thread>

#include "libs/base/id.h"
#include "tools/kimberlitectl/catalog.h"

namespace kimberlite::ctl {
namespace {

constexpr std::chrono::milliseconds kPause{200};  // before another attempt

void EnsureIdempotencyKey(google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("idempotency_key");
  if (field && request.GetReflection()->GetString(request, field).empty()) {
    request.GetReflection()->SetString(&request, field, NewIdempotencyKey());
  }
}

}  // namespace

std::string NewIdempotencyKey() { return "kimberlitectl:" + NewUuid(); }

Caller::Caller(Settings settings, std::chrono::milliseconds timeout, std::chrono::milliseconds patience)
    : settings_(std::move(settings)), timeout_(timeout), patience_(patience) {}

Result<void> Caller::Call(const google::protobuf::MethodDescriptor& method, google::protobuf::Message& request,
                          google::protobuf::Message& response) {
  EnsureIdempotencyKey(request);
  const rpc::Channel& channel = ChannelTo(ServiceOf(method).name);
  const auto give_up = std::chrono::steady_clock::now() + patience_;
  for (int attempt = 1;; ++attempt) {
    auto called = channel.CallMethod(Context::WithTimeout(timeout_), method, request, response);
    if (called) return called;
    const Code code = called.error().code();
    const bool first = attempt == 1 && (code == Code::kUnavailable || code == Code::kUnknown);
    const bool patient = code == Code::kUnavailable && std::chrono::steady_clock::now() < give_up;
    if (!first && !patient) return called;
    std::this_thread::sleep_for(kPause);
  }
}

Result<void> Caller::CallServerStream(const google::protobuf::MethodDescriptor& method,
                                      const google::protobuf::Message& request, google::protobuf::Message& response,
                                      const std::function<Result<void>()>& take) {
  return ChannelTo(ServiceOf(method).name).CallServerStreamMethod({}, method, request, response, take);
}

Result<void> Caller::CallClientStream(const google::protobuf::MethodDescriptor& method,
                                      const google::protobuf::Message& request,
                                      const std::function<Result<bool>()>& next, google::protobuf::Message& response) {
  // A call of many requests takes as long as they need.
  return ChannelTo(ServiceOf(method).name)
      .CallClientStreamMethod(Context::WithTimeout(std::chrono::hours(24)), method, request, next, response);
}

rpc::Channel& Caller::ChannelTo(const std::string& service) {
  const std::lock_guard lock(mutex_);
  auto& channel = channels_[service];
  if (!channel) channel = std::make_unique<rpc::Channel>(settings_.targets.at(service), settings_.token);
  return *channel;
}

}  // namespace kimberlite::ctl
