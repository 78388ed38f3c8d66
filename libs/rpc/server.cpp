#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <map>

#include "libs/base/id.h"
#include "libs/base/worker_pool.h"
#include "libs/rpc/access.h"
#include "libs/rpc/rpc.h"
#include "libs/rpc/status.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::rpc {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using Clock = std::chrono::steady_clock;

std::string Path(const MethodDescriptor& method) { return "/" + method.service()->full_name() + "/" + method.name(); }

std::string Metadata(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end() ? std::string()
                                                  : std::string(found->second.data(), found->second.size());
}

// A method with its function.
struct Method {
  const MethodDescriptor* descriptor;
  const Message* prototype;
  std::function<Result<std::unique_ptr<Message>>(const Call&, const Message&)> handler;
  telemetry::Histogram seconds;

  telemetry::Counter Requests(Code code) const {
    return telemetry::Metrics::Counter("kimberlite_rpc_requests_total", "RPCs answered",
                                       {{"method", descriptor->full_name()}, {"code", std::string(CodeName(code))}});
  }
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

  // Runs one call on the pool. Lives until gRPC is done with it.
  class Reactor final : public grpc::ServerUnaryReactor {
   public:
    Reactor(State& state, const Method& method, grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
            grpc::ByteBuffer& response)
        : method_(method), response_(response), begun_(Clock::now()) {
      auto caller = state.access.Check(*method.descriptor, Metadata(context, "authorization"));
      if (!caller) {
        Refuse(caller.error());
        return;
      }
      call_.caller = std::move(*caller);
      call_.context.stop = stop_.get_token();
      call_.context.traceparent = ChildTraceparent(Metadata(context, "traceparent"));
      if (context.deadline() != std::chrono::system_clock::time_point::max()) {
        call_.context.deadline = Clock::now() + (context.deadline() - std::chrono::system_clock::now());
      }
      request_.reset(method.prototype->New());
      if (!FromBuffer(request, *request_)) {
        Refuse(Error(Code::kInvalidArgument, "the request is not a " + method.prototype->GetTypeName()));
        return;
      }
      if (!state.pool->Submit([this] { Run(); })) {
        // UNAVAILABLE, not RESOURCE_EXHAUSTED: nothing is wrong with the request, and it is worth trying again.
        Refuse(Error(Code::kUnavailable, "the service is busy; try again later"));
      }
    }

    void OnCancel() override { stop_.request_stop(); }
    void OnDone() override { delete this; }

   private:
    void Run() {
      if (stop_.stop_requested()) return Refuse(Error(Code::kCancelled, "the caller went away"));
      if (call_.context.deadline && *call_.context.deadline <= Clock::now()) {
        return Refuse(Error(Code::kDeadlineExceeded, "the deadline passed while the call waited for its turn"));
      }
      auto outcome = Invoke();
      if (!outcome) return Refuse(outcome.error());
      response_ = ToBuffer(**outcome);
      Record(Code::kOk);
      Finish(grpc::Status::OK);
    }

    // Handlers throw nothing of ours; what a library lets through must not end the process.
    Result<std::unique_ptr<Message>> Invoke() {
      try {
        return method_.handler(call_, *request_);
      } catch (const std::exception& exception) {
        return Fail(Code::kInternal, std::string("unexpected: ") + exception.what());
      }
    }

    void Refuse(const Error& error) {
      Record(error.code());
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
      Finish(ToStatus(error));
    }

    void Record(Code code) {
      method_.Requests(code).Add();
      method_.seconds.Observe(std::chrono::duration<double>(Clock::now() - begun_).count());
    }

    const Method& method_;
    grpc::ByteBuffer& response_;
    const Clock::time_point begun_;
    std::stop_source stop_;
    Call call_;
    std::unique_ptr<Message> request_;
  };

  // A gRPC service made of descriptors: what generated code does with its raw-callback methods.
  class DynamicService final : public grpc::Service {
   public:
    DynamicService(State& state, const std::vector<Method>& methods) {
      for (std::size_t i = 0; i < methods.size(); ++i) {
        const Method& method = methods[i];
        paths_.push_back(std::make_unique<std::string>(Path(*method.descriptor)));
        AddMethod(new grpc::internal::RpcServiceMethod(paths_.back()->c_str(), grpc::internal::RpcMethod::NORMAL_RPC,
                                                       nullptr));
        MarkMethodRawCallback(
            static_cast<int>(i),
            new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                [&state, &method](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) -> grpc::ServerUnaryReactor* {
                  return new Reactor(state, method, *context, *request, *response);
                }));
      }
    }

   private:
    std::vector<std::unique_ptr<std::string>> paths_;
  };

  std::vector<std::unique_ptr<DynamicService>> services;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<WorkerPool> pool;
};

Server::Server(Options options) : state_(std::make_unique<State>()) { state_->options = std::move(options); }

Server::~Server() { Stop(); }

void Server::Register(const MethodDescriptor& method, const google::protobuf::Descriptor* response,
                      const Message& prototype, Handler handler) {
  if (method.output_type() != response) {
    std::fprintf(stderr, "rpc: %s does not answer %s\n", method.full_name().c_str(), response->full_name().c_str());
    std::abort();
  }
  state_->methods[method.service()->full_name()].push_back(
      {&method, &prototype, std::move(handler),
       telemetry::Metrics::Seconds("kimberlite_rpc_seconds", "Time to answer an RPC",
                                   {{"method", method.full_name()}})});
}

Result<void> Server::Start() {
  State& state = *state_;
  KIMBERLITE_ASSIGN_OR_RETURN(state.access, AccessList::Load(state.options.tokens_file));
  state.pool = std::make_unique<WorkerPool>(state.options.threads, state.options.queue);

  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(state.options.address + ":" + std::to_string(state.options.port),
                           grpc::InsecureServerCredentials(), &state.bound_port);
  builder.SetMaxReceiveMessageSize(state.options.max_message_bytes);
  builder.SetMaxSendMessageSize(state.options.max_message_bytes);
  // Two services on one port would each get some of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  for (const auto& [name, methods] : state.methods) {
    const auto* service = methods.front().descriptor->service();
    if (static_cast<int>(methods.size()) != service->method_count()) {
      return Fail(Code::kFailedPrecondition, name + " has methods without a handler");
    }
    state.services.push_back(std::make_unique<State::DynamicService>(state, methods));
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
    state_->server->Shutdown(std::chrono::system_clock::now() + grace);
    state_->server->Wait();
    state_->pool.reset();
    state_->server.reset();
  }
}

}  // namespace kimberlite::rpc
