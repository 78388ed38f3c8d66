#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>

#include "libs/base/worker_pool.h"
#include "libs/rpc/server_call.h"

// The reactors that gRPC drives: each checks the call, runs the handler on a pool and lives until gRPC is done with it.
// Inside libs/rpc only.
namespace kimberlite::rpc {

// A thread for each open stream, up to a number.
class StreamPool {
 public:
  explicit StreamPool(int streams) : free_(streams), pool_(streams, static_cast<std::size_t>(streams)) {}

  // False when every thread has its stream.
  bool Submit(std::function<void()> task) {
    if (free_.fetch_sub(1) <= 0) {
      free_.fetch_add(1);
      return false;
    }
    return pool_.Submit([this, task = std::move(task)] {
      task();
      free_.fetch_add(1);
    });
  }

 private:
  std::atomic<int> free_;
  WorkerPool pool_;
};

// What a reactor needs of its server; outlives it.
struct ReactorEnvironment {
  const AccessList& access;
  WorkerPool& calls;
  StreamPool& streams;
  std::stop_token stopping;  // requested when streams are to end
};

grpc::ServerUnaryReactor* NewUnaryReactor(const ReactorEnvironment& environment, const Method& method,
                                          const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
                                          grpc::ByteBuffer& response);
grpc::ServerWriteReactor<grpc::ByteBuffer>* NewServerStreamReactor(const ReactorEnvironment& environment,
                                                                   const Method& method,
                                                                   const grpc::CallbackServerContext& context,
                                                                   const grpc::ByteBuffer& request);
grpc::ServerReadReactor<grpc::ByteBuffer>* NewClientStreamReactor(const ReactorEnvironment& environment,
                                                                  const Method& method,
                                                                  const grpc::CallbackServerContext& context,
                                                                  grpc::ByteBuffer& response);

}  // namespace kimberlite::rpc
