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

// An HTTP/1.1 server on Boost.Asio and Beast.
namespace kimberlite::http {

struct Request {
  std::string method;                                        // GET, HEAD, …
  std::string target;                                        // path and query as sent
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
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

// GET and HEAD only: other methods are answered 405, requests with a body 413, without the handler. A HEAD is answered
// as the GET without its body. Anything ambiguous (both Content-Length and Transfer-Encoding, no or several Host, a
// target in neither origin-form nor absolute-form) is 400 and the connection closed (RFC 9112 sections 3.2, 5.2, 6.3).
class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    int port = 0;            // 0: any free one
    int io_threads = 1;      // parse and write
    int worker_threads = 8;  // run the handler; it may block
    int queue = 1024;        // requests waiting for a worker; more are answered 503
    int max_connections = 4096;
    std::size_t max_header_bytes = 16 * 1024;  // 431 above it
    std::chrono::seconds header_timeout{10};   // for a whole request head, and for each 64 KiB of an answer
    std::chrono::seconds idle_timeout{60};     // between requests
  };
  using Handler = std::function<Response(const Request&)>;

  Server(Options options, Handler handler);
  ~Server();  // Stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Result<void> Start();
  int port() const;
  // Stops listening, answers what has been asked for up to `grace`; then asks handlers at work to stop, answers 503 to
  // what still waits, and closes.
  void Stop(std::chrono::milliseconds grace = std::chrono::seconds(3));

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kimberlite::http
