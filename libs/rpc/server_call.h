#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>

#include <variant>

#include "libs/rpc/access.h"
#include "libs/rpc/rpc.h"
#include "libs/telemetry/telemetry.h"

// What every call on the server has, unary or streaming. Inside libs/rpc only.
namespace kimberlite::rpc {

using UnaryHandler =
    std::function<Result<std::unique_ptr<google::protobuf::Message>>(const Call&, const google::protobuf::Message&)>;
using WriteFunction = std::function<Result<void>(const google::protobuf::Message&)>;
using ReadFunction = std::function<Result<bool>(google::protobuf::Message&)>;
using ServerStreamHandler = std::function<Result<void>(const Call&, const google::protobuf::Message&, WriteFunction)>;
using ClientStreamHandler =
    std::function<Result<std::unique_ptr<google::protobuf::Message>>(const Call&, ReadFunction)>;

// A method with its function.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor;
  const google::protobuf::Message* prototype;  // of the request
  std::variant<UnaryHandler, ServerStreamHandler, ClientStreamHandler> handler;
  telemetry::Histogram seconds;  // of unary calls; a stream lasts as long as its caller wants
};

// Who calls, until when, and what is noted when it ends.
class ServerCall {
 public:
  explicit ServerCall(const Method& method) : method_(method), begun_(std::chrono::steady_clock::now()) {}

  // Checks the token and fills call(). An error is the answer.
  Result<void> Begin(const AccessList& access, const grpc::CallbackServerContext& context);
  const Call& call() const { return call_; }
  void RequestStop() { stop_.request_stop(); }
  // CANCELLED or DEADLINE_EXCEEDED when nobody waits for an answer any more.
  Result<void> StillWanted() const;
  // Counts it and logs what is worth it.
  void End(Code code);
  grpc::Status End(const Error& error);

 private:
  const Method& method_;
  const std::chrono::steady_clock::time_point begun_;
  std::stop_source stop_;
  Call call_;
};

}  // namespace kimberlite::rpc
