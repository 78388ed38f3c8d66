#include "services/content/adapters/grpc_changes_service.h"

#include <charconv>
#include <condition_variable>
#include <mutex>

#include "libs/base/id.h"
#include "services/content/adapters/pg_change_log.h"

namespace kimberlite::content {
namespace {

constexpr int kBatch = 200;
// The log itself is a tenth of a second behind the writers.
constexpr std::chrono::milliseconds kLookEvery{50};

// A keyed digest, so that only places that were told are taken back: "42-9f86d081884c". The key stands on both sides
// of the position, which keeps SHA-256 from being continued.
std::string FormatCursor(std::int64_t position, const std::string& key) {
  const std::string text = std::to_string(position);
  return text + "-" + Sha256Hex(key + ":" + text + ":" + key).substr(0, 12);
}

Result<std::int64_t> ParseCursor(const std::string& cursor, const std::string& key) {
  std::int64_t position = -1;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), position);
  if (error == std::errc() && position >= 0 && FormatCursor(position, key) == cursor) return position;
  return InvalidField("cursor", "is none that this stream gave; leave it empty to begin at the oldest change kept");
}

}  // namespace

void GrpcChangesService::Register(rpc::Server& server) {
  server.HandleServerStream<v1::StreamChangesRequest, v1::StreamChangesResponse>(
      [this](const rpc::Call& call, const v1::StreamChangesRequest& request,
             rpc::StreamWriter<v1::StreamChangesResponse>& writer) { return StreamChanges(call, request, writer); });
}

Result<std::int64_t> GrpcChangesService::Begin(const v1::StreamChangesRequest& request, std::string& cursor_key) {
  KIMBERLITE_ASSIGN_OR_RETURN(const LogBounds bounds, pool_.Read(ReadLogBounds));
  cursor_key = bounds.cursor_key;
  if (request.cursor().empty()) return request.from_now() ? bounds.newest : bounds.kept_after;
  if (request.from_now()) return InvalidField("from_now", "must not be set with a cursor");
  KIMBERLITE_ASSIGN_OR_RETURN(const std::int64_t position, ParseCursor(request.cursor(), cursor_key));
  if (position < bounds.kept_after) {
    return Fail(Error::Field(Code::kOutOfRange, "cursor",
                             "is older than what is kept; read everything anew and begin from now on"));
  }
  return position;
}

Result<void> GrpcChangesService::StreamChanges(const rpc::Call& call, const v1::StreamChangesRequest& request,
                                               rpc::StreamWriter<v1::StreamChangesResponse>& writer) {
  std::string cursor_key;
  KIMBERLITE_ASSIGN_OR_RETURN(std::int64_t position, Begin(request, cursor_key));
  if (request.from_now()) {
    v1::StreamChangesResponse here;
    here.set_cursor(FormatCursor(position, cursor_key));
    KIMBERLITE_RETURN_IF_ERROR(writer.Write(here));
  }
  std::mutex mutex;
  std::condition_variable_any never;
  while (!call.context.stop.stop_requested()) {
    KIMBERLITE_ASSIGN_OR_RETURN(auto changes, pool_.Read([&](pg::Transaction& transaction) {
      return ReadChanges(transaction, position, kBatch);
    }));
    for (ReadChange& change : changes) {
      v1::StreamChangesResponse response;
      response.set_cursor(FormatCursor(change.position, cursor_key));
      *response.mutable_article() = std::move(change.event);
      KIMBERLITE_RETURN_IF_ERROR(writer.Write(response));
      position = change.position;
    }
    if (changes.size() == kBatch) continue;
    std::unique_lock lock(mutex);
    never.wait_for(lock, call.context.stop, kLookEvery, [] { return false; });
  }
  return Fail(Code::kUnavailable, "the service is stopping; go on at the last cursor");
}

}  // namespace kimberlite::content
