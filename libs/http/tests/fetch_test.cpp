#include "libs/http/fetch.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "libs/base/text.h"
#include "libs/http/address.h"
#include "libs/http/tests/tiny_server.h"

namespace kimberlite::http {
namespace {

using ::testing::HasSubstr;

std::string Why(const char* address) {
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, address, bytes.data()) == 1) return std::string(WhyNotPublic(std::span(bytes).first(4)));
  EXPECT_EQ(inet_pton(AF_INET6, address, bytes.data()), 1) << address;
  return std::string(WhyNotPublic(bytes));
}

TEST(WhyNotPublic, LetsPublicAddressesPass) {
  for (const char* address :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888"}) {
    EXPECT_EQ(Why(address), "") << address;
  }
}

TEST(WhyNotPublic, RefusesEverythingElse) {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.100.100.200",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.0.9",
                              "168.63.129.16",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.192",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.7",
                              "203.0.113.7",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:8.8.8.8",
                              "::ffff:127.0.0.1",
                              "::7f00:1",
                              "64:ff9b::808:808",
                              "64:ff9b::a00:1",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:10::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "3fff::1",
                              "5f00::1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "fe80::1",
                              "fec0::1",
                              "ff02::1",
                              "4000::1"}) {
    EXPECT_NE(Why(address), "") << address;
  }
  EXPECT_NE(WhyNotPublic({}), "");
}

Fetcher::Options Allowing(const TinyServer& server) {
  Fetcher::Options options;
  options.allowed_hosts = {server.host_port()};
  options.default_timeout = std::chrono::seconds(5);
  return options;
}

TEST(Fetcher, ReturnsStatusHeadersAndBody) {
  TinyServer server([](const auto&) { return TinyServer::Answer(404, {"X-Case: Value", "x-case: other"}, "нет"); });
  const auto response =
      Fetcher(Allowing(server)).Get({}, {.url = server.Url("/a?b=c#d"), .accept = "application/rss+xml"});
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->Header("x-case"), "Value");
  EXPECT_EQ(response->Header("absent"), "");
  EXPECT_EQ(response->body, "нет");
  EXPECT_EQ(response->final_url, server.Url("/a?b=c"));
  EXPECT_FALSE(response->not_modified);
  EXPECT_FALSE(response->retry_after);
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].target, "/a?b=c");
  EXPECT_EQ(server.requests()[0].headers["accept"], "application/rss+xml");
  EXPECT_EQ(server.requests()[0].headers["user-agent"], "Kimberlite");
}

TEST(Fetcher, AsksConditionally) {
  TinyServer server([](const auto&) { return TinyServer::Answer(304, {}, ""); });
  const auto response =
      Fetcher(Allowing(server))
          .Get({}, {.url = server.Url("/"), .etag = "W/\"x\"", .last_modified = "Tue, 24 Nov 2026 09:30:00 GMT"});
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_TRUE(response->not_modified);
  EXPECT_EQ(server.requests()[0].headers["if-none-match"], "W/\"x\"");
  EXPECT_EQ(server.requests()[0].headers["if-modified-since"], "Tue, 24 Nov 2026 09:30:00 GMT");
}

TEST(Fetcher, RefusesAValidatorThatWouldAddAHeader) {
  TinyServer server([](const auto&) { return TinyServer::Answer(200, {}, ""); });
  const auto response = Fetcher(Allowing(server)).Get({}, {.url = server.Url("/"), .etag = "\"x\"\r\nCookie: a=b"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::kInvalidArgument);
  EXPECT_TRUE(server.requests().empty());
}

TEST(Fetcher, UnderstandsRetryAfter) {
  std::string value = "120";
  TinyServer server([&](const auto&) { return TinyServer::Answer(503, {"Retry-After: " + value}, ""); });
  const Fetcher fetcher(Allowing(server));
  EXPECT_EQ(fetcher.Get({}, {.url = server.Url("/")})->retry_after, std::chrono::seconds(120));
  value = "Fri, 01 Jan 1999 00:00:00 GMT";
  EXPECT_EQ(fetcher.Get({}, {.url = server.Url("/")})->retry_after, std::chrono::seconds(0));
  value = "soon";
  EXPECT_EQ(fetcher.Get({}, {.url = server.Url("/")})->retry_after, std::nullopt);
}

TEST(Fetcher, RefusesPrivateAddressesHoweverTheyAreWritten) {
  TinyServer server([](const auto&) { return TinyServer::Answer(200, {}, "secret"); });
  const std::string port = ":" + std::to_string(server.port()) + "/";
  const Fetcher fetcher(Fetcher::Options{});
  for (const std::string host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0.0.0.0",
                                 "[::1]", "[::ffff:127.0.0.1]"}) {
    const auto response = fetcher.Get({}, {.url = "http://" + host + port});
    ASSERT_FALSE(response) << host;
    EXPECT_EQ(response.error().code(), Code::kPermissionDenied) << host << " " << response.error().ToString();
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(Fetcher, AllowsOnlyTheNamedPortOfAPrivateHost) {
  TinyServer named([](const auto&) { return TinyServer::Answer(200, {}, "yes"); });
  TinyServer other([](const auto&) { return TinyServer::Answer(200, {}, "no"); });
  const Fetcher fetcher(Allowing(named));
  ASSERT_TRUE(fetcher.Get({}, {.url = named.Url("/")}));
  const auto refused = fetcher.Get({}, {.url = other.Url("/")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kPermissionDenied);
  EXPECT_THAT(refused.error().message(), HasSubstr("a loopback address"));
  EXPECT_TRUE(other.requests().empty());
}

TEST(Fetcher, ChecksEveryHopOfARedirect) {
  TinyServer inner([](const auto&) { return TinyServer::Answer(200, {}, "secret"); });
  TinyServer outer([&](const auto&) { return TinyServer::Answer(302, {"Location: " + inner.Url("/")}, ""); });
  const auto response = Fetcher(Allowing(outer)).Get({}, {.url = outer.Url("/")});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::kPermissionDenied);
  EXPECT_TRUE(inner.requests().empty());
}

TEST(Fetcher, FollowsFiveRedirectsAndNoMore) {
  int redirects = 5;
  TinyServer server([&](const auto& request) {
    const int at = request.target == "/start" ? 0 : std::atoi(request.target.c_str() + 3);
    if (at == redirects) return TinyServer::Answer(200, {}, "here");
    return TinyServer::Answer(at % 2 ? 301 : 307, {"Location: ../a/" + std::to_string(at + 1)}, "moved");
  });
  const Fetcher fetcher(Allowing(server));
  const auto response = fetcher.Get({}, {.url = server.Url("/start")});
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->body, "here");
  EXPECT_EQ(response->final_url, server.Url("/a/5"));
  redirects = 6;
  const auto refused = fetcher.Get({}, {.url = server.Url("/start")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kFailedPrecondition);
}

TEST(Fetcher, DoesNotFollowToOtherSchemesOrPortsOrWithAUser) {
  std::string location;
  TinyServer server([&](const auto&) { return TinyServer::Answer(302, {"Location: " + location}, ""); });
  const Fetcher fetcher(Allowing(server));
  for (const std::string target : {"file:///etc/passwd", "gopher://example.org/", "ftp://example.org/",
                                   "http://example.org:22/", "https://example.org:25/", "http://a:b@example.org/",
                                   "http:///", "http://exa mple.org/", "http://exa\xFF mple.org/"}) {
    location = target;
    const auto response = fetcher.Get({}, {.url = server.Url("/")});
    ASSERT_FALSE(response) << target;
    EXPECT_TRUE(response.error().code() == Code::kInvalidArgument ||
                response.error().code() == Code::kFailedPrecondition)
        << target << " " << response.error().ToString();
    EXPECT_TRUE(IsValidUtf8(response.error().message())) << response.error().message();
  }
}

TEST(Fetcher, DropsCredentialsOnARedirect) {
  TinyServer server([&](const auto& request) {
    return request.target == "/" ? TinyServer::Answer(302, {"Location: /next"}, "") : TinyServer::Answer(200, {}, "x");
  });
  const auto response = Fetcher(Allowing(server)).Get({}, {.url = "http://user:word@" + server.host_port() + "/"});
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_TRUE(server.requests()[0].headers.contains("authorization"));
  EXPECT_FALSE(server.requests()[1].headers.contains("authorization"));
  EXPECT_EQ(response->final_url, server.Url("/next"));
}

TEST(Fetcher, IgnoresProxiesOfTheEnvironment) {
  TinyServer server([](const auto&) { return TinyServer::Answer(200, {}, "direct"); });
  TinyServer proxy([](const auto&) { return TinyServer::Answer(200, {}, "proxy"); });
  setenv("http_proxy", proxy.Url("/").c_str(), 1);
  setenv("all_proxy", proxy.Url("/").c_str(), 1);
  const auto response = Fetcher(Allowing(server)).Get({}, {.url = server.Url("/")});
  unsetenv("http_proxy");
  unsetenv("all_proxy");
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->body, "direct");
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST(Fetcher, DecompressesUpToTheLimitOnly) {
  std::string plain(1000, 'a');
  TinyServer server([&](const auto&) { return TinyServer::Answer(200, {"Content-Encoding: gzip"}, Gzip(plain)); });
  const Fetcher fetcher(Allowing(server));
  ASSERT_EQ(fetcher.Get({}, {.url = server.Url("/")})->body, plain);
  EXPECT_THAT(server.requests()[0].headers["accept-encoding"], HasSubstr("br"));
  plain.assign(64 * 1024 * 1024, 'a');
  const auto bomb = fetcher.Get({}, {.url = server.Url("/")});
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().code(), Code::kResourceExhausted);
}

TEST(Fetcher, LimitsBodiesAndHeaders) {
  std::string answer = "HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x');
  TinyServer server([&](const auto&) { return answer; });
  Fetcher::Options options = Allowing(server);
  options.max_body_bytes = 2000;
  const Fetcher fetcher(options);
  ASSERT_TRUE(fetcher.Get({}, {.url = server.Url("/")}));
  answer += "x";
  EXPECT_EQ(fetcher.Get({}, {.url = server.Url("/")}).error().code(), Code::kResourceExhausted);
  answer = TinyServer::Answer(200, {}, std::string(2001, 'x'));
  EXPECT_EQ(fetcher.Get({}, {.url = server.Url("/")}).error().code(), Code::kResourceExhausted);
  answer = TinyServer::Answer(200, {}, std::string(2000, 'x'));
  EXPECT_TRUE(fetcher.Get({}, {.url = server.Url("/")}));
  answer = TinyServer::Answer(200, std::vector<std::string>(700, "X: " + std::string(100, 'y')), "");
  EXPECT_EQ(fetcher.Get({}, {.url = server.Url("/")}).error().code(), Code::kResourceExhausted);
}

// Holds an answer back until it is opened.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    arrived_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void AwaitArrival() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool arrived_ = false;
};

TEST(Fetcher, KeepsTheDeadline) {
  Gate gate;
  TinyServer server([&](const auto&) {
    gate.Wait();
    return std::string();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto response =
      Fetcher(Allowing(server)).Get(Context::WithTimeout(std::chrono::milliseconds(200)), {.url = server.Url("/")});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
  gate.Open();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::kDeadlineExceeded);
}

TEST(Fetcher, StopsAtOnce) {
  Gate gate;
  TinyServer server([&](const auto&) {
    gate.Wait();
    return std::string();
  });
  std::stop_source stop;
  Context context;
  context.stop = stop.get_token();
  std::thread stopper([&] {
    gate.AwaitArrival();
    stop.request_stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto response = Fetcher(Allowing(server)).Get(context, {.url = server.Url("/")});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
  stopper.join();
  gate.Open();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::kCancelled);
}

TEST(Fetcher, SaysWhatWentWrong) {
  TinyServer server([](const auto&) { return std::string("not http at all\r\n\r\n"); });
  const Fetcher fetcher(Allowing(server));
  EXPECT_EQ(fetcher.Get({}, {.url = server.Url("/")}).error().code(), Code::kUnavailable);
  for (const std::string url :
       {"", "feed.xml", "//example.org/", "file:///etc/passwd", "javascript:alert(1)", "http://", "http://[::1",
        "http://example.org:99999/", "http://example.org:25/", "http://a\r\nb/"}) {
    const auto response = fetcher.Get({}, {.url = url});
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().code(), Code::kInvalidArgument) << url << ": " << response.error().ToString();
  }
}

}  // namespace
}  // namespace kimberlite::http
