#include "libs/http/tests/tiny_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "libs/base/text.h"

namespace kimberlite::http {

struct TinyServer::State {
  Handler handler;
  int listen_fd = -1;
  int stop_fd = eventfd(0, EFD_CLOEXEC);
  int port = 0;
  mutable std::mutex mutex;
  std::vector<Request> requests;
  std::thread thread;

  // False when the server is to stop or the peer is gone.
  bool WaitFor(int fd, short events) const {
    pollfd fds[2] = {{stop_fd, POLLIN, 0}, {fd, events, 0}};
    return poll(fds, 2, -1) > 0 && fds[0].revents == 0;
  }

  void Serve(int fd) {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      char buffer[4096];
      if (!WaitFor(fd, POLLIN)) return;
      const ssize_t got = read(fd, buffer, sizeof buffer);
      if (got <= 0) return;
      head.append(buffer, static_cast<std::size_t>(got));
    }
    Request request;
    bool first = true;
    for (std::string_view line : Split(head, '\n')) {
      line = TrimAscii(line);
      if (first) {
        request.target = Split(line, ' ').at(1);
        first = false;
      } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
        std::string name(line.substr(0, colon));
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        request.headers[name] = TrimAscii(line.substr(colon + 1));
      }
    }
    {
      const std::lock_guard lock(mutex);
      requests.push_back(request);
    }
    const std::string answer = handler(request);
    std::string_view rest = answer;
    while (!rest.empty() && WaitFor(fd, POLLOUT)) {
      const ssize_t sent = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void Run() {
    while (WaitFor(listen_fd, POLLIN)) {
      const int fd = accept4(listen_fd, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      Serve(fd);
      close(fd);
    }
  }
};

TinyServer::TinyServer(Handler handler) : state_(std::make_unique<State>()) {
  state_->handler = std::move(handler);
  state_->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(state_->listen_fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(state_->listen_fd, 64) != 0 ||
      getsockname(state_->listen_fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  state_->port = ntohs(address.sin_port);
  state_->thread = std::thread([this] { state_->Run(); });
}

TinyServer::~TinyServer() {
  const std::uint64_t one = 1;
  if (write(state_->stop_fd, &one, sizeof one) != sizeof one) std::abort();
  state_->thread.join();
  close(state_->listen_fd);
  close(state_->stop_fd);
}

int TinyServer::port() const { return state_->port; }
std::string TinyServer::host_port() const { return "127.0.0.1:" + std::to_string(state_->port); }
std::string TinyServer::Url(const std::string& target) const { return "http://" + host_port() + target; }

std::vector<TinyServer::Request> TinyServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

std::string TinyServer::Answer(int status, const std::vector<std::string>& headers, const std::string& body) {
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " Test\r\n";
  for (const std::string& header : headers) answer += header + "\r\n";
  return answer + "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace kimberlite::http
