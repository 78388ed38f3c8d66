#pragma once

#include <google/protobuf/message.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "libs/base/error.h"
#include "libs/rpc/rpc.h"
#include "tools/kimberlitectl/settings.h"

namespace kimberlite::ctl {

// A fresh idempotency key: printable ASCII.
std::string NewIdempotencyKey();

// Calls the services: finds the target, gives a write its idempotency key, and tries again where that is safe. Safe
// for any thread.
class Caller {
 public:
  // timeout: of each attempt. patience: how long UNAVAILABLE is tried again, for services that are being started;
  // 0: one more attempt.
  Caller(Settings settings, std::chrono::milliseconds timeout, std::chrono::milliseconds patience = {});

  // Fills `idempotency_key` where the request has one that is empty. UNAVAILABLE and UNKNOWN are tried once more with
  // the same key: it may or may not have happened.
  Result<void> Call(const google::protobuf::MethodDescriptor& method, google::protobuf::Message& request,
                    google::protobuf::Message& response);

  // A call whose answers come one after another, `response` being each in turn; lasts until the service ends it. Not
  // tried again: who watches knows how far they came.
  Result<void> CallServerStream(const google::protobuf::MethodDescriptor& method,
                                const google::protobuf::Message& request, google::protobuf::Message& response,
                                const std::function<Result<void>()>& take);
  // A call of many requests, `request` being each in turn. Not tried again.
  Result<void> CallClientStream(const google::protobuf::MethodDescriptor& method,
                                const google::protobuf::Message& request, const std::function<Result<bool>()>& next,
                                google::protobuf::Message& response);

  template <typename Response, typename Request>
  Result<Response> Call(Request request) {
    Response response;
    KIMBERLITE_RETURN_IF_ERROR(Call(rpc::MethodOf(*Request::descriptor()), request, response));
    return response;
  }

  const Settings& settings() const { return settings_; }
  std::chrono::milliseconds timeout() const { return timeout_; }

 private:
  rpc::Channel& ChannelTo(const std::string& service);

  const Settings settings_;
  const std::chrono::milliseconds timeout_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;  // guards channels_
  std::map<std::string, std::unique_ptr<rpc::Channel>> channels_;
};

}  // namespace kimberlite::ctl
