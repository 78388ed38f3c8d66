#include "libs/http/event_hub.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "libs/http/loop.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::http {
namespace {

using Clock = std::chrono::steady_clock;

struct Reader {
  Descriptor socket;
  const std::string* channel = nullptr;  // a key of State::channels
  std::vector<EventHub::Bytes> waiting;  // not sent yet
  std::size_t sent = 0;                  // of the first of them
  std::size_t backlog = 0;               // bytes of all of them
  bool wants_out = false;
};

}  // namespace

struct EventHub::State {
  explicit State(Options wanted)
      : options(wanted),
        epoll(epoll_create1(EPOLL_CLOEXEC)),
        wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        open(telemetry::Metrics::Gauge("kimberlite_http_event_readers", "Open connections of Server-Sent Events")),
        cut(telemetry::Metrics::Counter("kimberlite_http_event_readers_cut_total",
                                        "Readers of Server-Sent Events cut off for being too slow")) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event);
  }

  // What other threads ask for, in their order: a reader gets what is published after it was added and nothing before.
  struct Order {
    Descriptor socket;  // of a new reader; none: publish
    std::string channel;
    Bytes bytes;
  };

  void Send(Order order) {
    bool first;
    {
      const std::lock_guard lock(mutex);
      first = orders.empty();
      orders.push_back(std::move(order));
    }
    if (first) Wake();
  }
  void Wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake.get(), &one, sizeof one);
  }

  void Run(const std::stop_token& stop);
  void ReadOrders();
  void Join(Order order);
  void Queue(Reader& reader, const Bytes& bytes);
  bool Flush(Reader& reader);
  void Drop(Reader& reader);

  const Options options;
  const Descriptor epoll;
  const Descriptor wake;
  telemetry::Gauge open;
  telemetry::Counter cut;
  std::atomic<int> count = 0;
  std::mutex mutex;  // guards orders
  std::vector<Order> orders;
  // Of the thread alone.
  std::unordered_map<std::string, std::unordered_set<Reader*>> channels;
  std::unordered_map<Reader*, std::unique_ptr<Reader>> readers;
  std::vector<Reader*> dropped;  // to be freed once no event of this round can name them
};

EventHub::EventHub(Options options)
    : state_(std::make_unique<State>(options)),
      thread_([state = state_.get()](const std::stop_token& stop) { state->Run(stop); }) {}

EventHub::~EventHub() {
  thread_.request_stop();
  state_->Wake();
  thread_.join();
}

bool EventHub::HasRoom() const { return state_->count < state_->options.max_readers; }

void EventHub::Add(int socket, std::string channel, Bytes first) {
  Descriptor owned(socket);
  if (++state_->count > state_->options.max_readers) {
    --state_->count;
    return;
  }
  state_->Send({std::move(owned), std::move(channel), std::move(first)});
}

void EventHub::Publish(std::string channel, Bytes events) {
  state_->Send({Descriptor(), std::move(channel), std::move(events)});
}

int EventHub::readers() const { return state_->count; }

void EventHub::State::Run(const std::stop_token& stop) {
  static const Bytes kComment = std::make_shared<const std::string>(":\n\n");
  auto next_heartbeat = Clock::now() + options.heartbeat;
  std::array<epoll_event, 256> events;
  while (!stop.stop_requested()) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_heartbeat - Clock::now()).count();
    const int ready = epoll_wait(epoll.get(), events.data(), events.size(), static_cast<int>(std::max(wait, 0L)));
    bool ordered = false;
    for (int i = 0; i < ready; ++i) {
      auto* const reader = static_cast<Reader*>(events[i].data.ptr);
      if (!reader) {
        ordered = true;
        continue;
      }
      if (!reader->socket.valid()) continue;  // dropped in this round
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) {
        // A reader has nothing more to say: what comes is thrown away, the end of it is the end.
        std::array<char, 512> rest;
        const ssize_t got = recv(reader->socket.get(), rest.data(), rest.size(), 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
          Drop(*reader);
          continue;
        }
      }
      if (events[i].events & EPOLLOUT) Flush(*reader);
    }
    if (ordered) ReadOrders();
    if (Clock::now() >= next_heartbeat) {
      next_heartbeat = Clock::now() + options.heartbeat;
      std::vector<Reader*> quiet;
      for (const auto& [reader, owner] : readers) {
        if (reader->socket.valid() && reader->waiting.empty()) quiet.push_back(reader);
      }
      for (Reader* reader : quiet) Queue(*reader, kComment);
    }
    for (Reader* reader : dropped) readers.erase(reader);
    dropped.clear();
  }
}

void EventHub::State::ReadOrders() {
  std::uint64_t times;
  [[maybe_unused]] const ssize_t taken = read(wake.get(), &times, sizeof times);
  std::vector<Order> now;
  {
    const std::lock_guard lock(mutex);
    now.swap(orders);
  }
  for (Order& order : now) {
    if (order.socket.valid()) {
      Join(std::move(order));
      continue;
    }
    const auto found = channels.find(order.channel);
    if (found == channels.end()) continue;
    const std::vector<Reader*> all(found->second.begin(), found->second.end());
    for (Reader* reader : all) Queue(*reader, order.bytes);
  }
}

void EventHub::State::Join(Order order) {
  auto owner = std::make_unique<Reader>();
  Reader& reader = *owner;
  reader.socket = std::move(order.socket);
  const auto channel = channels.try_emplace(std::move(order.channel)).first;
  reader.channel = &channel->first;
  channel->second.insert(&reader);
  readers.emplace(&reader, std::move(owner));
  open.Set(static_cast<double>(readers.size() - dropped.size()));
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP, .data = {.ptr = &reader}};
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, reader.socket.get(), &event) != 0) return Drop(reader);
  if (order.bytes && !order.bytes->empty()) Queue(reader, order.bytes);
}

void EventHub::State::Queue(Reader& reader, const Bytes& bytes) {
  // What a reader gets at first may be more than it may fall behind later.
  if (!reader.waiting.empty() && reader.backlog + bytes->size() > options.max_backlog_bytes) {
    cut.Add();
    return Drop(reader);
  }
  reader.waiting.push_back(bytes);
  reader.backlog += bytes->size();
  if (!reader.wants_out) Flush(reader);
}

// Whether the reader is still there.
bool EventHub::State::Flush(Reader& reader) {
  while (!reader.waiting.empty()) {
    const std::string& bytes = *reader.waiting.front();
    const ssize_t sent =
        send(reader.socket.get(), bytes.data() + reader.sent, bytes.size() - reader.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      Drop(reader);
      return false;
    }
    if (sent < 0) break;
    reader.sent += static_cast<std::size_t>(sent);
    reader.backlog -= static_cast<std::size_t>(sent);
    if (reader.sent == bytes.size()) {
      reader.waiting.erase(reader.waiting.begin());
      reader.sent = 0;
    }
  }
  if (reader.waiting.empty()) reader.waiting.shrink_to_fit();
  const bool wants_out = !reader.waiting.empty();
  if (wants_out != reader.wants_out) {
    reader.wants_out = wants_out;
    epoll_event event{.events = EPOLLIN | EPOLLRDHUP | (wants_out ? EPOLLOUT : 0u), .data = {.ptr = &reader}};
    epoll_ctl(epoll.get(), EPOLL_CTL_MOD, reader.socket.get(), &event);
  }
  return true;
}

void EventHub::State::Drop(Reader& reader) {
  if (!reader.socket.valid()) return;
  reader.socket.Close();
  const auto channel = channels.find(*reader.channel);
  channel->second.erase(&reader);
  if (channel->second.empty()) channels.erase(channel);
  dropped.push_back(&reader);
  --count;
  open.Set(static_cast<double>(readers.size() - dropped.size()));
}

}  // namespace kimberlite::http
