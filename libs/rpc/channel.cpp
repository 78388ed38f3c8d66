#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>

#include "libs/base/id.h"
#include "libs/rpc/rpc.h"
#include "libs/rpc/status.h"

namespace kimberlite::rpc {

struct Channel::State {
  std::string target;
  std::string token;
  std::shared_ptr<grpc::Channel> channel;
};

Channel::Channel(const std::string& target, std::string token) : state_(std::make_unique<State>()) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 * 1024 * 1024);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // Retries stand in one place, and it is not here.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Calls to loopback and cluster addresses never go through a proxy.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  state_->target = target;
  state_->token = std::move(token);
  state_->channel = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

Channel::~Channel() = default;

Result<void> Channel::CallMethod(const Context& context, const google::protobuf::MethodDescriptor& method,
                                 const google::protobuf::Message& request, google::protobuf::Message& response) const {
  if (context.stop.stop_requested()) return Fail(Code::kCancelled, "stopped before " + method.name());
  grpc::ClientContext client;
  client.set_deadline(std::chrono::system_clock::now() + context.Remaining(std::chrono::seconds(10)));
  client.AddMetadata("authorization", "Bearer " + state_->token);
  client.AddMetadata("traceparent", ChildTraceparent(context.traceparent));
  const std::stop_callback cancel(context.stop, [&] { client.TryCancel(); });

  const std::string path = "/" + method.service()->full_name() + "/" + method.name();
  const grpc::ByteBuffer sent = ToBuffer(request);
  grpc::ByteBuffer received;
  const grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      state_->channel.get(), grpc::internal::RpcMethod(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC), &client,
      sent, &received);
  if (!status.ok()) {
    Error error = FromStatus(status);
    if (error.code() == Code::kUnavailable) {
      Error named(Code::kUnavailable, state_->target + " cannot be reached or is not ready: " + error.message());
      return Fail(std::move(named));
    }
    return Fail(std::move(error));
  }
  if (!FromBuffer(received, response)) {
    return Fail(Code::kInternal, state_->target + " answered something that is not a " + response.GetTypeName());
  }
  return {};
}

}  // namespace kimberlite::rpc
