// The floor: an epoll loop that writes the same bytes for every request, without looking at it further than for its
// end. `bare_epoll PORT FILE`: answers with the bytes of the file, head included.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bare_epoll PORT FILE\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string answer{std::istreambuf_iterator<char>(file), {}};
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (answer.empty() || bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 1024) != 0) {
    std::perror("bare_epoll");
    return 1;
  }
  const int epoll = epoll_create1(0);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  std::array<epoll_event, 128> events;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const int count = epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (socket < 0) continue;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event = {.events = EPOLLIN, .data = {.fd = socket}};
        epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
        continue;
      }
      const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
      const bool whole = size >= 4 && std::memcmp(buffer.data() + size - 4, "\r\n\r\n", 4) == 0;
      // Its clients send whole requests one by one and take every answer.
      if (!whole || send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(answer.size())) {
        close(fd);
      }
    }
  }
}
