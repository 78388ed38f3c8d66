#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/http/server.h"

namespace kimberlite::http {

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  void Close();
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// What the loops of one server have in common.
struct LoopContext {
  Server::Options options;
  std::function<bool(const RequestHead&, Prepared&)> at_once;
  // Hands a request to a worker; must not block.
  std::function<void(Request, Responder)> dispatch;
  std::atomic<int> connections = 0;
  std::mutex mutex;  // held where `connections` falls
  std::condition_variable empty;
};

// Where other threads leave what a loop has to do.
class Mailbox {
 public:
  struct Letter {
    std::uint64_t connection = 0;
    Prepared answer;
  };
  Mailbox();
  void Send(Letter letter);
  void Wake();
  std::vector<Letter> TakeAll();
  int descriptor() const { return event_.get(); }

 private:
  Descriptor event_;
  std::mutex mutex_;
  std::vector<Letter> letters_;
};

// One epoll loop with the connections that it accepted. Everything but Drain and Finish runs on the thread that
// calls Run.
class Loop {
 public:
  Loop(LoopContext& context, Descriptor listener);
  ~Loop();

  void Run();
  // Stops listening, closes connections that asked for nothing, closes the others once they are answered.
  void Drain();
  // Run returns and every connection closes.
  void Finish();

 private:
  struct Chunk {
    std::string_view bytes;
    std::shared_ptr<const void> owner;
    bool of_loop = false;  // in a buffer of the loop: copied when it cannot be sent at once
  };
  struct Connection {
    Descriptor socket;
    std::uint64_t id = 0;
    std::string in;           // bytes that are not a whole request yet, or wait for their turn
    std::size_t scanned = 0;  // of `in`
    std::vector<Chunk> out;   // cleared once all of it is sent
    std::size_t out_next = 0;
    std::size_t sent_since_deadline = 0;
    std::uint32_t interest = 0;
    std::int64_t deadline = 0;  // milliseconds of the loop's clock; 0: none
    bool busy = false;          // a request is with a worker
    bool busy_is_head = false;
    bool closing = false;                                       // after what is in `out`
    bool in_head = true;                                        // a head has begun, or, at first, is waited for
    bool lingering = false;                                     // closed on our side; what still comes is thrown away
    bool keep_alive = true;                                     // of the request in hand
    std::shared_ptr<const std::function<void(int)>> take_over;  // once `out` is sent
  };

  void Accept();
  void ReadLetters();
  void Sweep();
  void UpdateClock();
  // These answer whether the connection is still there.
  bool OnEvents(Connection& connection, std::uint32_t events);
  bool Read(Connection& connection);
  bool Advance(Connection& connection, char* bytes, std::size_t size);
  bool Flush(Connection& connection);
  bool WaitToSend(Connection& connection);
  bool Resume(Connection& connection);
  bool FinishClosing(Connection& connection);
  void Take(Connection& connection, const RequestHead& head);
  void Refuse(Connection& connection, const Refusal& refusal);
  void NoteSent(Connection& connection, std::size_t sent);
  void Append(Connection& connection, Prepared answer, bool is_head);
  void SetInterest(Connection& connection, std::uint32_t interest);
  void LeaveConnection();
  bool Close(Connection& connection);
  bool HandOver(Connection& connection);

  LoopContext& context_;
  Descriptor listener_;
  Descriptor epoll_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_id_ = 1;
  std::atomic<bool> draining_ = false;
  std::atomic<bool> finishing_ = false;
  bool drained_ = false;
  bool accepting_ = true;
  std::int64_t now_ = 0;
  std::int64_t next_sweep_ = 0;
  std::int64_t date_second_ = 0;
  std::string date_keep_, date_close_;  // "Date: …", Connection and the empty line
  RequestHead head_;
  std::array<char, 32 * 1024> scratch_;
};

}  // namespace kimberlite::http
