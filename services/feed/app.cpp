#include "services/feed/app.h"

namespace kimberlite::feed {

App::App(const Config& config)
    : sources_({.content_target = config.content_target,
                .tagging_target = config.tagging_target,
                .token = config.rpc_token}),
      rpc_server_({.address = config.common.grpc_address,
                   .port = config.common.grpc_port,
                   .tokens_file = config.common.rpc_tokens_file}) {}

Result<v1::GetFeedResponse> App::GetFeed(const Context& context, const v1::GetFeedRequest& request) const {
  switch (request.format()) {
    case v1::FEED_FORMAT_RSS:
    case v1::FEED_FORMAT_ATOM:
    case v1::FEED_FORMAT_JSON: return feeds_.GetFeed(context, request);
    case v1::FEED_FORMAT_OPML: return feeds_.GetOpml(context, request);
    case v1::FEED_FORMAT_SITEMAP: return sitemaps_.GetSitemap(context, request);
    case v1::FEED_FORMAT_NEWS_SITEMAP: return sitemaps_.GetNewsSitemap(context, request);
    default: return InvalidField("format", "must be one of the formats of FeedFormat");
  }
}

Result<void> App::Start() {
  rpc_server_.Handle<v1::GetFeedRequest, v1::GetFeedResponse>(
      [this](const rpc::Call& call, const v1::GetFeedRequest& request) { return GetFeed(call.context, request); });
  rpc_server_.Handle<v1::ListFeedsRequest, v1::ListFeedsResponse>(
      [this](const rpc::Call& call, const v1::ListFeedsRequest& request) {
        return feeds_.ListFeeds(call.context, request);
      });
  rpc_server_.HandleServerStream<v1::StreamUpdatesRequest, v1::StreamUpdatesResponse>(
      [this](const rpc::Call& call, const v1::StreamUpdatesRequest& request,
             rpc::StreamWriter<v1::StreamUpdatesResponse>& writer) { return updates_.Run(call, request, writer); });
  KIMBERLITE_RETURN_IF_ERROR(rpc_server_.Start());
  rpc_server_.SetServing(true);
  return {};
}

Result<void> App::Ready() { return sources_.Ping(Context::WithTimeout(std::chrono::milliseconds(500))); }

void App::Stop() { rpc_server_.Stop(); }

}  // namespace kimberlite::feed
