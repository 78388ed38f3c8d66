#include "services/rendering/adapters/live_stream.h"

#include <condition_variable>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "libs/base/id.h"
#include "libs/site/site_paths.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::rendering {
namespace {

using feed::v1::StreamUpdatesRequest;
using feed::v1::StreamUpdatesResponse;
using feed::v1::Update;

constexpr std::chrono::milliseconds kPause{250};  // before the feed service is asked again
constexpr std::chrono::seconds kBackfillTimeout{4};
constexpr int kMaxBackfills = 4;     // callers that wait for one, each on a worker thread
constexpr std::size_t kMaxId = 500;  // bytes
constexpr const char* kWelcome = "retry: 2000\n\n";

const char* EventName(feed::v1::UpdateKind kind) {
  switch (kind) {
    case feed::v1::UPDATE_KIND_ADDED: return "added";
    case feed::v1::UPDATE_KIND_CHANGED: return "changed";
    default: return "removed";
  }
}

std::string EventOf(const std::string& cursor, const Update& update) {
  nlohmann::ordered_json data = {{"article_id", update.article_id()}, {"sequence", update.sequence()},
                                 {"version", update.version()},       {"language", update.language_code()},
                                 {"id", update.entry_id()},           {"url", update.url()},
                                 {"headline", update.headline()}};
  if (update.has_published_time()) data["published"] = FormatRfc3339(ToTime(update.published_time()));
  if (update.has_updated_time()) data["updated"] = FormatRfc3339(ToTime(update.updated_time()));
  data["lists"] = std::vector<std::string>(update.list_keys().begin(), update.list_keys().end());
  return "id: " + cursor + "\nevent: " + EventName(update.kind()) +
         "\ndata: " + data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n\n";
}

// Tells readers to read their page anew, and to go on at this cursor.
http::EventHub::Bytes ResetEvent(const std::string& cursor) {
  return std::make_shared<const std::string>("id: " + cursor + "\nevent: reset\ndata: {}\n\n");
}

const std::string& StreamHead() {
  static const std::string head = http::MakeStreamHead({{"Content-Type", "text/event-stream; charset=utf-8"},
                                                        {"Cache-Control", "no-store"},
                                                        {"Access-Control-Allow-Origin", "*"},
                                                        {"X-Accel-Buffering", "no"},
                                                        {"X-Content-Type-Options", "nosniff"}});
  return head;
}

void Refuse(http::Responder& respond, int status, std::string reason) {
  respond({status,
           {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
           std::make_shared<const std::string>(std::move(reason) + "\n")});
}

// Not at the same moment as all the others.
void ComeBackLater(http::Responder& respond) {
  const std::string body = "retry: " + std::to_string(2'000 + RandomBits() % 8'000) + "\n\n";
  respond({200,
           {{"Content-Type", "text/event-stream; charset=utf-8"},
            {"Cache-Control", "no-store"},
            {"Access-Control-Allow-Origin", "*"}},
           std::make_shared<const std::string>(body)});
}

}  // namespace

LiveStream::LiveStream(Options options)
    : options_(std::move(options)), feed_(options_.feed_target, options_.token), hub_(options_.hub) {}

LiveStream::~LiveStream() { Stop(); }

void LiveStream::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Follow(stop); });
}

void LiveStream::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool LiveStream::IsOpen() {
  const std::lock_guard lock(mutex_);
  return !before_first_.empty();
}

LiveStream::Entry LiveStream::EntryOf(const StreamUpdatesResponse& response) {
  Entry entry{.cursor = response.cursor(), .language = response.update().language_code(), .bytes = nullptr};
  if (response.has_update()) {
    entry.bytes = std::make_shared<const std::string>(EventOf(response.cursor(), response.update()));
  }
  return entry;
}

void LiveStream::Follow(const std::stop_token& stop) {
  std::mutex waiting;
  std::condition_variable_any never;
  std::string cursor;
  while (!stop.stop_requested()) {
    StreamUpdatesRequest request;
    request.set_cursor(cursor);
    Context context;
    context.stop = stop;
    const auto ended =
        feed_.CallServerStream<StreamUpdatesResponse>(context, request, [&](const StreamUpdatesResponse& response) {
          cursor = response.cursor();
          Take(EntryOf(response));
          return Result<void>();
        });
    if (stop.stop_requested()) return;
    if (!ended) {
      telemetry::Debug("live stream interrupted", {{"error", ended.error().ToString()}});
      if (ended.error().code() == Code::kOutOfRange || ended.error().code() == Code::kInvalidArgument) {
        // What came meanwhile is lost to this replica: readers are told so when they come back.
        telemetry::Warning("live stream begins anew", {{"error", ended.error().ToString()}});
        cursor.clear();
        const std::lock_guard lock(mutex_);
        std::set<std::string> languages;
        for (const Entry& entry : kept_) languages.insert(entry.language);
        for (const std::string& language : languages) hub_.Publish(language, ResetEvent(""));
        kept_.clear();
        places_.clear();
        before_first_.clear();
      }
    }
    std::unique_lock lock(waiting);
    never.wait_for(lock, stop, kPause, [] { return false; });
  }
}

void LiveStream::Take(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (before_first_.empty()) {
    before_first_ = entry.cursor;
    if (!entry.bytes) return;
  }
  if (entry.bytes) hub_.Publish(entry.language, entry.bytes);
  places_[entry.cursor] = end();
  kept_.push_back(std::move(entry));
  while (kept_.size() > options_.kept_updates) {
    before_first_ = kept_.front().cursor;
    places_.erase(kept_.front().cursor);
    kept_.pop_front();
    ++first_;
  }
}

std::optional<std::int64_t> LiveStream::PlaceAfter(const std::string& cursor) const {
  if (!cursor.empty() && cursor == before_first_) return first_;
  const auto found = places_.find(cursor);
  if (found == places_.end()) return std::nullopt;
  return found->second + 1;
}

Result<std::int64_t> LiveStream::Backfill(const Context& context, const std::string& cursor) {
  const std::lock_guard alone(backfill_mutex_);
  {
    const std::lock_guard lock(mutex_);
    if (const auto place = PlaceAfter(cursor)) return *place;
    if (before_first_.empty()) return Fail(Code::kUnavailable, "the stream is not open yet");
  }
  std::deque<Entry> missed;
  std::optional<std::int64_t> joint;  // where what is kept goes on after it
  StreamUpdatesRequest request;
  request.set_cursor(cursor);
  const auto ended = feed_.CallServerStream<StreamUpdatesResponse>(
      context, request, [&](const StreamUpdatesResponse& response) -> Result<void> {
        const std::lock_guard lock(mutex_);
        joint = PlaceAfter(response.cursor());
        missed.push_back(EntryOf(response));
        if (joint) return Fail(Code::kAborted, "met");
        if (missed.size() > options_.kept_updates) return Fail(Code::kOutOfRange, "more was missed than is kept");
        return {};
      });
  if (!joint) return ended ? Fail(Code::kUnavailable, "the stream ended") : std::unexpected(ended.error());
  const std::lock_guard lock(mutex_);
  if (!kept_.empty() && missed.back().cursor == kept_.front().cursor) {
    missed.pop_back();  // there already
  } else if (missed.back().cursor != before_first_) {
    // It met inside of what is kept, which has moved on; asked again, the place is found or not.
    const auto place = PlaceAfter(cursor);
    return place ? Result<std::int64_t>(*place) : Fail(Code::kUnavailable, "too much happened meanwhile");
  }
  for (auto entry = missed.rbegin(); entry != missed.rend(); ++entry) {
    --first_;
    places_[entry->cursor] = first_;
    kept_.push_front(std::move(*entry));
  }
  before_first_ = cursor;
  return first_;
}

void LiveStream::Answer(const http::Request& request, const std::string& language, http::Responder respond) {
  const std::string id(request.header("last-event-id"));
  if (id.size() > kMaxId) return Refuse(respond, 400, "Last-Event-ID is none that this stream gave.");
  if (!hub_.HasRoom()) return ComeBackLater(respond);
  std::int64_t from;
  {
    const std::lock_guard lock(mutex_);
    from = id.empty() ? end() : PlaceAfter(id).value_or(first_ - 1);
    if (before_first_.empty() && !id.empty()) from = first_ - 1;
  }
  if (from < first_) {
    if (++backfills_ > kMaxBackfills) {
      --backfills_;
      return ComeBackLater(respond);
    }
    Context context = Context::WithTimeout(kBackfillTimeout);
    context.stop = request.stop;
    const auto place = Backfill(context, id);
    --backfills_;
    if (place) {
      from = *place;
    } else if (place.error().code() == Code::kInvalidArgument) {
      return Refuse(respond, 400, "Last-Event-ID is none that this stream gave.");
    } else if (place.error().code() != Code::kOutOfRange) {
      return ComeBackLater(respond);
    } else {
      from = std::numeric_limits<std::int64_t>::min();
    }
  }
  http::Prepared answer{.head = StreamHead()};
  answer.take_over = std::make_shared<const std::function<void(int)>>(
      [this, language, from](int socket) { Join(socket, language, from); });
  respond(std::move(answer));
}

void LiveStream::Join(int socket, const std::string& language, std::int64_t from) {
  std::string bytes = kWelcome;
  const std::lock_guard lock(mutex_);
  if (from < first_) {
    bytes += *ResetEvent(kept_.empty() ? before_first_ : kept_.back().cursor);
  } else {
    for (std::int64_t place = from; place < end(); ++place) {
      const Entry& entry = kept_[static_cast<std::size_t>(place - first_)];
      if (entry.bytes && entry.language == language) bytes += *entry.bytes;
    }
  }
  hub_.Add(socket, language, std::make_shared<const std::string>(std::move(bytes)));
}

}  // namespace kimberlite::rendering
