#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "libs/base/id.h"
#include "libs/rpc/rpc.h"
#include "stream_test.pb.h"

namespace kimberlite::rpc {
namespace {

using test::AddRequest;
using test::AddResponse;
using test::CountRequest;
using test::CountResponse;

constexpr char kToken[] = "editor-token-0123456789";

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() { std::ofstream(tokens_) << "ann editor " << kToken << "\n"; }
  ~StreamTest() override {
    server_.reset();
    std::filesystem::remove(tokens_);
  }

  void Serve(std::function<Result<void>(const Call&, const CountRequest&, StreamWriter<CountResponse>&)> count,
             int streams = 4) {
    server_ = std::make_unique<Server>(Server::Options{.tokens_file = tokens_, .streams = streams});
    server_->HandleServerStream<CountRequest, CountResponse>(std::move(count));
    server_->HandleClientStream<AddRequest, AddResponse>(
        [](const Call&, StreamReader<AddRequest>& reader) -> Result<AddResponse> {
          AddResponse response;
          while (true) {
            KIMBERLITE_ASSIGN_OR_RETURN(const auto request, reader.Read());
            if (!request) return response;
            if (request->number() < 0) return InvalidField("number", "must not be negative");
            response.set_sum(response.sum() + request->number());
          }
        });
    const auto started = server_->Start();
    ASSERT_TRUE(started) << started.error().ToString();
    channel_ = std::make_unique<Channel>("127.0.0.1:" + std::to_string(server_->port()), kToken);
  }

  static Result<void> CountAll(const Call&, const CountRequest& request, StreamWriter<CountResponse>& writer) {
    for (std::int64_t i = 1; i <= request.last(); ++i) {
      CountResponse response;
      response.set_number(i);
      KIMBERLITE_RETURN_IF_ERROR(writer.Write(response));
    }
    return {};
  }

  static CountRequest UpTo(std::int64_t last) {
    CountRequest request;
    request.set_last(last);
    return request;
  }

  const std::string tokens_ = std::filesystem::temp_directory_path() / ("kimberlite_tokens_" + RandomHex(6));
  std::unique_ptr<Server> server_;
  std::unique_ptr<Channel> channel_;
};

TEST_F(StreamTest, EveryAnswerComesInOrder) {
  Serve(CountAll);
  std::int64_t last = 0;
  const auto outcome = channel_->CallServerStream<CountResponse>({}, UpTo(10'000), [&](const CountResponse& answer) {
    EXPECT_EQ(answer.number(), last + 1);
    last = answer.number();
    return Result<void>();
  });
  EXPECT_TRUE(outcome);
  EXPECT_EQ(last, 10'000);
}

TEST_F(StreamTest, TheHandlersErrorEndsTheStream) {
  Serve([](const Call&, const CountRequest&, StreamWriter<CountResponse>& writer) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(writer.Write({}));
    return InvalidField("last", "too far");
  });
  int answers = 0;
  const auto outcome = channel_->CallServerStream<CountResponse>({}, UpTo(1), [&](const CountResponse&) {
    ++answers;
    return Result<void>();
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().violations().at(0).field, "last");
  EXPECT_EQ(answers, 1);
}

TEST_F(StreamTest, ACallerThatHasEnoughStopsTheHandler) {
  std::latch stopped(1);
  Serve([&](const Call& call, const CountRequest& request, StreamWriter<CountResponse>& writer) -> Result<void> {
    const auto outcome = CountAll(call, request, writer);
    stopped.count_down();
    return outcome;
  });
  const auto outcome =
      channel_->CallServerStream<CountResponse>({}, UpTo(std::int64_t{1} << 60), [&](const CountResponse& answer) {
        return answer.number() < 3 ? Result<void>() : Fail(Code::kOutOfRange, "enough");
      });
  EXPECT_EQ(outcome.error().message(), "enough");
  stopped.wait();
}

TEST_F(StreamTest, TheServersStopEndsAnIdleStream) {
  std::latch begun(1);
  Serve([&](const Call& call, const CountRequest&, StreamWriter<CountResponse>&) -> Result<void> {
    begun.count_down();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait(lock, call.context.stop, [] { return false; });
    return Fail(Code::kUnavailable, "the service is stopping");
  });
  std::jthread stopper([&] {
    begun.wait();
    server_->Stop(std::chrono::minutes(5));
  });
  const auto outcome =
      channel_->CallServerStream<CountResponse>({}, UpTo(1), [](const CountResponse&) { return Result<void>(); });
  EXPECT_EQ(outcome.error().code(), Code::kUnavailable);
}

TEST_F(StreamTest, MoreStreamsThanThreadsAreRefusedAndAnEndedOneMakesRoom) {
  std::latch begun(1);
  std::latch may_end(1);
  Serve(
      [&](const Call&, const CountRequest& request, StreamWriter<CountResponse>&) -> Result<void> {
        if (request.last() == 1) {
          begun.count_down();
          may_end.wait();
        }
        return {};
      },
      1);
  const auto ask = [&](std::int64_t last) {
    return channel_->CallServerStream<CountResponse>({}, UpTo(last),
                                                     [](const CountResponse&) { return Result<void>(); });
  };
  std::jthread first([&] { EXPECT_TRUE(ask(1)); });
  begun.wait();
  EXPECT_EQ(ask(2).error().code(), Code::kResourceExhausted);
  may_end.count_down();
  first.join();
  // The thread of the first one is free a moment after its caller has heard the end.
  Result<void> second = ask(2);
  while (!second && second.error().code() == Code::kResourceExhausted) second = ask(2);
  EXPECT_TRUE(second);
}

TEST_F(StreamTest, TakesManyRequestsAndAnswersOnce) {
  Serve(CountAll);
  std::int64_t next = 0;
  const auto sum = channel_->CallClientStream<AddResponse, AddRequest>({}, [&](AddRequest& request) -> Result<bool> {
    request.set_number(++next);
    return next <= 1000;
  });
  ASSERT_TRUE(sum) << sum.error().ToString();
  EXPECT_EQ(sum->sum(), 500'500);
}

TEST_F(StreamTest, AnEarlyAnswerEndsTheSending) {
  Serve(CountAll);
  const auto sum = channel_->CallClientStream<AddResponse, AddRequest>({}, [&](AddRequest& request) -> Result<bool> {
    request.set_number(-1);
    return true;
  });
  ASSERT_FALSE(sum);
  EXPECT_EQ(sum.error().message(), "number: must not be negative");
}

TEST_F(StreamTest, TheSendersErrorIsReturned) {
  Serve(CountAll);
  const auto sum = channel_->CallClientStream<AddResponse, AddRequest>(
      {}, [&](AddRequest&) -> Result<bool> { return Fail(Code::kDataLoss, "the file ended early"); });
  EXPECT_EQ(sum.error().message(), "the file ended early");
}

TEST_F(StreamTest, RefusesUnknownTokens) {
  Serve(CountAll);
  const Channel stranger("127.0.0.1:" + std::to_string(server_->port()), "a-token-that-nobody-has");
  EXPECT_EQ(stranger.CallServerStream<CountResponse>({}, UpTo(1), [](const CountResponse&) { return Result<void>(); })
                .error()
                .code(),
            Code::kUnauthenticated);
  EXPECT_EQ((stranger.CallClientStream<AddResponse, AddRequest>({}, [](AddRequest&) -> Result<bool> { return false; })
                 .error()
                 .code()),
            Code::kUnauthenticated);
}

}  // namespace
}  // namespace kimberlite::rpc
