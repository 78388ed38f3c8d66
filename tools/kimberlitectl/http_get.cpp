#include "tools/kimberlitectl/http_get.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "libs/base/text.h"

namespace kimberlite::ctl {
namespace {

constexpr std::size_t kMaxLine = 16 * 1024;
constexpr std::size_t kMaxBody = 64 * 1024 * 1024;

Error Broken(const std::string& what) { return Error(Code::kUnavailable, "the edge " + what); }

// Waits until the socket can be read or written.
Result<void> Await(int socket, short events, std::chrono::steady_clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return Fail(Code::kDeadlineExceeded, "the edge did not answer in time");
    pollfd waiting{socket, events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return Fail(Broken(std::string("connection failed: ") + std::strerror(errno)));
  }
}

template <typename Number>
bool Parse(std::string_view text, Number& number, int base) {
  text = TrimAscii(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

}  // namespace

Result<HttpReader> HttpReader::Open(const std::string& url, std::chrono::milliseconds timeout) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = url;
  if (!rest.starts_with(kScheme))
    return Fail(Code::kInvalidArgument, "\"" + url + "\" must look like http://127.0.0.1:8080");
  rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto colon = rest.rfind(':');
  const bool has_port = colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
  const std::string host(has_port ? rest.substr(0, colon) : rest);
  const std::string port(has_port ? rest.substr(colon + 1) : "80");
  if (host.empty() || host.find('/') != std::string::npos) {
    return Fail(Code::kInvalidArgument, "\"" + url + "\" must look like http://127.0.0.1:8080");
  }
  return HttpReader(host, port, timeout);
}

HttpReader::HttpReader(std::string host, std::string port, std::chrono::milliseconds timeout)
    : host_(std::move(host)), port_(std::move(port)), timeout_(timeout) {}

HttpReader::HttpReader(HttpReader&& other) noexcept
    : host_(std::move(other.host_)),
      port_(std::move(other.port_)),
      timeout_(other.timeout_),
      socket_(std::exchange(other.socket_, -1)),
      buffer_(std::move(other.buffer_)) {}

HttpReader::~HttpReader() { Close(); }

void HttpReader::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
  buffer_.clear();
}

Result<HttpReply> HttpReader::Get(std::string_view path) {
  const Deadline deadline = std::chrono::steady_clock::now() + timeout_;
  const bool reused = socket_ >= 0;
  if (!reused) KIMBERLITE_RETURN_IF_ERROR(Connect(deadline));
  auto reply = Exchange(path, deadline);
  if (!reply && reused && reply.error().code() == Code::kUnavailable) {
    Close();
    KIMBERLITE_RETURN_IF_ERROR(Connect(deadline));
    reply = Exchange(path, deadline);
  }
  if (!reply) Close();
  return reply;
}

Result<void> HttpReader::Connect(Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  std::string host = host_;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (const int code = getaddrinfo(host.c_str(), port_.c_str(), &hints, &list); code != 0) {
    return Fail(Code::kUnavailable, "cannot find " + host_ + ": " + gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(list, freeaddrinfo);
  std::string reason = "no address";
  for (const addrinfo* address = list; address; address = address->ai_next) {
    Close();
    socket_ = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return Fail(Code::kInternal, std::string("cannot open a socket: ") + std::strerror(errno));
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int error = connect(socket_, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      KIMBERLITE_RETURN_IF_ERROR(Await(socket_, POLLOUT, deadline));
      socklen_t size = sizeof error;
      getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) return {};
    reason = std::strerror(error);
  }
  Close();
  return Fail(Code::kUnavailable, "the edge " + host_ + ":" + port_ + " cannot be reached: " + reason);
}

Result<void> HttpReader::Send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      KIMBERLITE_RETURN_IF_ERROR(Await(socket_, POLLOUT, deadline));
    } else if (errno != EINTR) {
      return Fail(Broken(std::string("connection failed: ") + std::strerror(errno)));
    }
  }
  return {};
}

Result<bool> HttpReader::Receive(Deadline deadline) {
  char bytes[16 * 1024];
  while (true) {
    const ssize_t received = recv(socket_, bytes, sizeof bytes, 0);
    if (received > 0) {
      buffer_.append(bytes, static_cast<std::size_t>(received));
      return true;
    }
    if (received == 0) return false;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      KIMBERLITE_RETURN_IF_ERROR(Await(socket_, POLLIN, deadline));
    } else if (errno != EINTR) {
      return Fail(Broken(std::string("connection failed: ") + std::strerror(errno)));
    }
  }
}

Result<std::string> HttpReader::ReadLine(Deadline deadline) {
  std::size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (buffer_.size() > kMaxLine) return Fail(Code::kInternal, "the edge sent a header line that does not end");
    KIMBERLITE_ASSIGN_OR_RETURN(const bool more, Receive(deadline));
    if (!more) return Fail(Broken("closed the connection"));
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

Result<std::string> HttpReader::ReadBytes(std::size_t count, Deadline deadline) {
  if (count > kMaxBody) return Fail(Code::kInternal, "the edge sent more than 64 MiB");
  while (buffer_.size() < count) {
    KIMBERLITE_ASSIGN_OR_RETURN(const bool more, Receive(deadline));
    if (!more) return Fail(Code::kInternal, "the edge closed the connection in the middle of a page");
  }
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

Result<std::string> HttpReader::ReadChunks(Deadline deadline) {
  std::string body;
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string line, ReadLine(deadline));
    std::size_t size = 0;
    if (!Parse(std::string_view(line).substr(0, line.find(';')), size, 16)) {
      return Fail(Code::kInternal, "the edge sent a malformed chunk");
    }
    if (size == 0) break;
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string chunk, ReadBytes(size, deadline));
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string end, ReadLine(deadline));
    if (!end.empty()) return Fail(Code::kInternal, "the edge sent a chunk longer than its size");
    body += chunk;
  }
  while (true) {  // trailers
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string line, ReadLine(deadline));
    if (line.empty()) return body;
  }
}

Result<HttpReply> HttpReader::Exchange(std::string_view path, Deadline deadline) {
  const std::string request = "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + host_ + ":" + port_ +
                              "\r\nAccept-Encoding: identity\r\nUser-Agent: kimberlitectl\r\n\r\n";
  KIMBERLITE_RETURN_IF_ERROR(Send(request, deadline));
  HttpReply reply;
  KIMBERLITE_ASSIGN_OR_RETURN(const std::string first, ReadLine(deadline));
  if (!first.starts_with("HTTP/1.") || first.size() < 12 ||
      !Parse(std::string_view(first).substr(9, 3), reply.status, 10)) {
    return Fail(Code::kInternal, "what answers at " + host_ + ":" + port_ + " does not speak HTTP/1.1");
  }
  std::size_t length = 0;
  bool has_length = false, chunked = false, closes = false;
  while (true) {
    KIMBERLITE_ASSIGN_OR_RETURN(const std::string line, ReadLine(deadline));
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string::npos) return Fail(Code::kInternal, "the edge sent a malformed header");
    const std::string name = Lower(line.substr(0, colon));
    const std::string value = Lower(TrimAscii(std::string_view(line).substr(colon + 1)));
    if (name == "content-length") {
      has_length = Parse(value, length, 10);
    } else if (name == "transfer-encoding") {
      chunked = value == "chunked";
    } else if (name == "connection") {
      closes = value == "close";
    } else if (name == "content-encoding" && value != "identity") {
      return Fail(Code::kInternal, "the edge coded a page (" + value + ") for a reader that asked for none");
    }
  }
  if (chunked) {
    KIMBERLITE_ASSIGN_OR_RETURN(reply.body, ReadChunks(deadline));
  } else if (has_length) {
    KIMBERLITE_ASSIGN_OR_RETURN(reply.body, ReadBytes(length, deadline));
  } else if (closes) {
    while (true) {
      KIMBERLITE_ASSIGN_OR_RETURN(const bool more, Receive(deadline));
      if (!more) break;
      if (buffer_.size() > kMaxBody) return Fail(Code::kInternal, "the edge sent more than 64 MiB");
    }
    reply.body = std::move(buffer_);
  } else if (reply.status != 204 && reply.status != 304) {
    return Fail(Code::kInternal, "the edge sent a page without its length");
  }
  if (closes) Close();
  return reply;
}

}  // namespace kimberlite::ctl
