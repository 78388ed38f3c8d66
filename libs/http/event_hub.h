#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace kimberlite::http {

// Server-Sent Events (WHATWG HTML, section 9.2) to many readers who mostly wait. Each is a socket that a Server handed
// over (Prepared::take_over) after it sent the head; one thread writes to all of them. Safe for any thread.
class EventHub {
 public:
  struct Options {
    int max_readers = 20'000;
    // Of what a reader has not taken; who falls further behind is cut off, and comes back with its Last-Event-ID.
    std::size_t max_backlog_bytes = 256 * 1024;
    // A comment is sent that often, so that both sides and what is between them know that the other still lives.
    std::chrono::milliseconds heartbeat{15'000};
  };
  using Bytes = std::shared_ptr<const std::string>;

  explicit EventHub(Options options);
  ~EventHub();  // closes every connection
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  // Whether there is room for one more; who comes after is closed at once.
  bool HasRoom() const;
  // Takes the socket, sends `first` (whole events; may be null) and then everything that is published to the channel
  // after this call.
  void Add(int socket, std::string channel, Bytes first);
  // Sends whole events to all readers of a channel.
  void Publish(std::string channel, Bytes events);

  int readers() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::jthread thread_;
};

}  // namespace kimberlite::http
