#include "services/feed/adapters/update_stream.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "libs/telemetry/telemetry.h"
#include "services/feed/adapters/updates.h"

namespace kimberlite::feed {
namespace {

constexpr std::chrono::milliseconds kPause{200};  // before content is asked again
constexpr std::chrono::seconds kPatience{60};     // of not hearing from it at all

void Wait(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

Result<void> UpdateStream::Run(const rpc::Call& call, const v1::StreamUpdatesRequest& request,
                               rpc::StreamWriter<v1::StreamUpdatesResponse>& writer) const {
  KIMBERLITE_ASSIGN_OR_RETURN(const UpdateFilter filter, UpdateFilter::Make(request.list_keys()));
  UpdateCursor at;
  if (!request.cursor().empty()) {
    KIMBERLITE_ASSIGN_OR_RETURN(at, ParseCursor(request.cursor(), filter));
  }

  const auto send = [&](const UpdateCursor& cursor, v1::Update* update) {
    v1::StreamUpdatesResponse response;
    response.set_cursor(FormatCursor(cursor, filter));
    if (update) *response.mutable_update() = std::move(*update);
    return writer.Write(response);
  };
  const auto take = [&](const content::v1::StreamChangesResponse& change) -> Result<void> {
    if (!change.has_article()) {
      at = {change.cursor(), 0};
      return send(at, nullptr);
    }
    KIMBERLITE_ASSIGN_OR_RETURN(const auto site, sources_.GetSite(call.context));
    std::vector<v1::Update> updates = UpdatesOf(change.article(), site, filter);
    const int count = static_cast<int>(updates.size());
    for (int i = at.dealt_with; i < count; ++i) {
      const bool last = i + 1 == count;
      const UpdateCursor next = last ? UpdateCursor{change.cursor(), 0} : UpdateCursor{at.before, i + 1};
      KIMBERLITE_RETURN_IF_ERROR(send(next, &updates[static_cast<std::size_t>(i)]));
      at = next;
    }
    at = {change.cursor(), 0};
    // A change of which nothing is seen moves the cursor all the same.
    return count == 0 ? send(at, nullptr) : Result<void>();
  };

  // When content was first found away; absent while it is heard.
  std::optional<std::chrono::steady_clock::time_point> away_since;
  while (true) {
    const auto begun = std::chrono::steady_clock::now();
    const auto ended = sources_.StreamChanges(call.context, at.before, [&](const auto& change) {
      away_since.reset();
      return take(change);
    });
    if (call.context.stop.stop_requested()) {
      return Fail(Code::kUnavailable, "the stream was stopped; go on at its last cursor");
    }
    if (!ended && ended.error().code() != Code::kUnavailable) return ended;
    // Content restarts, or ends its streams as it stops: what follows the cursor comes from the next one.
    const auto now = std::chrono::steady_clock::now();
    if (!away_since || now - begun > kPatience) away_since = now;
    if (now - *away_since > kPatience) {
      return Fail(Code::kUnavailable, "content cannot be heard; go on at the last cursor later");
    }
    telemetry::Debug("content's stream ended", {{"caller", call.caller}});
    Wait(call.context.stop, kPause);
  }
}

}  // namespace kimberlite::feed
