#include "libs/rpc/server_reactors.h"

#include <condition_variable>
#include <mutex>

#include "libs/rpc/status.h"

namespace kimberlite::rpc {
namespace {

using google::protobuf::Message;

Error NotThisMessage(const Message& prototype) {
  return Error(Code::kInvalidArgument, "the request is not a " + prototype.GetTypeName());
}

// Handlers throw nothing of ours; what a library lets through must not end the process.
template <typename Function>
auto Guarded(Function&& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& exception) {
    return Fail(Code::kInternal, std::string("unexpected: ") + exception.what());
  }
}

class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  UnaryReactor(const ReactorEnvironment& environment, const Method& method, const grpc::CallbackServerContext& context,
               const grpc::ByteBuffer& request, grpc::ByteBuffer& response)
      : method_(method), response_(response), call_(method) {
    if (const auto begun = call_.Begin(environment.access, context); !begun) {
      Refuse(begun.error());
      return;
    }
    request_.reset(method.prototype->New());
    if (!FromBuffer(request, *request_)) {
      Refuse(NotThisMessage(*request_));
      return;
    }
    if (!environment.calls.Submit([this] { Run(); })) {
      // UNAVAILABLE, not RESOURCE_EXHAUSTED: nothing is wrong with the request, and it is worth trying again.
      Refuse(Error(Code::kUnavailable, "the service is busy; try again later"));
    }
  }

  void OnCancel() override { call_.RequestStop(); }
  void OnDone() override { delete this; }

 private:
  void Run() {
    if (const auto wanted = call_.StillWanted(); !wanted) return Refuse(wanted.error());
    const auto outcome = Guarded([&] { return std::get<UnaryHandler>(method_.handler)(call_.call(), *request_); });
    if (!outcome) return Refuse(outcome.error());
    response_ = ToBuffer(**outcome);
    call_.End(Code::kOk);
    Finish(grpc::Status::OK);
  }
  void Refuse(const Error& error) { Finish(call_.End(error)); }

  const Method& method_;
  grpc::ByteBuffer& response_;
  ServerCall call_;
  std::unique_ptr<Message> request_;
};

// One read or write at a time, waited for by the handler's thread. gRPC always reports its end, with `ok` false once
// the call is cancelled.
class Completion {
 public:
  void Arm() {
    const std::lock_guard lock(mutex_);
    done_ = false;
  }
  void Report(bool ok) {
    const std::lock_guard lock(mutex_);
    done_ = true;
    ok_ = ok;
    changed_.notify_one();
  }
  bool Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
    return ok_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  bool ok_ = false;
};

// What both kinds of streams share. Base is a gRPC reactor.
template <typename Base>
class StreamReactor : public Base {
 public:
  void OnCancel() override { call_.RequestStop(); }
  void OnDone() override { delete this; }

 protected:
  explicit StreamReactor(const ReactorEnvironment& environment, const Method& method)
      : method_(method), call_(method), on_stopping_(environment.stopping, Stopper{call_}) {}

  // Called last by constructors.
  void Start(const ReactorEnvironment& environment, const grpc::CallbackServerContext& context) {
    if (const auto begun = call_.Begin(environment.access, context); !begun) return Refuse(begun.error());
    if (environment.stopping.stop_requested()) return Refuse(Error(Code::kUnavailable, "the service is stopping"));
    if (!environment.streams.Submit([this] { Run(); })) {
      Refuse(Error(Code::kResourceExhausted, "too many streams are open; close some or try again later"));
    }
  }
  virtual void Run() = 0;
  void Refuse(const Error& error) { this->Finish(call_.End(error)); }
  Error Gone() const { return Error(Code::kCancelled, "the caller went away or the service is stopping"); }

  const Method& method_;
  ServerCall call_;
  Completion completion_;

 private:
  struct Stopper {
    ServerCall& call;
    void operator()() const { call.RequestStop(); }
  };
  std::stop_callback<Stopper> on_stopping_;
};

class ServerStreamReactor final : public StreamReactor<grpc::ServerWriteReactor<grpc::ByteBuffer>> {
 public:
  ServerStreamReactor(const ReactorEnvironment& environment, const Method& method,
                      const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request)
      : StreamReactor(environment, method) {
    request_.reset(method.prototype->New());
    if (!FromBuffer(request, *request_)) {
      Refuse(NotThisMessage(*request_));
      return;
    }
    Start(environment, context);
  }

  void OnWriteDone(bool ok) override { completion_.Report(ok); }

 private:
  void Run() override {
    const auto outcome = Guarded([&] {
      return std::get<ServerStreamHandler>(method_.handler)(call_.call(), *request_,
                                                            [this](const Message& message) { return Write(message); });
    });
    if (!outcome) return Refuse(outcome.error());
    call_.End(Code::kOk);
    Finish(grpc::Status::OK);
  }

  Result<void> Write(const Message& message) {
    if (call_.call().context.stop.stop_requested()) return Fail(Gone());
    buffer_ = ToBuffer(message);
    completion_.Arm();
    StartWrite(&buffer_);
    if (!completion_.Wait()) return Fail(Gone());
    return {};
  }

  std::unique_ptr<Message> request_;
  grpc::ByteBuffer buffer_;  // being written
};

class ClientStreamReactor final : public StreamReactor<grpc::ServerReadReactor<grpc::ByteBuffer>> {
 public:
  ClientStreamReactor(const ReactorEnvironment& environment, const Method& method,
                      const grpc::CallbackServerContext& context, grpc::ByteBuffer& response)
      : StreamReactor(environment, method), response_(response) {
    Start(environment, context);
  }

  void OnReadDone(bool ok) override { completion_.Report(ok); }

 private:
  void Run() override {
    const auto outcome = Guarded([&] {
      return std::get<ClientStreamHandler>(method_.handler)(call_.call(),
                                                            [this](Message& message) { return Read(message); });
    });
    if (!outcome) return Refuse(outcome.error());
    response_ = ToBuffer(**outcome);
    call_.End(Code::kOk);
    Finish(grpc::Status::OK);
  }

  Result<bool> Read(Message& message) {
    if (call_.call().context.stop.stop_requested()) return Fail(Gone());
    completion_.Arm();
    StartRead(&buffer_);
    if (!completion_.Wait()) {
      // The end of the requests and the end of the call look alike here.
      if (call_.call().context.stop.stop_requested()) return Fail(Gone());
      return false;
    }
    if (!FromBuffer(buffer_, message)) return Fail(NotThisMessage(*method_.prototype));
    return true;
  }

  grpc::ByteBuffer& response_;
  grpc::ByteBuffer buffer_;  // being read
};

}  // namespace

grpc::ServerUnaryReactor* NewUnaryReactor(const ReactorEnvironment& environment, const Method& method,
                                          const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                                          grpc::ByteBuffer& response) {
  return new UnaryReactor(environment, method, context, request, response);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* NewServerStreamReactor(const ReactorEnvironment& environment,
                                                                   const Method& method,
                                                                   const grpc::CallbackServerContext& context,
                                                                   const grpc::ByteBuffer& request) {
  return new ServerStreamReactor(environment, method, context, request);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* NewClientStreamReactor(const ReactorEnvironment& environment,
                                                                  const Method& method,
                                                                  const grpc::CallbackServerContext& context,
                                                                  grpc::ByteBuffer& response) {
  return new ClientStreamReactor(environment, method, context, response);
}

}  // namespace kimberlite::rpc
