#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/support/sync_stream.h>

#include "libs/base/id.h"
#include "libs/rpc/rpc.h"
#include "libs/rpc/status.h"

namespace kimberlite::rpc {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

}  // namespace

struct Channel::State {
  std::string target;
  std::string token;
  std::shared_ptr<grpc::Channel> channel;

  void Prepare(const Context& context, grpc::ClientContext& client) const {
    client.AddMetadata("authorization", "Bearer " + token);
    client.AddMetadata("traceparent", ChildTraceparent(context.traceparent));
  }

  Result<void> Outcome(const grpc::Status& status) const {
    if (status.ok()) return {};
    Error error = FromStatus(status);
    if (error.code() == Code::kUnavailable) {
      return Fail(Error(Code::kUnavailable, target + " cannot be reached or is not ready: " + error.message()));
    }
    return Fail(std::move(error));
  }

  Error NotThisMessage(const Message& message) const {
    return Error(Code::kInternal, target + " answered something that is not a " + message.GetTypeName());
  }
};

Channel::Channel(const std::string& target, std::string token) : state_(std::make_unique<State>()) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 * 1024 * 1024);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // A stream that nobody writes to would not notice a silent break.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // Retries stand in one place, and it is not here.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Calls to loopback and cluster addresses never go through a proxy.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  state_->target = target;
  state_->token = std::move(token);
  state_->channel = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

Channel::~Channel() = default;

namespace {

std::string Path(const MethodDescriptor& method) { return "/" + method.service()->full_name() + "/" + method.name(); }

Result<void> NotStopped(const Context& context, const MethodDescriptor& method) {
  if (context.stop.stop_requested()) return Fail(Code::kCancelled, "stopped before " + method.name());
  return {};
}

}  // namespace

Result<void> Channel::CallMethod(const Context& context, const MethodDescriptor& method, const Message& request,
                                 Message& response) const {
  KIMBERLITE_RETURN_IF_ERROR(NotStopped(context, method));
  grpc::ClientContext client;
  state_->Prepare(context, client);
  client.set_deadline(std::chrono::system_clock::now() + context.Remaining(std::chrono::seconds(10)));
  const std::stop_callback cancel(context.stop, [&] { client.TryCancel(); });

  const std::string path = Path(method);
  const ByteBuffer sent = ToBuffer(request);
  ByteBuffer received;
  KIMBERLITE_RETURN_IF_ERROR(state_->Outcome(grpc::internal::BlockingUnaryCall<ByteBuffer, ByteBuffer>(
      state_->channel.get(), RpcMethod(path.c_str(), RpcMethod::NORMAL_RPC), &client, sent, &received)));
  if (!FromBuffer(received, response)) return Fail(state_->NotThisMessage(response));
  return {};
}

Result<void> Channel::CallServerStreamMethod(const Context& context, const MethodDescriptor& method,
                                             const Message& request, Message& response,
                                             const std::function<Result<void>()>& take) const {
  KIMBERLITE_RETURN_IF_ERROR(NotStopped(context, method));
  grpc::ClientContext client;
  state_->Prepare(context, client);
  if (context.deadline) {
    client.set_deadline(std::chrono::system_clock::now() + context.Remaining(std::chrono::milliseconds(0)));
  }
  const std::stop_callback cancel(context.stop, [&] { client.TryCancel(); });

  const std::string path = Path(method);
  const std::unique_ptr<grpc::ClientReader<ByteBuffer>> reader(grpc::internal::ClientReaderFactory<ByteBuffer>::Create(
      state_->channel.get(), RpcMethod(path.c_str(), RpcMethod::SERVER_STREAMING), &client, ToBuffer(request)));
  Result<void> taken;
  ByteBuffer buffer;
  while (taken && reader->Read(&buffer)) {
    if (!FromBuffer(buffer, response)) {
      taken = Fail(state_->NotThisMessage(response));
    } else {
      taken = take();
    }
    if (!taken) client.TryCancel();
  }
  // What is still on its way has to be read before the end can be.
  while (reader->Read(&buffer)) {
  }
  const grpc::Status status = reader->Finish();
  if (!taken) return taken;
  return state_->Outcome(status);
}

Result<void> Channel::CallClientStreamMethod(const Context& context, const MethodDescriptor& method,
                                             const Message& request, const std::function<Result<bool>()>& next,
                                             Message& response) const {
  KIMBERLITE_RETURN_IF_ERROR(NotStopped(context, method));
  grpc::ClientContext client;
  state_->Prepare(context, client);
  client.set_deadline(std::chrono::system_clock::now() + context.Remaining(std::chrono::seconds(60)));
  const std::stop_callback cancel(context.stop, [&] { client.TryCancel(); });

  const std::string path = Path(method);
  ByteBuffer received;
  const std::unique_ptr<grpc::ClientWriter<ByteBuffer>> writer(grpc::internal::ClientWriterFactory<ByteBuffer>::Create(
      state_->channel.get(), RpcMethod(path.c_str(), RpcMethod::CLIENT_STREAMING), &client, &received));
  Result<bool> more = next();
  // A failed write: the server ended the call early, and Finish says why.
  while (more && *more && writer->Write(ToBuffer(request))) more = next();
  if (!more) {
    client.TryCancel();
  } else {
    writer->WritesDone();
  }
  const grpc::Status status = writer->Finish();
  if (!more) return std::unexpected(std::move(more).error());
  KIMBERLITE_RETURN_IF_ERROR(state_->Outcome(status));
  if (!FromBuffer(received, response)) return Fail(state_->NotThisMessage(response));
  return {};
}

}  // namespace kimberlite::rpc
