#include "libs/http/event_hub.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "libs/http/server.h"

namespace kimberlite::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

EventHub::Bytes Event(const std::string& data) { return std::make_shared<const std::string>("data: " + data + "\n\n"); }

// One end of a pair of connected sockets; the hub has the other.
class Reader {
 public:
  Reader(EventHub& hub, const std::string& channel, EventHub::Bytes first = nullptr) {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    fcntl(pair[1], F_SETFL, O_NONBLOCK);
    fd_ = pair[0];
    const timeval timeout{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    hub.Add(pair[1], channel, std::move(first));
  }
  ~Reader() { Leave(); }
  void Leave() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  // Exactly so many bytes, fewer when the hub closed.
  std::string Read(std::size_t size) {
    std::string bytes;
    char buffer[4096];
    while (bytes.size() < size) {
      const ssize_t got = recv(fd_, buffer, std::min(sizeof buffer, size - bytes.size()), 0);
      if (got <= 0) break;
      bytes.append(buffer, static_cast<std::size_t>(got));
    }
    return bytes;
  }
  bool IsClosed() {
    pollfd poll_for{fd_, POLLRDHUP, 0};
    return poll(&poll_for, 1, 10'000) == 1 && (poll_for.revents & (POLLHUP | POLLRDHUP)) != 0;
  }

 private:
  int fd_ = -1;
};

void WaitForReaders(const EventHub& hub, int count) {
  while (hub.readers() != count) std::this_thread::yield();
}

TEST(EventHub, AReaderGetsWhatItMissedAndThenItsChannel) {
  EventHub hub({.max_readers = 10, .max_backlog_bytes = 1000, .heartbeat = std::chrono::hours(1)});
  hub.Publish("sah", Event("before"));
  Reader sakha(hub, "sah", Event("missed"));
  Reader arabic(hub, "ar");
  hub.Publish("sah", Event("Муус суол"));
  hub.Publish("ar", Event("طريق"));
  EXPECT_EQ(sakha.Read(14), "data: missed\n\n");
  const std::string expected = *Event("Муус суол");
  EXPECT_EQ(sakha.Read(expected.size()), expected);
  EXPECT_EQ(arabic.Read(Event("طريق")->size()), *Event("طريق"));
}

TEST(EventHub, SaysNowAndThenThatItLives) {
  EventHub hub({.max_readers = 10, .max_backlog_bytes = 1000, .heartbeat = std::chrono::milliseconds(5)});
  Reader reader(hub, "en");
  EXPECT_EQ(reader.Read(6), ":\n\n:\n\n");
}

TEST(EventHub, WhoDoesNotTakeWhatIsSentIsCutOffAndTheOthersAreNot) {
  EventHub hub({.max_readers = 10, .max_backlog_bytes = 100'000, .heartbeat = std::chrono::hours(1)});
  Reader slow(hub, "en");
  Reader quick(hub, "en");
  const auto piece = Event(std::string(50'000, 'x'));
  // More than the kernel and the hub keep for one reader.
  for (int i = 0; i < 100; ++i) {
    hub.Publish("en", piece);
    ASSERT_EQ(quick.Read(piece->size()).size(), piece->size());
  }
  EXPECT_TRUE(slow.IsClosed());
  WaitForReaders(hub, 1);
}

TEST(EventHub, WhoLeavesMakesRoomAndWhoIsTooManyIsClosed) {
  EventHub hub({.max_readers = 1, .max_backlog_bytes = 1000, .heartbeat = std::chrono::hours(1)});
  Reader first(hub, "en");
  EXPECT_FALSE(hub.HasRoom());
  Reader second(hub, "en");
  EXPECT_TRUE(second.IsClosed());
  first.Leave();
  WaitForReaders(hub, 0);
  EXPECT_TRUE(hub.HasRoom());
  Reader third(hub, "en", Event("hello"));
  EXPECT_EQ(third.Read(13), "data: hello\n\n");
}

TEST(EventHub, EndsWithItsReadersClosed) {
  auto hub = std::make_unique<EventHub>(EventHub::Options{});
  Reader reader(*hub, "en");
  hub.reset();
  EXPECT_TRUE(reader.IsClosed());
}

TEST(EventHub, TakesConnectionsOverFromTheServer) {
  EventHub hub({.max_readers = 10, .max_backlog_bytes = 1000, .heartbeat = std::chrono::hours(1)});
  static const std::string kHead = MakeStreamHead({{"Content-Type", "text/event-stream"}});
  Server server({}, Server::Handlers{{}, [&](Request request, Responder respond) {
                                       Prepared answer{.head = kHead};
                                       answer.take_over = std::make_shared<const std::function<void(int)>>(
                                           [&hub, path = std::string(request.path())](int socket) {
                                             hub.Add(socket, path, Event("first"));
                                           });
                                       respond(std::move(answer));
                                     }});
  ASSERT_TRUE(server.Start());
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(server.port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const timeval timeout{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  const auto read_until = [&](const std::string& end) {
    std::string all;
    char byte;
    while (!all.ends_with(end) && recv(fd, &byte, 1, 0) == 1) all += byte;
    return all;
  };
  const std::string_view request = "GET /live HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  const std::string head = read_until("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(head, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(read_until("\n\n"), EndsWith("data: first\n\n"));
  hub.Publish("/live", Event("second"));
  EXPECT_THAT(read_until("\n\n"), EndsWith("data: second\n\n"));
  // The server's own end does not touch it.
  server.Stop();
  hub.Publish("/live", Event("third"));
  EXPECT_THAT(read_until("\n\n"), EndsWith("data: third\n\n"));
  close(fd);
  WaitForReaders(hub, 0);
}

}  // namespace
}  // namespace kimberlite::http
