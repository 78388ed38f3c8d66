#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/pg/connection.h"

namespace kimberlite::pg {

struct Listener::State {
  std::string url;
  std::string channel;
  std::function<void(std::string_view)> on_notify;
  int wake_fd = eventfd(0, EFD_CLOEXEC);
  std::jthread thread;

  ~State() {
    if (thread.joinable()) {
      thread.request_stop();
      const std::uint64_t one = 1;
      // An eventfd takes eight bytes whole.
      if (write(wake_fd, &one, sizeof one) != sizeof one) std::abort();
      thread.join();
    }
    close(wake_fd);
  }

  // False when told to stop.
  bool Wait(int fd, int timeout_ms) {
    pollfd fds[2] = {{wake_fd, POLLIN, 0}, {fd, POLLIN, 0}};
    poll(fds, fd >= 0 ? 2 : 1, timeout_ms);
    return fds[0].revents == 0;
  }

  void Run(std::stop_token stop) {
    int backoff_ms = 50;
    while (!stop.stop_requested()) {
      auto opened = Connection::Open(url, "kimberlite-listener", 0);
      if (!opened || !(*opened)->Script("LISTEN " + channel)) {
        if (!Wait(-1, backoff_ms)) return;
        backoff_ms = std::min(backoff_ms * 2, 2000);
        continue;
      }
      backoff_ms = 50;
      PGconn* raw = (*opened)->raw();
      on_notify("");
      while (true) {
        if (!Wait(PQsocket(raw), -1)) return;
        if (PQconsumeInput(raw) == 0) break;
        while (PGnotify* notification = PQnotifies(raw)) {
          on_notify(notification->extra);
          PQfreemem(notification);
        }
      }
    }
  }
};

Listener::Listener(std::string url, std::string channel, std::function<void(std::string_view)> on_notify)
    : state_(std::make_unique<State>()) {
  state_->url = std::move(url);
  state_->channel = std::move(channel);
  state_->on_notify = std::move(on_notify);
  state_->thread = std::jthread([state = state_.get()](std::stop_token stop) { state->Run(stop); });
}

Listener::~Listener() = default;

}  // namespace kimberlite::pg
