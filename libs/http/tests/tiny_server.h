#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kimberlite::http {

// A web server for tests of clients: answers on 127.0.0.1 with whatever bytes the test wants, broken ones included. One
// connection at a time, each closed after its answer.
class TinyServer {
 public:
  struct Request {
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
  };
  // The raw answer, status line to body. Runs on the server's thread.
  using Handler = std::function<std::string(const Request&)>;

  explicit TinyServer(Handler handler);
  ~TinyServer();
  TinyServer(const TinyServer&) = delete;
  TinyServer& operator=(const TinyServer&) = delete;

  int port() const;
  std::string host_port() const;                     // "127.0.0.1:1234"
  std::string Url(const std::string& target) const;  // "http://127.0.0.1:1234/…"
  std::vector<Request> requests() const;             // so far

  // An answer with Content-Length; `headers` are whole lines without line ends.
  static std::string Answer(int status, const std::vector<std::string>& headers, const std::string& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kimberlite::http
