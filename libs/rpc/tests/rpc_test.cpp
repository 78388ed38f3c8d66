#include "libs/rpc/rpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "kimberlite/feed/v1/feed_service.pb.h"
#include "libs/base/id.h"
#include "libs/rpc/access.h"

namespace kimberlite::rpc {
namespace {

using feed::v1::GetFeedRequest;
using feed::v1::GetFeedResponse;
using feed::v1::ListFeedsRequest;
using feed::v1::ListFeedsResponse;
using ::testing::HasSubstr;

class TokensFile {
 public:
  explicit TokensFile(const std::string& content)
      : path_(std::filesystem::temp_directory_path() / ("kimberlite_tokens_" + RandomHex(6))) {
    std::ofstream(path_) << content;
  }
  ~TokensFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

constexpr char kEditor[] = "editor-token-0123456789";
constexpr char kNobody[] = "nobody-token-0123456789";

class RpcTest : public ::testing::Test {
 protected:
  void Serve(std::function<Result<GetFeedResponse>(const Call&, const GetFeedRequest&)> handler, int threads = 4,
             int queue = 4) {
    server_ = std::make_unique<Server>(Server::Options{.tokens_file = tokens_.path(),
                                                       .threads = threads,
                                                       .queue = queue,
                                                       .max_message_bytes = 1 << 20,
                                                       .partial = true});
    server_->Handle<GetFeedRequest, GetFeedResponse>(std::move(handler));
    server_->Handle<ListFeedsRequest, ListFeedsResponse>(
        [](const Call&, const ListFeedsRequest&) -> Result<ListFeedsResponse> { return ListFeedsResponse(); });
    const auto started = server_->Start();
    ASSERT_TRUE(started) << started.error().ToString();
  }
  Result<GetFeedResponse> Ask(const std::string& list, const std::string& token = kEditor,
                              const Context& context = Context::WithTimeout(std::chrono::seconds(10))) {
    const Channel channel("127.0.0.1:" + std::to_string(server_->port()), token);
    GetFeedRequest request;
    request.set_list_key(list);
    return channel.Call<GetFeedResponse>(context, request);
  }

  TokensFile tokens_{std::string("# comment\n\nann editor ") + kEditor + "\nbob operator,service " + kNobody + "\n"};
  std::unique_ptr<Server> server_;
};

TEST_F(RpcTest, AnswersAndNamesTheCaller) {
  Serve([](const Call& call, const GetFeedRequest& request) -> Result<GetFeedResponse> {
    GetFeedResponse response;
    response.set_document(call.caller + " asked for " + request.list_key());
    EXPECT_EQ(call.context.traceparent.size(), 55u);
    EXPECT_TRUE(call.context.deadline);
    return response;
  });
  EXPECT_EQ(Ask("en")->document(), "ann asked for en");
}

TEST_F(RpcTest, CarriesFieldViolations) {
  Serve([](const Call&, const GetFeedRequest&) -> Result<GetFeedResponse> {
    return InvalidField("list_key", "must name a language");
  });
  const auto answer = Ask("");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::kInvalidArgument);
  EXPECT_EQ(answer.error().message(), "list_key: must name a language");
  EXPECT_EQ(answer.error().violations().at(0).rule, "must name a language");
}

TEST_F(RpcTest, RefusesMissingAndUnknownTokens) {
  Serve([](const Call&, const GetFeedRequest&) -> Result<GetFeedResponse> { return GetFeedResponse(); });
  EXPECT_EQ(Ask("en", "").error().code(), Code::kUnauthenticated);
  EXPECT_EQ(Ask("en", "a-token-that-nobody-has").error().code(), Code::kUnauthenticated);
}

TEST_F(RpcTest, ALibrarysExceptionIsInternalAndTheServerGoesOn) {
  Serve([](const Call&, const GetFeedRequest& request) -> Result<GetFeedResponse> {
    if (request.list_key() == "bad") throw std::runtime_error("broken");
    return GetFeedResponse();
  });
  EXPECT_EQ(Ask("bad").error().code(), Code::kInternal);
  EXPECT_TRUE(Ask("good"));
}

TEST_F(RpcTest, TooLargeARequestIsResourceExhausted) {
  Serve([](const Call&, const GetFeedRequest&) -> Result<GetFeedResponse> { return GetFeedResponse(); });
  EXPECT_EQ(Ask(std::string(2 << 20, 'x')).error().code(), Code::kResourceExhausted);
}

TEST_F(RpcTest, ACallersDeadlineStopsTheHandler) {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool stopped = false;
  Serve([&](const Call& call, const GetFeedRequest&) -> Result<GetFeedResponse> {
    std::unique_lock lock(mutex);
    // Ends by the stop token alone.
    changed.wait(lock, call.context.stop, [] { return false; });
    stopped = true;
    changed.notify_all();
    return Fail(Code::kCancelled, "stopped");
  });
  EXPECT_EQ(Ask("en", kEditor, Context::WithTimeout(std::chrono::milliseconds(50))).error().code(),
            Code::kDeadlineExceeded);
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return stopped; }));
}

TEST_F(RpcTest, AFullQueueIsRefusedAtOnce) {
  std::mutex mutex;
  std::condition_variable changed;
  int entered = 0;
  bool release = false;
  Serve(
      [&](const Call&, const GetFeedRequest&) -> Result<GetFeedResponse> {
        std::unique_lock lock(mutex);
        ++entered;
        changed.notify_all();
        changed.wait(lock, [&] { return release; });
        return GetFeedResponse();
      },
      /*threads=*/1, /*queue=*/0);
  // With no room to wait, a call is taken only by Submit when the queue has space: none here.
  EXPECT_EQ(Ask("en").error().code(), Code::kUnavailable);
  {
    const std::lock_guard lock(mutex);
    release = true;
  }
  changed.notify_all();
}

TEST_F(RpcTest, StopLetsCallsInFlightFinish) {
  std::mutex mutex;
  std::condition_variable changed;
  bool entered = false, release = false;
  Serve([&](const Call&, const GetFeedRequest&) -> Result<GetFeedResponse> {
    std::unique_lock lock(mutex);
    entered = true;
    changed.notify_all();
    changed.wait(lock, [&] { return release; });
    return GetFeedResponse();
  });
  Result<GetFeedResponse> answer = Fail(Code::kUnknown, "not asked");
  std::jthread client([&] { answer = Ask("en"); });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return entered; });
  }
  std::jthread stopper([&] { server_->Stop(std::chrono::seconds(10)); });
  {
    const std::lock_guard lock(mutex);
    release = true;
  }
  changed.notify_all();
  client.join();
  EXPECT_TRUE(answer) << answer.error().ToString();
}

TEST(Channel, NothingListeningIsUnavailableAndNamesTheTarget) {
  const Channel channel("127.0.0.1:1", "t");
  const auto answer = channel.Call<GetFeedResponse>(Context::WithTimeout(std::chrono::seconds(5)), GetFeedRequest());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::kUnavailable);
  EXPECT_THAT(answer.error().message(), HasSubstr("127.0.0.1:1"));
}

TEST(AccessList, ARoleThatTheMethodDoesNotNameIsDenied) {
  const TokensFile tokens("ann service service-token-0123456789\n");
  const auto list = AccessList::Load(tokens.path());
  ASSERT_TRUE(list);
  const auto* feeds = feed::v1::GetFeedRequest::descriptor()->file()->service(0);
  EXPECT_TRUE(list->Check(*feeds->method(0), "Bearer service-token-0123456789"));
  // Reflection's own method has no rule: nobody may.
  EXPECT_EQ(list->Check(*feeds->method(0), "Basic x").error().code(), Code::kUnauthenticated);
}

TEST(AccessList, NamesFileAndLineOfAMistake) {
  for (const char* bad : {"ann editor\n", "ann editor short\n", "ann boss token-token-token-token\n", "a b c d e\n"}) {
    const TokensFile tokens(std::string("# first line\n") + bad);
    const auto list = AccessList::Load(tokens.path());
    ASSERT_FALSE(list) << bad;
    EXPECT_THAT(list.error().message(), HasSubstr(":2: "));
  }
}

}  // namespace
}  // namespace kimberlite::rpc
