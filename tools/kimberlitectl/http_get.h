#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "libs/base/error.h"

namespace kimberlite::ctl {

struct HttpReply {
  int status = 0;
  std::string body;
};

// A reader's connection to one origin, kept open between GETs. Blocking, one thread. It asks for no coding, so that the
// bytes that arrive are the page's, and costs so little that times of milliseconds can be measured with it.
class HttpReader {
 public:
  // url: "http://host:port". timeout: of one GET.
  static Result<HttpReader> Open(const std::string& url, std::chrono::milliseconds timeout);

  HttpReader(HttpReader&& other) noexcept;
  HttpReader& operator=(HttpReader&&) = delete;
  ~HttpReader();

  // path: "/en/". Connects again when the server closed the idle connection.
  Result<HttpReply> Get(std::string_view path);

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  HttpReader(std::string host, std::string port, std::chrono::milliseconds timeout);
  Result<void> Connect(Deadline deadline);
  void Close();
  Result<void> Send(std::string_view bytes, Deadline deadline);
  // Appends what arrives to buffer_; false at the end of the stream.
  Result<bool> Receive(Deadline deadline);
  Result<HttpReply> Exchange(std::string_view path, Deadline deadline);
  // Takes bytes off buffer_.
  Result<std::string> ReadLine(Deadline deadline);
  Result<std::string> ReadBytes(std::size_t count, Deadline deadline);
  Result<std::string> ReadChunks(Deadline deadline);

  std::string host_, port_;
  std::chrono::milliseconds timeout_;
  int socket_ = -1;
  std::string buffer_;  // received and not yet used
};

}  // namespace kimberlite::ctl
