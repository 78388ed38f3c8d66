#include "libs/http/request_head.h"

#include <gtest/gtest.h>

#include <string>

namespace kimberlite::http {
namespace {

constexpr std::size_t kMaxBytes = 16 * 1024;

class ReadHeadTest : public ::testing::Test {
 protected:
  int Status(std::string bytes) {
    bytes_ = std::move(bytes);
    std::size_t scanned = 0;
    const HeadResult result = ReadHead(bytes_.data(), bytes_.size(), kMaxBytes, scanned, head_);
    size_ = result.size;
    EXPECT_TRUE(result.size == 0 || result.refusal.status == 0);
    return result.refusal.status;
  }
  // A GET with these lines in its head.
  int StatusWith(const std::string& lines) { return Status("GET /a HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n"); }
  bool Taken(std::string bytes) { return Status(std::move(bytes)) == 0 && size_ == bytes_.size(); }

  std::string bytes_;
  std::size_t size_ = 0;
  RequestHead head_;
};

TEST_F(ReadHeadTest, ReadsMethodTargetAndFields) {
  ASSERT_TRUE(Taken(
      "GET /en/economy/?q=1&r=%20 HTTP/1.1\r\nHost: example.org:8080\r\nAccept-ENCODING: \t br;q=1 \t\r\nX:\r\n\r\n"));
  EXPECT_EQ(head_.method, "GET");
  EXPECT_FALSE(head_.is_head);
  EXPECT_EQ(head_.path(), "/en/economy/");
  EXPECT_EQ(head_.query(), "q=1&r=%20");
  EXPECT_EQ(head_.header("accept-encoding"), "br;q=1");
  EXPECT_EQ(head_.header("x"), "");
  EXPECT_NE(head_.header("x").data(), nullptr);
  EXPECT_EQ(head_.header("y").data(), nullptr);
  EXPECT_EQ(head_.field_count, 3u);
  EXPECT_TRUE(head_.keep_alive);
}

TEST_F(ReadHeadTest, TakesOneRequestOfSeveral) {
  const std::string first = "HEAD /1 HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(Status(first + "GET /2 HTTP/1.1\r\n"), 0);
  EXPECT_EQ(size_, first.size());
  EXPECT_TRUE(head_.is_head);
}

TEST_F(ReadHeadTest, EveryBeginningOfARequestWaitsForTheRest) {
  const std::string whole = "\r\nGET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";
  std::string bytes;
  std::size_t scanned = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string beginning = whole.substr(0, i);
    std::size_t fresh = 0;
    EXPECT_EQ(ReadHead(beginning.data(), i, kMaxBytes, fresh, head_).refusal.status, 0) << i;
    // Byte by byte, with what was scanned remembered.
    const HeadResult result = ReadHead(bytes.data(), bytes.size(), kMaxBytes, scanned, head_);
    EXPECT_EQ(result.size, 0u) << i;
    bytes += whole[i];
  }
  EXPECT_EQ(ReadHead(bytes.data(), bytes.size(), kMaxBytes, scanned, head_).size, whole.size());
}

TEST_F(ReadHeadTest, ConnectionAndVersionDecideWhetherItStays) {
  const auto stays = [&](const std::string& version, const std::string& lines) {
    EXPECT_EQ(Status("GET / HTTP/" + version + "\r\nHost: x\r\n" + lines + "\r\n"), 0);
    return head_.keep_alive;
  };
  EXPECT_TRUE(stays("1.1", ""));
  EXPECT_FALSE(stays("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(stays("1.1", "Connection: foo ,\tCLOSE\r\n"));
  EXPECT_TRUE(stays("1.1", "Connection: closed\r\n"));
  EXPECT_FALSE(stays("1.0", ""));
  EXPECT_TRUE(stays("1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(stays("1.0", "Connection: keep-alive, close\r\n"));
}

TEST_F(ReadHeadTest, AbsoluteFormLosesItsAuthority) {
  EXPECT_TRUE(Taken("GET HTTP://Example.org/a?b HTTP/1.1\r\nHost: example.ORG\r\n\r\n"));
  EXPECT_EQ(head_.target, "/a?b");
  EXPECT_TRUE(Taken("GET https://example.org HTTP/1.1\r\nHost: example.org\r\n\r\n"));
  EXPECT_EQ(head_.target, "/");
  for (const char* target :
       {"http://other/", "http:///a", "http://u@x/", "http://x?a", "ftp://x/", "x:80", "*", "a", "http:/x"}) {
    EXPECT_EQ(Status(std::string("GET ") + target + " HTTP/1.1\r\nHost: x\r\n\r\n"), 400) << target;
  }
}

TEST_F(ReadHeadTest, WhatCanBeReadInTwoWaysIsRefused) {
  EXPECT_EQ(StatusWith("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(StatusWith("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400);
  EXPECT_EQ(StatusWith("Content-Length: 0\r\nContent-Length: 0\r\n"), 400);
  for (const char* length : {"0, 0", "+0", "-0", "0x0", "", " ", "1 2", "0\x0b"}) {
    EXPECT_EQ(StatusWith(std::string("Content-Length: ") + length + "\r\n"), 400) << length;
  }
  for (const char* coding :
       {"gzip, chunked", "chunked, chunked", "chunked, identity", "identity", "xchunked", "", "chunked;a=b"}) {
    EXPECT_EQ(StatusWith(std::string("Transfer-Encoding: ") + coding + "\r\n"), 400) << coding;
  }
  EXPECT_EQ(StatusWith("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(Status("GET / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(StatusWith("Host: x\r\n"), 400);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\n\r\n"), 400);
  for (const char* host : {"a b", "a/b", "a@b", "a\x80", "<a>", "a,b/c", "a?b", "a\\b"}) {
    EXPECT_EQ(Status(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n"), 400) << host;
  }
  EXPECT_TRUE(Taken("GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n"));
  EXPECT_TRUE(Taken("GET / HTTP/1.0\r\n\r\n"));
}

TEST_F(ReadHeadTest, LinesEndInCrLfAlone) {
  for (const char* bytes :
       {"GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\n\r\n", "GET / HTTP/1.1\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\n", "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "\rGET / HTTP/1.1\r\nHost: x\r\n\r\n"}) {
    EXPECT_EQ(Status(bytes), 400) << bytes;
  }
  EXPECT_TRUE(Taken("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"));
}

TEST_F(ReadHeadTest, WhiteSpaceStandsWhereItMay) {
  EXPECT_EQ(StatusWith("A : b\r\n"), 400);
  EXPECT_EQ(StatusWith("A\t: b\r\n"), 400);
  EXPECT_EQ(StatusWith(" A: b\r\n"), 400);
  EXPECT_EQ(StatusWith("A: b\r\n c\r\n"), 400);  // a folded line
  EXPECT_EQ(StatusWith("A: b\r\n\t\r\n"), 400);
  EXPECT_EQ(StatusWith(": b\r\n"), 400);
  EXPECT_EQ(StatusWith("A\r\n"), 400);
  EXPECT_EQ(Status("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET / HTTP/1.1 \r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(Status(" GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET /\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST_F(ReadHeadTest, ControlCharactersAreRefusedEverywhere) {
  for (int c = 0; c < 256; ++c) {
    const std::string byte(1, static_cast<char>(c));
    const bool control = (c < 0x20 && c != '\t') || c == 0x7f;
    EXPECT_EQ(StatusWith("A: b" + byte + "c\r\n"), control ? 400 : 0) << c;
    if (control || c >= 0x80 || c == '\t' || c == '#') {
      EXPECT_EQ(Status("GET /a" + byte + "b HTTP/1.1\r\nHost: x\r\n\r\n"), 400) << c;
      if (c != '#') {
        EXPECT_EQ(StatusWith("A" + byte + "b: c\r\n"), 400) << c;
      }
    }
  }
  // At once, without waiting for an end that does not come.
  EXPECT_EQ(Status("\x16\x03\x01\x02"), 400);
  EXPECT_EQ(Status(std::string(1, '\0')), 400);
}

TEST_F(ReadHeadTest, OtherMethodsBodiesExpectationsAndVersions) {
  EXPECT_EQ(Status("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"), 413);
  EXPECT_EQ(StatusWith("Transfer-Encoding: Chunked\r\n"), 413);
  EXPECT_EQ(StatusWith("Content-Length: 00\r\n"), 0);
  EXPECT_EQ(Status("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), 405);
  EXPECT_EQ(Status("CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n"), 405);
  EXPECT_EQ(Status("get / HTTP/1.1\r\nHost: x\r\n\r\n"), 405);
  EXPECT_EQ(StatusWith("Expect: 100-continue\r\n"), 417);
  EXPECT_EQ(Status("GET / HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(Status("PRI * HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(Status("GET / HTTP/1.11\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET / http/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST_F(ReadHeadTest, SizesAreBounded) {
  EXPECT_EQ(Status("GET /" + std::string(kMaxTargetBytes, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
  EXPECT_EQ(Status("GET /" + std::string(kMaxBytes, 'a')), 414);
  EXPECT_EQ(StatusWith("A: " + std::string(kMaxBytes, 'a') + "\r\n"), 431);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nA: " + std::string(kMaxBytes, 'a')), 431);
  std::string fields;
  for (std::size_t i = 1; i < kMaxFields; ++i) fields += "A: b\r\n";
  EXPECT_EQ(StatusWith(fields), 0);
  EXPECT_EQ(StatusWith(fields + "A: b\r\n"), 431);
}

}  // namespace
}  // namespace kimberlite::http
