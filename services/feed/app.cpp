#include "services/feed/app.h"

namespace kimberlite::feed {

App::App(const Config& config)
    : maker_(
          {.content_target = config.content_target, .tagging_target = config.tagging_target, .token = config.rpc_token},
          clock_),
      rpc_server_({.address = config.common.grpc_address,
                   .port = config.common.grpc_port,
                   .tokens_file = config.common.rpc_tokens_file}) {}

Result<void> App::Start() {
  rpc_server_.Handle<v1::GetFeedRequest, v1::GetFeedResponse>(
      [this](const rpc::Call& call, const v1::GetFeedRequest& request) {
        return maker_.GetFeed(call.context, request);
      });
  rpc_server_.Handle<v1::ListFeedsRequest, v1::ListFeedsResponse>(
      [this](const rpc::Call& call, const v1::ListFeedsRequest& request) {
        return maker_.ListFeeds(call.context, request);
      });
  KIMBERLITE_RETURN_IF_ERROR(rpc_server_.Start());
  rpc_server_.SetServing(true);
  return {};
}

Result<void> App::Ready() { return maker_.Ping(Context::WithTimeout(std::chrono::milliseconds(500))); }

void App::Stop() { rpc_server_.Stop(); }

}  // namespace kimberlite::feed
