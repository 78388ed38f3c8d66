#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "libs/base/context.h"
#include "libs/base/error.h"

// gRPC, written once: access by token and method option, deadlines, error details, metrics, logs. A method is known
// by its request type, since request messages are never shared.
namespace kimberlite::rpc {

// The call that a handler answers. `context.stop` is requested when the caller went away.
struct Call {
  Context context;
  std::string caller;  // name of the token
};

// The method whose request this is, declared in the same file; aborts when there is none.
const google::protobuf::MethodDescriptor& MethodOf(const google::protobuf::Descriptor& request);

// What a streaming handler writes its answers to. Used by the handler's thread alone.
template <typename Response>
class StreamWriter {
 public:
  explicit StreamWriter(std::function<Result<void>(const google::protobuf::Message&)> write)
      : write_(std::move(write)) {}
  // Returns once gRPC took it, which a slow reader delays. CANCELLED when the caller went away or the server stops:
  // the handler then returns.
  Result<void> Write(const Response& response) { return write_(response); }

 private:
  std::function<Result<void>(const google::protobuf::Message&)> write_;
};

// What a streaming handler reads its requests from. Used by the handler's thread alone.
template <typename Request>
class StreamReader {
 public:
  // Fills the message; false at the end.
  explicit StreamReader(std::function<Result<bool>(google::protobuf::Message&)> read) : read_(std::move(read)) {}
  // The next request; absent once the caller has sent all. CANCELLED when the caller went away or the server stops.
  Result<std::optional<Request>> Read() {
    Request request;
    KIMBERLITE_ASSIGN_OR_RETURN(const bool more, read_(request));
    if (!more) return std::optional<Request>();
    return std::optional<Request>(std::move(request));
  }

 private:
  std::function<Result<bool>(google::protobuf::Message&)> read_;
};

class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    int port = 0;             // 0: any free one
    std::string tokens_file;  // lines "name role[,role] token"; roles service, editor, operator; # comments
    int threads = 16;         // handlers at work at once
    int queue = 512;          // calls that wait for a thread; more are UNAVAILABLE
    int streams = 32;         // streaming calls at once, a thread each; more are RESOURCE_EXHAUSTED
    int max_message_bytes = 32 * 1024 * 1024;
    bool partial = false;  // a fake of a test: what has no handler is UNIMPLEMENTED
  };

  explicit Server(Options options);
  ~Server();  // Stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Answers one method with a plain function `Result<Response>(const Call&, const Request&)`, run on the pool.
  // Before Start only.
  template <typename Request, typename Response, typename Function>
  void Handle(Function function) {
    static_assert(std::is_invocable_r_v<Result<Response>, Function&, const Call&, const Request&>);
    Register(MethodOf(*Request::descriptor()), Response::descriptor(), Request::default_instance(),
             [function = std::move(function)](const Call& call, const google::protobuf::Message& request)
                 -> Result<std::unique_ptr<google::protobuf::Message>> {
               Result<Response> response = function(call, static_cast<const Request&>(request));
               if (!response) return std::unexpected(std::move(response).error());
               return std::make_unique<Response>(std::move(*response));
             });
  }

  // Answers one server-streaming method with `Result<void>(const Call&, const Request&, StreamWriter<Response>&)`. It
  // may last as long as the caller wants; `call.context.stop` ends it, on Stop() too. Before Start only.
  template <typename Request, typename Response, typename Function>
  void HandleServerStream(Function function) {
    static_assert(std::is_invocable_r_v<Result<void>, Function&, const Call&, const Request&, StreamWriter<Response>&>);
    RegisterServerStream(
        MethodOf(*Request::descriptor()), Response::descriptor(), Request::default_instance(),
        [function = std::move(function)](const Call& call, const google::protobuf::Message& request,
                                         std::function<Result<void>(const google::protobuf::Message&)> write) {
          StreamWriter<Response> writer(std::move(write));
          return Result<void>(function(call, static_cast<const Request&>(request), writer));
        });
  }

  // Answers one client-streaming method with `Result<Response>(const Call&, StreamReader<Request>&)`. Before Start
  // only.
  template <typename Request, typename Response, typename Function>
  void HandleClientStream(Function function) {
    static_assert(std::is_invocable_r_v<Result<Response>, Function&, const Call&, StreamReader<Request>&>);
    RegisterClientStream(
        MethodOf(*Request::descriptor()), Response::descriptor(), Request::default_instance(),
        [function = std::move(function)](const Call& call, std::function<Result<bool>(google::protobuf::Message&)> read)
            -> Result<std::unique_ptr<google::protobuf::Message>> {
          StreamReader<Request> reader(std::move(read));
          Result<Response> response = function(call, reader);
          if (!response) return std::unexpected(std::move(response).error());
          return std::make_unique<Response>(std::move(*response));
        });
  }

  // Listens. Every method of a service that has a handler must have one (but see `partial`), else FAILED_PRECONDITION.
  // Health (grpc.health.v1) and reflection are on and need no token.
  Result<void> Start();
  int port() const;  // the bound one, after Start
  // What grpc.health.v1 answers for the server and each service; false at first.
  void SetServing(bool serving);
  // Refuses new calls, asks streams to end, waits for those in flight up to `grace`, then cancels them.
  void Stop(std::chrono::milliseconds grace = std::chrono::seconds(5));

 private:
  using Handler =
      std::function<Result<std::unique_ptr<google::protobuf::Message>>(const Call&, const google::protobuf::Message&)>;
  using ServerStreamHandler = std::function<Result<void>(
      const Call&, const google::protobuf::Message&, std::function<Result<void>(const google::protobuf::Message&)>)>;
  using ClientStreamHandler = std::function<Result<std::unique_ptr<google::protobuf::Message>>(
      const Call&, std::function<Result<bool>(google::protobuf::Message&)>)>;
  void Register(const google::protobuf::MethodDescriptor& method, const google::protobuf::Descriptor* response,
                const google::protobuf::Message& prototype, Handler handler);
  void RegisterServerStream(const google::protobuf::MethodDescriptor& method,
                            const google::protobuf::Descriptor* response, const google::protobuf::Message& prototype,
                            ServerStreamHandler handler);
  void RegisterClientStream(const google::protobuf::MethodDescriptor& method,
                            const google::protobuf::Descriptor* response, const google::protobuf::Message& prototype,
                            ClientStreamHandler handler);
  struct State;
  std::unique_ptr<State> state_;
};

// A connection to a server; made at once, connected when first used and again after it was lost. Safe for any thread.
class Channel {
 public:
  // target: "host:port". token: sent with every call.
  Channel(const std::string& target, std::string token);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // One call. Without a deadline in `context`, 10 s. Not retried here.
  template <typename Response, typename Request>
  Result<Response> Call(const Context& context, const Request& request) const {
    Response response;
    KIMBERLITE_RETURN_IF_ERROR(CallMethod(context, MethodOf(*Request::descriptor()), request, response));
    return response;
  }

  // A server-streaming call: `take` gets each message as it comes; what it returns as an error ends the call and is
  // returned. Without a deadline in `context` it lasts until the server or `context.stop` ends it.
  template <typename Response, typename Request>
  Result<void> CallServerStream(const Context& context, const Request& request,
                                const std::function<Result<void>(const Response&)>& take) const {
    Response response;
    return CallServerStreamMethod(context, MethodOf(*Request::descriptor()), request, response,
                                  [&] { return take(response); });
  }

  // A client-streaming call: `next` fills the next request, or says false after the last; its error cancels the call
  // and is returned. Without a deadline in `context`, 60 s.
  template <typename Response, typename Request>
  Result<Response> CallClientStream(const Context& context, const std::function<Result<bool>(Request&)>& next) const {
    Request request;
    Response response;
    KIMBERLITE_RETURN_IF_ERROR(CallClientStreamMethod(
        context, MethodOf(*Request::descriptor()), request,
        [&]() -> Result<bool> {
          request.Clear();
          return next(request);
        },
        response));
    return response;
  }

  // The same for messages known at run time only.
  Result<void> CallMethod(const Context& context, const google::protobuf::MethodDescriptor& method,
                          const google::protobuf::Message& request, google::protobuf::Message& response) const;
  // `response` is overwritten by each message before `take` runs.
  Result<void> CallServerStreamMethod(const Context& context, const google::protobuf::MethodDescriptor& method,
                                      const google::protobuf::Message& request, google::protobuf::Message& response,
                                      const std::function<Result<void>()>& take) const;
  // `request` is sent each time that `next` has filled it.
  Result<void> CallClientStreamMethod(const Context& context, const google::protobuf::MethodDescriptor& method,
                                      const google::protobuf::Message& request,
                                      const std::function<Result<bool>()>& next,
                                      google::protobuf::Message& response) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kimberlite::rpc
