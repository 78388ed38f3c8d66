#include "services/rendering/adapters/grpc_rendering_service.h"

#include "kimberlite/rendering/v1/rendering_service.pb.h"

namespace kimberlite::rendering {
namespace {

using namespace kimberlite::rendering::v1;  // the messages of this service alone

void SetTime(Time time, google::protobuf::Timestamp& timestamp) {
  const auto micros = time.time_since_epoch().count();
  timestamp.set_seconds(micros / 1'000'000);
  timestamp.set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

Result<std::string> KeyOf(const std::string& path) {
  std::string key = ParseRoute(path).CacheKey();
  if (key.empty()) return InvalidField("path", "must be the path of a page, such as /en/economy/");
  return key;
}

}  // namespace

void RegisterRenderingService(rpc::Server& server, Visibility& visibility, RedisPageStore& store, Auditor& auditor) {
  server.Handle<WaitVisibleRequest, WaitVisibleResponse>(
      [&](const rpc::Call& call, const WaitVisibleRequest& request) { return visibility.Wait(call.context, request); });
  server.Handle<GetReceiptRequest, GetReceiptResponse>([&](const rpc::Call& call, const GetReceiptRequest& request) {
    return visibility.Receipt(call.context, request);
  });
  server.Handle<ExplainPurgeRequest, ExplainPurgeResponse>(
      [&](const rpc::Call&, const ExplainPurgeRequest& request) { return visibility.Explain(request); });
  server.Handle<ListEdgesRequest, ListEdgesResponse>(
      [&](const rpc::Call&, const ListEdgesRequest&) { return visibility.Edges(); });
  server.Handle<InspectPageRequest, InspectPageResponse>(
      [&](const rpc::Call&, const InspectPageRequest& request) -> Result<InspectPageResponse> {
        KIMBERLITE_ASSIGN_OR_RETURN(const std::string key, KeyOf(request.path()));
        KIMBERLITE_ASSIGN_OR_RETURN(const auto page, store.Inspect(key));
        InspectPageResponse response;
        if (!page) return response;
        response.set_cached(true);
        response.set_http_status(page->status);
        response.set_etag(page->etag);
        SetTime(page->rendered_time, *response.mutable_rendered_time());
        for (const std::string& entity : page->entities) response.add_dependencies(entity);
        return response;
      });
  server.Handle<PurgePageRequest, PurgePageResponse>(
      [&](const rpc::Call&, const PurgePageRequest& request) -> Result<PurgePageResponse> {
        PurgePageResponse response;
        if (request.path().empty()) {
          KIMBERLITE_RETURN_IF_ERROR(auditor.DropAll());
          return response;
        }
        KIMBERLITE_ASSIGN_OR_RETURN(const std::string key, KeyOf(request.path()));
        KIMBERLITE_ASSIGN_OR_RETURN(const std::int64_t dropped, auditor.Drop(key));
        response.set_purged_pages(dropped);
        return response;
      });
}

}  // namespace kimberlite::rendering
