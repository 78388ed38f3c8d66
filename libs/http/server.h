#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/error.h"
#include "libs/http/request_head.h"

// An HTTP/1.1 server: one epoll loop per I/O thread, each with a listening socket of its own (SO_REUSEPORT). What is at
// hand is answered on the I/O thread with one write; the rest goes to worker threads.
namespace kimberlite::http {

struct Request {
  std::string method;                                        // GET or HEAD
  std::string target;                                        // path and query as sent
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string peer;      // IP address of the other end of the connection, not of whom it may speak for
  std::stop_token stop;  // requested when the server stops and cannot wait any longer

  // The first header of this lower-case name; empty when absent.
  std::string_view header(std::string_view name) const;
  std::string_view path() const;   // target up to '?'
  std::string_view query() const;  // target after '?', without it
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // Content-Length, Connection and Date are added
  std::shared_ptr<const std::string> body;                   // null: empty
};

// An answer made ready before it is asked for. The server adds Date, Connection and the empty line; nothing is copied.
struct Prepared {
  std::string_view head;              // status line and fields, Content-Length among them; each line with its CRLF
  std::string_view more;              // further lines of the head; bytes that live as long as the program
  std::string_view body;              // of the GET: left out of the answer to a HEAD
  std::shared_ptr<const void> owner;  // keeps head and body
  // Where set, the connection is no longer the server's once the answer is sent: this gets its socket, non-blocking, on
  // the I/O thread, owns it and must not block. For streams of events; bytes of further requests are lost.
  std::shared_ptr<const std::function<void(int socket)>> take_over = nullptr;
};

// The head of a Prepared: status line, the fields, Content-Length (not for a 304, which would have to name that of the
// 200: RFC 9110 section 8.6). Line breaks in values are left out.
std::string MakeHead(int status, const std::vector<std::pair<std::string, std::string>>& headers,
                     std::size_t content_length);

// The head of an answer that lasts until one side closes: 200, the fields, Connection: close, no length.
std::string MakeStreamHead(const std::vector<std::pair<std::string, std::string>>& headers);

// Answers one request, once, from any thread. Dropped without an answer, it answers 500.
class Responder {
 public:
  using Send = std::function<void(Prepared)>;
  explicit Responder(Send send) : send_(std::move(send)) {}
  ~Responder();
  Responder(Responder&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}
  Responder& operator=(Responder&& other) noexcept;
  void operator()(Prepared answer);
  void operator()(const Response& response);

 private:
  Send send_;
};

// GET and HEAD only, without a body; ReadHead says what is refused (libs/http/request_head.h). Pipelined requests are
// answered in order.
class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    int port = 0;  // 0: any free one
    int io_threads = 1;
    int worker_threads = 8;  // run the handler; it may block
    int queue = 1024;        // requests waiting for a worker; more are answered 503
    int max_connections = 4096;
    std::size_t max_header_bytes = 16 * 1024;          // 431 above it
    std::chrono::milliseconds header_timeout{10'000};  // for a whole request head, and for each 64 KiB of an answer
    std::chrono::milliseconds idle_timeout{60'000};    // between requests
  };
  using Handler = std::function<Response(const Request&)>;
  struct Handlers {
    // On an I/O thread: fills the answer from what is at hand, or returns false and leaves the request to `handler`.
    // Must not block. May be empty.
    std::function<bool(const RequestHead&, Prepared&)> at_once;
    // On a worker; may keep the responder and answer later, from another thread.
    std::function<void(Request, Responder)> handler;
  };

  Server(Options options, Handler handler);
  Server(Options options, Handlers handlers);
  ~Server();  // Stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Result<void> Start();
  int port() const;
  // Stops listening, answers what has been asked for up to `grace`; then asks handlers at work to stop, answers 503 to
  // what still waits for a worker, and closes.
  void Stop(std::chrono::milliseconds grace = std::chrono::seconds(3));

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kimberlite::http
