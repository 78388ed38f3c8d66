#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <memory>
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

class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    int port = 0;             // 0: any free one
    std::string tokens_file;  // lines "name role[,role] token"; roles service, editor, operator; # comments
    int threads = 16;         // handlers at work at once
    int queue = 512;          // calls that wait for a thread; more are UNAVAILABLE
    int max_message_bytes = 32 * 1024 * 1024;
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

  // Listens. Every method of a service that has a handler must have one, else FAILED_PRECONDITION. Health
  // (grpc.health.v1) and reflection are on and need no token.
  Result<void> Start();
  int port() const;  // the bound one, after Start
  // What grpc.health.v1 answers for the server and each service; false at first.
  void SetServing(bool serving);
  // Refuses new calls, waits for those in flight up to `grace`, then cancels them.
  void Stop(std::chrono::milliseconds grace = std::chrono::seconds(5));

 private:
  using Handler =
      std::function<Result<std::unique_ptr<google::protobuf::Message>>(const Call&, const google::protobuf::Message&)>;
  void Register(const google::protobuf::MethodDescriptor& method, const google::protobuf::Descriptor* response,
                const google::protobuf::Message& prototype, Handler handler);
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

  // The same for messages known at run time only.
  Result<void> CallMethod(const Context& context, const google::protobuf::MethodDescriptor& method,
                          const google::protobuf::Message& request, google::protobuf::Message& response) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kimberlite::rpc
