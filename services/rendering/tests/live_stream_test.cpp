#include "services/rendering/adapters/live_stream.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>

#include "libs/base/id.h"

namespace kimberlite::rendering {
namespace {

using feed::v1::StreamUpdatesRequest;
using feed::v1::StreamUpdatesResponse;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kToken[] = "live-test-token-0123456789";

// A feed service whose log the test writes. Cursors are "c1", "c2", …; even ones only move the cursor.
class FakeFeed {
 public:
  FakeFeed() : tokens_(std::filesystem::temp_directory_path() / ("kimberlite_live_" + RandomHex(6))) {
    std::ofstream(tokens_) << "edge service " << kToken << "\n";
    server_ = std::make_unique<rpc::Server>(rpc::Server::Options{.tokens_file = tokens_, .partial = true});
    server_->HandleServerStream<StreamUpdatesRequest, StreamUpdatesResponse>(
        [this](const rpc::Call& call, const StreamUpdatesRequest& request,
               rpc::StreamWriter<StreamUpdatesResponse>& writer) { return Stream(call, request, writer); });
    EXPECT_TRUE(server_->Start());
  }
  ~FakeFeed() {
    server_.reset();
    std::filesystem::remove(tokens_);
  }
  std::string target() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  void Happen(int count, const std::string& language) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < count; ++i) languages_.push_back(language);
    changed_.notify_all();
  }
  int streams() {
    const std::lock_guard lock(mutex_);
    return streams_;
  }

 private:
  Result<void> Stream(const rpc::Call& call, const StreamUpdatesRequest& request,
                      rpc::StreamWriter<StreamUpdatesResponse>& writer) {
    std::unique_lock lock(mutex_);
    if (request.cursor() == "forged") return InvalidField("cursor", "is none that a stream gave");
    if (request.cursor() == "old") return Fail(Code::kOutOfRange, "that is not kept any more");
    std::size_t at = request.cursor().empty() ? languages_.size() : std::stoul(request.cursor().substr(1));
    StreamUpdatesResponse response;
    if (request.cursor().empty()) {
      response.set_cursor("c" + std::to_string(at));
      KIMBERLITE_RETURN_IF_ERROR(writer.Write(response));
    }
    ++streams_;
    changed_.notify_all();
    while (changed_.wait(lock, call.context.stop, [&] { return at < languages_.size(); })) {
      response.Clear();
      response.set_cursor("c" + std::to_string(at + 1));
      if (!languages_[at].empty()) {
        response.mutable_update()->set_kind(feed::v1::UPDATE_KIND_ADDED);
        response.mutable_update()->set_article_id(static_cast<std::int64_t>(at + 1));
        response.mutable_update()->set_language_code(languages_[at]);
        response.mutable_update()->set_headline("Муус \"суол\"\nаһылынна");
      }
      ++at;
      KIMBERLITE_RETURN_IF_ERROR(writer.Write(response));
    }
    return Fail(Code::kUnavailable, "stopping");
  }

  const std::string tokens_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> languages_;  // of each update; empty: nothing is seen of it
  int streams_ = 0;
  std::unique_ptr<rpc::Server> server_;
};

// A reader of the stream over a real connection.
class Reader {
 public:
  Reader(int port, const std::string& path, const std::string& last_id = "") {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval timeout{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n";
    if (!last_id.empty()) request += "Last-Event-ID: " + last_id + "\r\n";
    request += "\r\n";
    EXPECT_EQ(send(fd_, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    head_ = ReadUntil("\r\n\r\n");
  }
  ~Reader() { close(fd_); }
  const std::string& head() const { return head_; }
  // The next block that is more than a comment or a time to come back.
  std::string NextEvent() {
    while (true) {
      const std::string block = ReadUntil("\n\n");
      if (block.empty() || block.find("id: ") != std::string::npos) return block;
    }
  }
  std::string NextBlock() { return ReadUntil("\n\n"); }

 private:
  std::string ReadUntil(const std::string& end) {
    std::string all;
    char byte;
    while (!all.ends_with(end) && recv(fd_, &byte, 1, 0) == 1) all += byte;
    return all;
  }
  int fd_;
  std::string head_;
};

std::string IdOf(const std::string& event) { return event.substr(4, event.find('\n') - 4); }

class LiveStreamTest : public ::testing::Test {
 protected:
  void Serve(std::size_t kept = 100, int readers = 100) {
    live_ = std::make_unique<LiveStream>(LiveStream::Options{
        .feed_target = feed_.target(), .token = kToken, .hub = {.max_readers = readers}, .kept_updates = kept});
    live_->Start();
    while (!live_->IsOpen()) std::this_thread::yield();
    server_ = std::make_unique<http::Server>(
        http::Server::Options{},
        http::Server::Handlers{{}, [this](http::Request request, http::Responder respond) {
                                 const std::string language(request.path().substr(1, request.path().find('/', 1) - 1));
                                 live_->Answer(request, language, std::move(respond));
                               }});
    ASSERT_TRUE(server_->Start());
  }
  void Restart() {
    server_.reset();
    live_.reset();
    Serve();
  }
  FakeFeed feed_;
  std::unique_ptr<LiveStream> live_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(LiveStreamTest, AReaderHearsItsLanguageFromNowOn) {
  feed_.Happen(2, "sah");
  Serve();
  Reader sakha(server_->port(), "/sah/live");
  Reader arabic(server_->port(), "/ar/live");
  EXPECT_THAT(sakha.head(), HasSubstr("Content-Type: text/event-stream; charset=utf-8\r\n"));
  while (live_->readers() < 2) std::this_thread::yield();
  feed_.Happen(1, "sah");
  feed_.Happen(1, "ar");
  const std::string event = sakha.NextEvent();
  EXPECT_THAT(event, HasSubstr("id: c3\nevent: added\ndata: {\"article_id\":3,"));
  EXPECT_THAT(event, HasSubstr("\"headline\":\"Муус \\\"суол\\\"\\nаһылынна\""));
  EXPECT_EQ(IdOf(arabic.NextEvent()), "c4");
}

TEST_F(LiveStreamTest, WhoComesBackGoesOnWithoutLossOrRepetition) {
  Serve();
  std::string last;
  {
    Reader first(server_->port(), "/sah/live");
    while (live_->readers() < 1) std::this_thread::yield();
    feed_.Happen(3, "sah");
    for (int i = 1; i <= 3; ++i) EXPECT_EQ(last = IdOf(first.NextEvent()), "c" + std::to_string(i));
  }
  feed_.Happen(1, "ar");
  feed_.Happen(1, "");
  feed_.Happen(2, "sah");
  Reader again(server_->port(), "/sah/live", last);
  EXPECT_EQ(IdOf(again.NextEvent()), "c6");
  EXPECT_EQ(IdOf(again.NextEvent()), "c7");
}

TEST_F(LiveStreamTest, AReplicaThatBeganLaterAsksTheFeedServiceOnceForAll) {
  feed_.Happen(5, "sah");
  Serve();
  feed_.Happen(1, "sah");
  Reader one(server_->port(), "/sah/live", "c2");
  for (const char* id : {"c3", "c4", "c5", "c6"}) EXPECT_EQ(IdOf(one.NextEvent()), id);
  const int streams = feed_.streams();
  Reader two(server_->port(), "/sah/live", "c4");
  for (const char* id : {"c5", "c6"}) EXPECT_EQ(IdOf(two.NextEvent()), id);
  EXPECT_EQ(feed_.streams(), streams);
  feed_.Happen(1, "sah");
  EXPECT_EQ(IdOf(one.NextEvent()), "c7");
  EXPECT_EQ(IdOf(two.NextEvent()), "c7");
}

TEST_F(LiveStreamTest, AfterARestartReadersGoOn) {
  Serve();
  feed_.Happen(4, "sah");
  Restart();
  Reader again(server_->port(), "/sah/live", "c1");
  for (const char* id : {"c2", "c3", "c4"}) EXPECT_EQ(IdOf(again.NextEvent()), id);
}

TEST_F(LiveStreamTest, WhatIsNotKeptAnyMoreIsSaidAndTheStreamGoesOn) {
  feed_.Happen(1, "sah");
  Serve();
  Reader reader(server_->port(), "/sah/live", "old");
  EXPECT_EQ(reader.NextEvent(), "id: c1\nevent: reset\ndata: {}\n\n");
  feed_.Happen(1, "sah");
  EXPECT_EQ(IdOf(reader.NextEvent()), "c2");
}

TEST_F(LiveStreamTest, OnlyTheNewestIsKept) {
  Serve(3);
  Reader watcher(server_->port(), "/sah/live");
  while (live_->readers() < 1) std::this_thread::yield();
  feed_.Happen(10, "sah");
  std::string last;
  while (last != "c10") last = IdOf(watcher.NextEvent());
  Reader near(server_->port(), "/sah/live", "c8");
  EXPECT_EQ(IdOf(near.NextEvent()), "c9");
  // Six were missed, and three are kept: more than a replica holds is not fetched for one reader.
  Reader far(server_->port(), "/sah/live", "c1");
  EXPECT_THAT(far.NextEvent(), HasSubstr("event: reset"));
}

TEST_F(LiveStreamTest, AnIdThatNoStreamGaveIsRefused) {
  Serve();
  EXPECT_THAT(Reader(server_->port(), "/sah/live", "forged").head(), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Reader(server_->port(), "/sah/live", std::string(600, 'x')).head(), StartsWith("HTTP/1.1 400 "));
}

TEST_F(LiveStreamTest, WhoFindsNoRoomIsToldWhenToComeBack) {
  Serve(100, 1);
  Reader first(server_->port(), "/sah/live");
  while (live_->readers() < 1) std::this_thread::yield();
  Reader second(server_->port(), "/sah/live");
  EXPECT_THAT(second.head(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(second.NextBlock(), StartsWith("retry: "));
}

}  // namespace
}  // namespace kimberlite::rendering
