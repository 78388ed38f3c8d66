#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <map>

#include "libs/base/worker_pool.h"
#include "libs/rpc/access.h"
#include "libs/rpc/rpc.h"
#include "libs/rpc/server_call.h"
#include "libs/rpc/server_reactors.h"

namespace kimberlite::rpc {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

std::string Path(const MethodDescriptor& method) { return "/" + method.service()->full_name() + "/" + method.name(); }

RpcMethod::RpcType TypeOf(const MethodDescriptor& method) {
  if (method.server_streaming()) return RpcMethod::SERVER_STREAMING;
  return method.client_streaming() ? RpcMethod::CLIENT_STREAMING : RpcMethod::NORMAL_RPC;
}

grpc::internal::MethodHandler* CallbackHandler(const ReactorEnvironment& environment, const Method& method) {
  if (method.descriptor->server_streaming()) {
    return new grpc::internal::CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>(
        [&environment, &method](grpc::CallbackServerContext* context, const ByteBuffer* request) {
          return NewServerStreamReactor(environment, method, *context, *request);
        });
  }
  if (method.descriptor->client_streaming()) {
    return new grpc::internal::CallbackClientStreamingHandler<ByteBuffer, ByteBuffer>(
        [&environment, &method](grpc::CallbackServerContext* context, ByteBuffer* response) {
          return NewClientStreamReactor(environment, method, *context, *response);
        });
  }
  return new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
      [&environment, &method](grpc::CallbackServerContext* context, const ByteBuffer* request, ByteBuffer* response) {
        return NewUnaryReactor(environment, method, *context, *request, *response);
      });
}

// A gRPC service made of descriptors: what generated code does with its raw-callback methods.
class DynamicService final : public grpc::Service {
 public:
  DynamicService(const ReactorEnvironment& environment, const std::vector<Method>& methods) {
    for (std::size_t i = 0; i < methods.size(); ++i) {
      const MethodDescriptor& descriptor = *methods[i].descriptor;
      paths_.push_back(std::make_unique<std::string>(Path(descriptor)));
      AddMethod(new grpc::internal::RpcServiceMethod(paths_.back()->c_str(), TypeOf(descriptor), nullptr));
      MarkMethodRawCallback(static_cast<int>(i), CallbackHandler(environment, methods[i]));
    }
  }

 private:
  std::vector<std::unique_ptr<std::string>> paths_;
};

}  // namespace

const MethodDescriptor& MethodOf(const google::protobuf::Descriptor& request) {
  const auto* file = request.file();
  for (int s = 0; s < file->service_count(); ++s) {
    for (int m = 0; m < file->service(s)->method_count(); ++m) {
      if (file->service(s)->method(m)->input_type() == &request) return *file->service(s)->method(m);
    }
  }
  std::fprintf(stderr, "rpc: no method takes %s\n", request.full_name().c_str());
  std::abort();
}

struct Server::State {
  Options options;
  AccessList access;
  std::map<std::string, std::vector<Method>> methods;  // by full name of the service
  int bound_port = 0;
  std::stop_source stopping;
  std::unique_ptr<WorkerPool> calls;
  std::unique_ptr<StreamPool> streams;
  std::unique_ptr<ReactorEnvironment> environment;
  std::vector<std::unique_ptr<DynamicService>> services;
  std::unique_ptr<grpc::Server> server;

  template <typename HandlerType>
  void Add(const MethodDescriptor& method, const google::protobuf::Descriptor* response, const Message& prototype,
           HandlerType handler) {
    constexpr bool kWrites = std::is_same_v<HandlerType, rpc::ServerStreamHandler>;
    constexpr bool kReads = std::is_same_v<HandlerType, rpc::ClientStreamHandler>;
    if (method.output_type() != response || method.server_streaming() != kWrites ||
        method.client_streaming() != kReads) {
      std::fprintf(stderr, "rpc: %s does not answer %s in this way\n", method.full_name().c_str(),
                   response->full_name().c_str());
      std::abort();
    }
    methods[method.service()->full_name()].push_back(
        {&method, &prototype, std::move(handler),
         telemetry::Metrics::Seconds("kimberlite_rpc_seconds", "Time to answer an RPC",
                                     {{"method", method.full_name()}})});
  }
};

Server::Server(Options options) : state_(std::make_unique<State>()) { state_->options = std::move(options); }

Server::~Server() { Stop(); }

void Server::Register(const MethodDescriptor& method, const google::protobuf::Descriptor* response,
                      const Message& prototype, Handler handler) {
  state_->Add<UnaryHandler>(method, response, prototype, std::move(handler));
}

void Server::RegisterServerStream(const MethodDescriptor& method, const google::protobuf::Descriptor* response,
                                  const Message& prototype, ServerStreamHandler handler) {
  state_->Add<rpc::ServerStreamHandler>(method, response, prototype, std::move(handler));
}

void Server::RegisterClientStream(const MethodDescriptor& method, const google::protobuf::Descriptor* response,
                                  const Message& prototype, ClientStreamHandler handler) {
  state_->Add<rpc::ClientStreamHandler>(method, response, prototype, std::move(handler));
}

Result<void> Server::Start() {
  State& state = *state_;
  KIMBERLITE_ASSIGN_OR_RETURN(state.access, AccessList::Load(state.options.tokens_file));
  state.calls = std::make_unique<WorkerPool>(state.options.threads, state.options.queue);
  state.streams = std::make_unique<StreamPool>(state.options.streams);
  state.environment = std::make_unique<ReactorEnvironment>(
      ReactorEnvironment{state.access, *state.calls, *state.streams, state.stopping.get_token()});

  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(state.options.address + ":" + std::to_string(state.options.port),
                           grpc::InsecureServerCredentials(), &state.bound_port);
  builder.SetMaxReceiveMessageSize(state.options.max_message_bytes);
  builder.SetMaxSendMessageSize(state.options.max_message_bytes);
  // Two services on one port would each get some of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Callers ask on quiet streams whether the other side still lives (see Channel); by default that is abuse.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 20'000);
  for (const auto& [name, methods] : state.methods) {
    const auto* service = methods.front().descriptor->service();
    if (!state.options.partial && static_cast<int>(methods.size()) != service->method_count()) {
      return Fail(Code::kFailedPrecondition, name + " has methods without a handler");
    }
    state.services.push_back(std::make_unique<DynamicService>(*state.environment, methods));
    builder.RegisterService(state.services.back().get());
  }
  state.server = builder.BuildAndStart();
  if (!state.server || state.bound_port == 0) {
    return Fail(Code::kUnavailable, "cannot listen on " + state.options.address + ":" +
                                        std::to_string(state.options.port) + ": is the port taken?");
  }
  SetServing(false);
  return {};
}

int Server::port() const { return state_->bound_port; }

void Server::SetServing(bool serving) {
  if (!state_->server) return;
  auto* health = state_->server->GetHealthCheckService();
  health->SetServingStatus(serving);
  for (const auto& [name, methods] : state_->methods) health->SetServingStatus(name, serving);
}

void Server::Stop(std::chrono::milliseconds grace) {
  if (state_->server) {
    SetServing(false);
    state_->stopping.request_stop();
    state_->server->Shutdown(std::chrono::system_clock::now() + grace);
    state_->server->Wait();
    state_->calls.reset();
    state_->streams.reset();
    state_->server.reset();
  }
}

}  // namespace kimberlite::rpc
