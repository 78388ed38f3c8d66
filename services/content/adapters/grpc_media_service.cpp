#include "services/content/adapters/grpc_media_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/base/id.h"
#include "libs/telemetry/telemetry.h"
#include "services/content/adapters/pg_media_store.h"
#include "services/content/core/rules.h"

namespace kimberlite::content {
namespace {

constexpr std::size_t kMaxPut = 4 * 1024 * 1024;
constexpr std::size_t kMaxUpload = 25 * 1024 * 1024;
constexpr std::size_t kMaxChunk = 1024 * 1024;
constexpr int kMaxBatch = 200;

std::unexpected<Error> TooLarge(const std::string& field, const std::string& limit, std::size_t size) {
  return Fail(Error::Field(Code::kResourceExhausted, field,
                           "must be at most " + limit + ", this has " + std::to_string(size) + " bytes"));
}

Result<v1::Media> Counted(Result<v1::Media> outcome) {
  telemetry::Metrics::Counter("kimberlite_content_pictures_total", "Pictures that were sent to be stored",
                              {{"outcome", outcome ? "stored" : "refused"}})
      .Add();
  return outcome;
}

}  // namespace

void GrpcMediaService::Register(rpc::Server& server) {
  server.Handle<v1::PutMediaRequest, v1::PutMediaResponse>(
      [this](const auto& c, const auto& r) { return PutMedia(c, r); });
  server.HandleClientStream<v1::UploadMediaRequest, v1::UploadMediaResponse>(
      [this](const auto& c, auto& parts) { return UploadMedia(c, parts); });
  server.Handle<v1::GetMediaRequest, v1::GetMediaResponse>(
      [this](const auto& c, const auto& r) { return GetMedia(c, r); });
  server.Handle<v1::BatchGetMediaRequest, v1::BatchGetMediaResponse>(
      [this](const auto& c, const auto& r) { return BatchGetMedia(c, r); });
}

Result<v1::PutMediaResponse> GrpcMediaService::PutMedia(const rpc::Call&, const v1::PutMediaRequest& request) {
  if (request.data().empty()) return InvalidField("data", "must not be empty");
  if (request.data().size() > kMaxPut) return TooLarge("data", "4 MiB (4194304 bytes)", request.data().size());
  v1::PutMediaResponse response;
  KIMBERLITE_ASSIGN_OR_RETURN(*response.mutable_media(),
                              Counted(StoreMedia(pool_, blobs_, request.data(), "data", clock_.Now())));
  return response;
}

Result<v1::UploadMediaResponse> GrpcMediaService::UploadMedia(const rpc::Call&,
                                                              rpc::StreamReader<v1::UploadMediaRequest>& parts) {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto first, parts.Read());
  if (!first || !first->has_info()) return InvalidField("info", "must be in the first message");
  const std::string wanted = first->info().sha256();
  std::string data;
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(const auto part, parts.Read());
    if (!part) break;
    if (!part->has_chunk()) return InvalidField("chunk", "must be in every message after the first");
    if (part->chunk().size() > kMaxChunk) return TooLarge("chunk", "1 MiB (1048576 bytes)", part->chunk().size());
    if (data.size() + part->chunk().size() > kMaxUpload)
      return TooLarge("chunk", "25 MiB (26214400 bytes) in all", data.size() + part->chunk().size());
    data += part->chunk();
  }
  if (data.empty()) return InvalidField("chunk", "must not be empty");
  if (!wanted.empty() && wanted != Sha256Hex(data)) {
    return InvalidField("info.sha256", "must be the SHA-256 of the bytes that followed, which is " + Sha256Hex(data));
  }
  v1::UploadMediaResponse response;
  KIMBERLITE_ASSIGN_OR_RETURN(*response.mutable_media(),
                              Counted(StoreMedia(pool_, blobs_, data, "chunk", clock_.Now())));
  return response;
}

Result<v1::GetMediaResponse> GrpcMediaService::GetMedia(const rpc::Call&, const v1::GetMediaRequest& request) {
  v1::GetMediaResponse response;
  KIMBERLITE_ASSIGN_OR_RETURN(*response.mutable_media(), ReadMediaWithData(pool_, blobs_, request.media_id()));
  return response;
}

Result<v1::BatchGetMediaResponse> GrpcMediaService::BatchGetMedia(const rpc::Call&,
                                                                  const v1::BatchGetMediaRequest& request) {
  if (request.media_ids_size() > kMaxBatch)
    return TooMany("media_ids", kMaxBatch, static_cast<std::size_t>(request.media_ids_size()));
  const std::vector<std::string> ids(request.media_ids().begin(), request.media_ids().end());
  return pool_.Read([&](pg::Transaction& transaction) -> Result<v1::BatchGetMediaResponse> {
    KIMBERLITE_ASSIGN_OR_RETURN(std::vector<v1::Media> found, ReadMedia(transaction, ids));
    v1::BatchGetMediaResponse response;
    for (v1::Media& media : found) *response.add_media() = std::move(media);
    return response;
  });
}

}  // namespace kimberlite::content
