#include "libs/http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace kimberlite::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A socket that sends what it is told and reads until the server closes.
class RawClient {
 public:
  explicit RawClient(int port) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval timeout{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  }
  ~RawClient() { close(fd_); }
  void Send(std::string_view bytes) {
    ASSERT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void FinishSending() { shutdown(fd_, SHUT_WR); }
  std::string Read(std::size_t most) {
    std::string bytes(most, '\0');
    bytes.resize(std::max<ssize_t>(recv(fd_, bytes.data(), most, 0), 0));
    return bytes;
  }
  bool WaitForHangUp() {
    pollfd poll_for{fd_, 0, 0};
    return poll(&poll_for, 1, 10'000) == 1;
  }
  std::string ReadAll() {
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = recv(fd_, buffer, sizeof buffer, 0)) > 0;) all.append(buffer, n);
    return all;
  }

 private:
  int fd_;
};

class ServerTest : public ::testing::Test {
 protected:
  void Serve(Server::Handler handler, Server::Options options = {}) {
    server_ = std::make_unique<Server>(std::move(options), std::move(handler));
    ASSERT_TRUE(server_->Start());
  }
  std::string Exchange(std::string_view bytes) {
    RawClient client(server_->port());
    client.Send(bytes);
    return client.ReadAll();
  }
  static Response Echo(const Request& request) {
    return {200, {{"X-Query", std::string(request.query())}}, std::make_shared<const std::string>(request.path())};
  }
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersGetWithPathAndQuery) {
  Serve(Echo);
  const std::string answer = Exchange("GET /en/economy/?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Query: q=1\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 12\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n/en/economy/"));
}

TEST_F(ServerTest, HeadHasTheGetsHeadersAndNoBody) {
  Serve(Echo);
  const std::string answer = Exchange("HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Serve(Echo);
  const std::string answer =
      Exchange("GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_LT(answer.find("/first"), answer.find("/second"));
  EXPECT_THAT(answer, HasSubstr("/second"));
}

TEST_F(ServerTest, WhatIsAmbiguousIs400AndCloses) {
  Serve(Echo);
  for (const char* bad : {
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
           "GET relative HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
       }) {
    EXPECT_THAT(Exchange(bad), StartsWith("HTTP/1.1 400 ")) << bad;
  }
}

TEST_F(ServerTest, OtherMethodsBodiesAndLargeHeadersAreRefused) {
  Serve(Echo);
  EXPECT_THAT(Exchange("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Exchange("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20000, 'y') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, AHeaderValueCannotBeginAnother) {
  Serve([](const Request&) { return Response{301, {{"Location", "/a\r\nSet-Cookie: x"}}, nullptr}; });
  EXPECT_THAT(Exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), Not(HasSubstr("\r\nSet-Cookie")));
}

TEST_F(ServerTest, ASlowHeaderIsCut) {
  Serve(Echo, {.header_timeout = std::chrono::seconds(1)});
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost");
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(ServerTest, AConnectionThatFallsSilentIsClosed) {
  Serve(Echo, {.idle_timeout = std::chrono::seconds(1)});
  RawClient client(server_->port());
  client.Send("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
  // Ends when the server closes, long before the client's own time-out.
  EXPECT_TRUE(client.ReadAll().ends_with("/first"));
}

TEST_F(ServerTest, ALongBodyArrivesWhole) {
  const std::string body = std::string(300'000, 'x') + "end";
  Serve([&](const Request&) { return Response{200, {}, std::make_shared<const std::string>(body)}; });
  EXPECT_TRUE(Exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ends_with(body));
}

TEST_F(ServerTest, StopAsksAHandlerThatTakesTooLongToStop) {
  std::promise<void> entered;
  Serve([&](const Request& request) {
    entered.set_value();
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    // Ends by the stop token alone.
    never.wait(lock, request.stop, [] { return false; });
    return Echo(request);
  });
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  server_->Stop(std::chrono::milliseconds(50));
}

TEST_F(ServerTest, AFailingHandlerIs500AndTheServerGoesOn) {
  Serve([](const Request& request) -> Response {
    if (request.path() == "/bad") throw std::runtime_error("broken");
    return Echo(request);
  });
  EXPECT_THAT(Exchange("GET /bad HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(Exchange("GET /good HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, StopAnswersWhatWasAsked) {
  std::promise<void> entered, release;
  Serve([&](const Request& request) {
    entered.set_value();
    release.get_future().wait();
    return Echo(request);
  });
  RawClient idle(server_->port());
  RawClient client(server_->port());
  client.Send("GET /last HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  std::jthread stopper([&] { server_->Stop(std::chrono::seconds(10)); });
  release.set_value();
  const std::string answer = client.ReadAll();
  EXPECT_TRUE(answer.ends_with("/last")) << answer;
  EXPECT_EQ(idle.ReadAll(), "");
}

TEST_F(ServerTest, ATakenPortIsAClearError) {
  Serve(Echo);
  Server second({.port = server_->port()}, Echo);
  const auto started = second.Start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), HasSubstr(std::to_string(server_->port())));
}

// Answers below /now on the I/O thread, the rest on a worker.
class AtOnceTest : public ServerTest {
 protected:
  void ServeBoth(Server::Options options = {}) {
    server_ = std::make_unique<Server>(
        options, Server::Handlers{[this](const RequestHead& head, Prepared& answer) {
                                    if (!head.path().starts_with("/now")) return false;
                                    answer = {head_, "X-More: 1\r\n", body_, nullptr};
                                    return true;
                                  },
                                  [](Request request, Responder respond) { respond(Echo(request)); }});
    ASSERT_TRUE(server_->Start());
  }
  void SetBody(std::string body) {
    body_ = std::move(body);
    head_ = MakeHead(200, {{"A", "b"}}, body_.size());
  }
  std::string head_ = MakeHead(200, {{"A", "b"}}, 5);
  std::string body_ = "hello";
};

TEST_F(AtOnceTest, SendsWhatWasMadeReady) {
  ServeBoth();
  const std::string answer = Exchange("GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\nX-More: 1\r\nDate: "));
  EXPECT_TRUE(answer.ends_with(" GMT\r\nConnection: close\r\n\r\nhello")) << answer;
  EXPECT_TRUE(Exchange("HEAD /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ends_with("close\r\n\r\n"));
}

TEST_F(AtOnceTest, FastAndSlowAnswersKeepTheOrderOfTheirRequests) {
  ServeBoth();
  std::string requests, order;
  for (int i = 0; i < 50; ++i) {
    requests += "GET /now HTTP/1.1\r\nHost: x\r\n\r\nGET /slow" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  const std::string answer = Exchange(requests + "GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answer.find("hello", at);
    ASSERT_NE(at, std::string::npos) << i;
    at = answer.find("/slow" + std::to_string(i), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_TRUE(answer.ends_with("/end"));
}

// Far more than sockets hold: the server stops reading until the answers are taken, and then goes on.
TEST_F(AtOnceTest, ManyPipelinedRequestsAreAllAnswered) {
  SetBody(std::string(20'000, 'x') + "!");
  ServeBoth();
  constexpr int kRequests = 2'000;
  std::string requests;
  for (int i = 1; i < kRequests; ++i) requests += "GET /now HTTP/1.1\r\nHost: x\r\n\r\n";
  requests += "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  RawClient client(server_->port());
  std::jthread sender([&] { client.Send(requests); });
  const std::string answer = client.ReadAll();
  EXPECT_EQ(std::ranges::count(answer, '!'), kRequests);
}

TEST_F(AtOnceTest, AReaderWhoTakesNothingIsCut) {
  SetBody(std::string(64 << 20, 'x'));
  ServeBoth({.header_timeout = std::chrono::milliseconds(300)});
  RawClient client(server_->port());
  client.Send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
  // Waits for the cut without reading.
  EXPECT_TRUE(client.WaitForHangUp());
  EXPECT_LT(client.ReadAll().size(), body_.size());
}

TEST_F(AtOnceTest, EveryThreadTakesConnections) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  server_ = std::make_unique<Server>(Server::Options{.io_threads = 3},
                                     Server::Handlers{[&](const RequestHead&, Prepared& answer) {
                                                        const std::lock_guard lock(mutex);
                                                        threads.insert(std::this_thread::get_id());
                                                        answer.head = head_;
                                                        answer.body = body_;
                                                        return true;
                                                      },
                                                      {}});
  ASSERT_TRUE(server_->Start());
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(Exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ends_with("hello"));
  }
  EXPECT_EQ(threads.size(), 3u);
  Server second({.port = server_->port(), .io_threads = 3}, Echo);
  EXPECT_FALSE(second.Start());
}

TEST_F(AtOnceTest, ARequestThatTricklesInIsTakenWhole) {
  ServeBoth();
  RawClient client(server_->port());
  for (const char c : std::string("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) {
    client.Send(std::string_view(&c, 1));
  }
  EXPECT_TRUE(client.ReadAll().ends_with("/slow"));
}

TEST_F(AtOnceTest, WhoIsDoneSendingIsStillAnswered) {
  ServeBoth();
  RawClient client(server_->port());
  client.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  client.FinishSending();
  EXPECT_TRUE(client.ReadAll().ends_with("/slow"));
}

TEST_F(AtOnceTest, ARefusalIsReadThoughABodyFollows) {
  ServeBoth();
  RawClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x'));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(AtOnceTest, ADroppedResponderAnswers500) {
  server_ = std::make_unique<Server>(Server::Options{}, Server::Handlers{{}, [](Request, Responder) {}});
  ASSERT_TRUE(server_->Start());
  EXPECT_THAT(Exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
}

TEST_F(AtOnceTest, AnAnswerMayComeAfterTheServerIsGone) {
  std::optional<Responder> kept;
  std::promise<void> asked;
  server_ = std::make_unique<Server>(Server::Options{}, Server::Handlers{{}, [&](Request, Responder respond) {
                                                                           kept.emplace(std::move(respond));
                                                                           asked.set_value();
                                                                         }});
  ASSERT_TRUE(server_->Start());
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  asked.get_future().wait();
  server_->Stop(std::chrono::milliseconds(10));
  server_.reset();
  (*kept)(Response{});
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(AtOnceTest, ConnectionsBeyondTheLimitAreClosed) {
  ServeBoth({.max_connections = 1});
  RawClient first(server_->port());
  first.Send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.Read(1), "H");
  RawClient second(server_->port());
  EXPECT_EQ(second.ReadAll(), "");
}

}  // namespace
}  // namespace kimberlite::http
