#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "kimberlite/feed/v1/feed_service.pb.h"
#include "libs/http/event_hub.h"
#include "libs/http/server.h"
#include "libs/rpc/rpc.h"

namespace kimberlite::rendering {

// /{lang}/live: what happens to the stories of a language, as Server-Sent Events. One stream from the feed service
// feeds every reader. The newest updates are kept in memory, so that readers who come back with their Last-Event-ID go
// on where they were; what is older is asked of the feed service once for all who need it. Safe for any thread.
//
// Events: `added`, `changed`, `removed` with a JSON object as data, and `reset` where what the reader missed is not
// kept any more: it should read the page anew. The id is a cursor of StreamUpdates.
class LiveStream {
 public:
  struct Options {
    std::string feed_target;
    std::string token;
    http::EventHub::Options hub;
    std::size_t kept_updates = 10'000;
  };
  explicit LiveStream(Options options);
  ~LiveStream();  // Stop()

  void Start();
  // Closes every connection: readers come back, to another replica.
  void Stop();

  // Answers GET and HEAD. May block for some seconds where the feed service has to be asked. 400 for an id that no
  // stream gave. When there is no room, the answer is an empty stream that says when to come back: browsers take any
  // other status than 200 for final.
  void Answer(const http::Request& request, const std::string& language, http::Responder respond);

  int readers() const { return hub_.readers(); }
  // Whether the feed service has been heard: until then nobody can go on at an id.
  bool IsOpen();

 private:
  struct Entry {
    std::string cursor;
    std::string language;
    http::EventHub::Bytes bytes;  // null: only moves the cursor
  };
  static Entry EntryOf(const feed::v1::StreamUpdatesResponse& response);

  void Follow(const std::stop_token& stop);
  void Take(Entry entry);
  void Join(int socket, const std::string& language, std::int64_t from);
  // The place after this cursor; absent where it is not kept. Under mutex_.
  std::optional<std::int64_t> PlaceAfter(const std::string& cursor) const;
  std::int64_t end() const { return first_ + static_cast<std::int64_t>(kept_.size()); }
  // Asks the feed service for what lies between the cursor and what is kept, and keeps it.
  Result<std::int64_t> Backfill(const Context& context, const std::string& cursor);

  const Options options_;
  const rpc::Channel feed_;
  http::EventHub hub_;

  std::mutex mutex_;  // guards what follows, and that a reader joins between two updates
  std::deque<Entry> kept_;
  std::int64_t first_ = 0;                                // place of kept_.front()
  std::string before_first_;                              // cursor before kept_.front(); empty until the stream is open
  std::unordered_map<std::string, std::int64_t> places_;  // of what is kept, by cursor

  std::mutex backfill_mutex_;  // one at a time: the others find what it brought
  std::atomic<int> backfills_ = 0;
  std::jthread thread_;
};

}  // namespace kimberlite::rendering
