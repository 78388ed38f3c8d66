#include "libs/http/loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "libs/base/time.h"
#include "libs/telemetry/telemetry.h"

namespace kimberlite::http {
namespace {

// A reader who sends request after request without taking the answers is not read on.
constexpr std::size_t kMaxWaiting = 128;  // chunks
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::int64_t kLingerMilliseconds = 2'000;

std::string PeerOf(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  const void* bytes = address.ss_family == AF_INET6
                          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr)
                          : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(&address)->sin_addr);
  return inet_ntop(address.ss_family, bytes, text.data(), text.size()) ? text.data() : std::string();
}

}  // namespace

void Descriptor::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Mailbox::Mailbox() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Mailbox::Send(Letter letter) {
  bool first;
  {
    const std::lock_guard lock(mutex_);
    first = letters_.empty();
    letters_.push_back(std::move(letter));
  }
  if (first) Wake();
}

void Mailbox::Wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is woken already.
  [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof one);
}

std::vector<Mailbox::Letter> Mailbox::TakeAll() {
  std::uint64_t count;
  [[maybe_unused]] const ssize_t taken = read(event_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  return std::exchange(letters_, {});
}

Loop::Loop(LoopContext& context, Descriptor listener)
    : context_(context),
      listener_(std::move(listener)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      mailbox_(std::make_shared<Mailbox>()) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &listener_}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), &event);
  event.data.ptr = mailbox_.get();
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, mailbox_->descriptor(), &event);
  UpdateClock();
}

Loop::~Loop() {
  while (!connections_.empty()) Close(*connections_.begin()->second);
}

void Loop::Drain() {
  draining_ = true;
  mailbox_->Wake();
}

void Loop::Finish() {
  finishing_ = true;
  mailbox_->Wake();
}

void Loop::UpdateClock() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  now_ = time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  if (time.tv_sec == date_second_) return;
  date_second_ = time.tv_sec;
  const std::string date = "Date: " + FormatHttpDate(Time(std::chrono::seconds(time.tv_sec))) + "\r\n";
  date_keep_ = date + "\r\n";
  date_close_ = date + "Connection: close\r\n\r\n";
}

void Loop::Run() {
  const std::int64_t shortest = std::min(context_.options.header_timeout, context_.options.idle_timeout).count();
  const std::int64_t sweep_every = std::clamp<std::int64_t>(shortest / 4, 10, 250);
  std::array<epoll_event, 128> events;
  while (true) {
    const int count = epoll_wait(epoll_.get(), events.data(), events.size(), static_cast<int>(sweep_every));
    UpdateClock();
    bool letters = false;
    for (int i = 0; i < count; ++i) {
      void* const what = events[i].data.ptr;
      if (what == &listener_) {
        Accept();
      } else if (what == mailbox_.get()) {
        letters = true;  // later: they may close a connection that another event of this round is about
      } else {
        OnEvents(*static_cast<Connection*>(what), events[i].events);
      }
    }
    if (letters) ReadLetters();
    if (draining_ && !drained_) {
      drained_ = true;
      listener_.Close();
      std::vector<Connection*> quiet;
      for (const auto& [id, connection] : connections_) {
        if (!connection->busy && connection->out.empty()) quiet.push_back(connection.get());
      }
      for (Connection* connection : quiet) Close(*connection);
    }
    if (finishing_) return ReadLetters();  // what was answered last is still sent
    if (now_ >= next_sweep_) {
      next_sweep_ = now_ + sweep_every;
      Sweep();
    }
  }
}

void Loop::Accept() {
  for (int i = 0; i < 64 && listener_.valid(); ++i) {
    Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.valid()) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      if (errno == ECONNABORTED || errno == EINTR) continue;
      // Out of descriptors, mostly: connections that end free some, so the listener rests until the next sweep.
      telemetry::Warning("cannot accept a connection", {{"error", std::strerror(errno)}});
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);
      accepting_ = false;
      return;
    }
    if (++context_.connections > context_.options.max_connections) {
      LeaveConnection();
      continue;  // closes it
    }
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->socket = std::move(socket);
    connection->id = next_id_++;
    connection->interest = EPOLLIN;
    connection->deadline = now_ + context_.options.header_timeout.count();
    epoll_event event{.events = EPOLLIN, .data = {.ptr = connection.get()}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection->socket.get(), &event) != 0) {
      LeaveConnection();
      continue;
    }
    connections_.emplace(connection->id, std::move(connection));
  }
}

void Loop::ReadLetters() {
  for (Mailbox::Letter& letter : mailbox_->TakeAll()) {
    const auto found = connections_.find(letter.connection);
    if (found == connections_.end()) continue;
    Connection& connection = *found->second;
    connection.busy = false;
    Append(connection, std::move(letter.answer), connection.busy_is_head);
    if (Flush(connection)) Resume(connection);
  }
}

void Loop::Sweep() {
  if (!accepting_ && listener_.valid()) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &listener_}};
    accepting_ = epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), &event) == 0;
  }
  std::vector<Connection*> late;
  for (const auto& [id, connection] : connections_) {
    if (connection->deadline != 0 && connection->deadline <= now_) late.push_back(connection.get());
  }
  for (Connection* connection : late) {
    if (!connection->out.empty()) {
      // What the reader does not take is not kept in the kernel for it either: reset.
      const linger at_once{1, 0};
      setsockopt(connection->socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    Close(*connection);
  }
}

bool Loop::OnEvents(Connection& connection, std::uint32_t events) {
  if (events & EPOLLERR) return Close(connection);
  if ((events & EPOLLHUP) && !(events & EPOLLIN)) return Close(connection);
  if ((events & EPOLLOUT) && !connection.out.empty()) {
    if (!Flush(connection) || !Resume(connection)) return false;
  }
  if (events & EPOLLIN) {
    if (connection.lingering || (!connection.busy && connection.out.empty())) return Read(connection);
    // What comes now waits in the socket until its turn.
    SetInterest(connection, connection.interest & ~EPOLLIN);
  }
  return true;
}

// Goes on with what came while an answer was under way.
bool Loop::Resume(Connection& connection) {
  if (!connection.out.empty() || connection.busy || connection.closing || connection.in.empty()) return true;
  std::string in = std::exchange(connection.in, {});
  return Advance(connection, in.data(), in.size());
}

bool Loop::Read(Connection& connection) {
  const bool continued = !connection.in.empty();
  const std::size_t before = connection.in.size();
  if (continued) connection.in.resize(before + scratch_.size());
  char* const target = continued ? connection.in.data() + before : scratch_.data();
  const ssize_t received = recv(connection.socket.get(), target, scratch_.size(), 0);
  if (continued) connection.in.resize(before + std::max<ssize_t>(received, 0));
  if (received < 0) return errno == EAGAIN || errno == EINTR ? true : Close(connection);
  if (received == 0) return Close(connection);  // nothing is under way, or this would not have been read
  if (connection.lingering) {
    connection.in.clear();
    return true;
  }
  if (!continued) return Advance(connection, scratch_.data(), received);
  std::string in = std::exchange(connection.in, {});
  return Advance(connection, in.data(), in.size());
}

// Answers what is whole in these bytes, keeps the rest in `connection.in`, which is empty.
bool Loop::Advance(Connection& connection, char* bytes, std::size_t size) {
  std::size_t used = 0;
  bool partial = false;
  while (!partial && !connection.busy && !connection.closing && connection.out.empty()) {
    while (!partial && !connection.busy && !connection.closing && connection.out.size() < kMaxWaiting) {
      const HeadResult result =
          ReadHead(bytes + used, size - used, context_.options.max_header_bytes, connection.scanned, head_);
      if (result.refusal.status) {
        Refuse(connection, result.refusal);
      } else if (result.size == 0) {
        partial = true;
      } else {
        connection.scanned = 0;
        used += result.size;
        if (used == size) partial = true;
        Take(connection, head_);
      }
    }
    if (connection.closing) connection.in.assign(bytes + used, size - used);
    if (!connection.out.empty() && !Flush(connection)) return false;
  }
  if (connection.closing) return true;
  connection.in.assign(bytes + used, size - used);
  if (connection.busy) {
    connection.deadline = 0;
  } else if (connection.out.empty()) {
    // The time for a head runs from its first byte.
    const bool in_head = used < size;
    if (!in_head || used > 0 || !connection.in_head) {
      connection.deadline = now_ + (in_head ? context_.options.header_timeout : context_.options.idle_timeout).count();
    }
    connection.in_head = in_head;
    SetInterest(connection, EPOLLIN);
  }
  return true;
}

void Loop::Take(Connection& connection, const RequestHead& head) {
  connection.keep_alive = head.keep_alive && !drained_ && !draining_;
  Prepared answer;
  if (context_.at_once && context_.at_once(head, answer)) {
    Append(connection, std::move(answer), head.is_head);
    return;
  }
  Request request;
  request.method = head.method;
  request.target = head.target;
  request.headers.reserve(head.field_count);
  for (std::size_t i = 0; i < head.field_count; ++i) {
    request.headers.emplace_back(head.fields[i].name, head.fields[i].value);
  }
  request.peer = PeerOf(connection.socket.get());
  connection.busy = true;
  connection.busy_is_head = head.is_head;
  context_.dispatch(std::move(request), Responder([mailbox = mailbox_, id = connection.id](Prepared answer) {
                      mailbox->Send({id, std::move(answer)});
                    }));
}

void Loop::Refuse(Connection& connection, const Refusal& refusal) {
  connection.keep_alive = false;
  Response response{refusal.status,
                    {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
                    std::make_shared<const std::string>(std::string(refusal.reason) + "\n")};
  if (refusal.status == 405) response.headers.emplace_back("Allow", "GET, HEAD");
  Responder([&](Prepared answer) { Append(connection, std::move(answer), false); })(response);
}

void Loop::Append(Connection& connection, Prepared answer, bool is_head) {
  if (answer.take_over && !is_head && !draining_) connection.take_over = std::move(answer.take_over);
  // A stream's head says neither that the connection stays nor that it closes: it ends when one side goes.
  const bool keep = (connection.keep_alive && !draining_) || connection.take_over;
  connection.closing = !keep;
  auto& out = connection.out;
  out.push_back({answer.head, std::move(answer.owner), false});
  if (!answer.more.empty()) out.push_back({answer.more, nullptr, false});
  out.push_back({keep ? date_keep_ : date_close_, nullptr, true});
  if (!is_head && !answer.body.empty()) out.push_back({answer.body, nullptr, false});
}

bool Loop::Flush(Connection& connection) {
  auto& out = connection.out;
  while (connection.out_next < out.size()) {
    std::array<iovec, 64> vectors;
    std::size_t count = 0;
    for (std::size_t i = connection.out_next; i < out.size() && count < vectors.size(); ++i, ++count) {
      vectors[count] = {const_cast<char*>(out[i].bytes.data()), out[i].bytes.size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t sent = sendmsg(connection.socket.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? WaitToSend(connection) : Close(connection);
    NoteSent(connection, static_cast<std::size_t>(sent));
  }
  out.clear();
  if (out.capacity() > 32) out.shrink_to_fit();
  connection.out_next = 0;
  if (connection.take_over) return HandOver(connection);
  if (connection.closing) return FinishClosing(connection);
  if (connection.busy) {
    SetInterest(connection, connection.interest & ~EPOLLOUT);
  } else {
    connection.deadline = now_ + context_.options.idle_timeout.count();
    SetInterest(connection, EPOLLIN);
  }
  return true;
}

bool Loop::WaitToSend(Connection& connection) {
  for (std::size_t i = connection.out_next; i < connection.out.size(); ++i) {
    Chunk& chunk = connection.out[i];
    if (!chunk.of_loop) continue;
    auto copy = std::make_shared<const std::string>(chunk.bytes);
    chunk = {*copy, copy, false};
  }
  if (!(connection.interest & EPOLLOUT)) {
    connection.deadline = now_ + context_.options.header_timeout.count();
    connection.sent_since_deadline = 0;
  }
  SetInterest(connection, EPOLLOUT);
  return true;
}

void Loop::NoteSent(Connection& connection, std::size_t sent) {
  connection.sent_since_deadline += sent;
  if ((connection.interest & EPOLLOUT) && connection.sent_since_deadline >= kPiece) {
    connection.sent_since_deadline = 0;
    connection.deadline = now_ + context_.options.header_timeout.count();
  }
  while (sent > 0) {
    auto& bytes = connection.out[connection.out_next].bytes;
    const std::size_t part = std::min(bytes.size(), sent);
    bytes.remove_prefix(part);
    sent -= part;
    if (bytes.empty()) ++connection.out_next;
  }
}

// Closing a socket that holds bytes not read resets the connection, and the reader may lose the answer: what it still
// sends is read and thrown away first (RFC 9112 section 9.6).
bool Loop::FinishClosing(Connection& connection) {
  if (connection.in.empty()) return Close(connection);
  shutdown(connection.socket.get(), SHUT_WR);
  connection.lingering = true;
  connection.in.clear();
  connection.deadline = now_ + kLingerMilliseconds;
  SetInterest(connection, EPOLLIN);
  return true;
}

void Loop::SetInterest(Connection& connection, std::uint32_t interest) {
  if (connection.interest == interest) return;
  connection.interest = interest;
  epoll_event event{.events = interest, .data = {.ptr = &connection}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event);
}

bool Loop::HandOver(Connection& connection) {
  const auto take_over = std::move(connection.take_over);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.socket.get(), nullptr);
  const int socket = connection.socket.Release();
  Close(connection);
  (*take_over)(socket);
  return false;
}

bool Loop::Close(Connection& connection) {
  connections_.erase(connection.id);
  LeaveConnection();
  return false;
}

void Loop::LeaveConnection() {
  const std::lock_guard lock(context_.mutex);
  if (--context_.connections == 0) context_.empty.notify_all();
}

}  // namespace kimberlite::http
