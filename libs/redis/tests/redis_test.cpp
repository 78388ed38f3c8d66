#include "libs/redis/redis.h"

#include <gtest/gtest.h>

#include <thread>

#include "libs/testing/servers.h"

namespace kimberlite::redis {
namespace {

class RedisTest : public ::testing::Test {
 protected:
  Client client_{{.url = testing::RedisUrl(), .connections = 4}};
  std::string key_ = testing::UniqueName("redis_test");
  void TearDown() override { (void)client_.Command({"DEL", key_}); }
};

TEST_F(RedisTest, KeepsAnyBytes) {
  const std::string bytes("\0\r\n\xff сонун", 14);
  ASSERT_TRUE(client_.Command({"SET", key_, bytes}));
  EXPECT_EQ(client_.Command({"GET", key_})->text, bytes);
}

TEST_F(RedisTest, ScriptsSurviveAScriptFlush) {
  const Script script("return {KEYS[1], ARGV[1], 7}");
  for (int i = 0; i < 2; ++i) {
    const auto reply = client_.Run(script, std::vector<std::string>{key_}, std::vector<std::string>{"x"});
    ASSERT_TRUE(reply) << reply.error().ToString();
    EXPECT_EQ(reply->elements.at(2).integer, 7);
    ASSERT_TRUE(client_.Command({"SCRIPT", "FLUSH"}));
  }
}

TEST_F(RedisTest, ARefusedCommandIsInternalAndTheConnectionGoesOn) {
  EXPECT_EQ(client_.Command({"NOSUCH"}).error().code(), Code::kInternal);
  EXPECT_TRUE(client_.Command({"PING"}));
}

TEST_F(RedisTest, ALateReplyNeverAnswersTheNextCommand) {
  Client hasty({.url = testing::RedisUrl(), .connections = 1, .timeout_ms = 100});
  const auto late = hasty.Command({"BLPOP", key_, "1"});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::kUnavailable);
  const auto echo = hasty.Command({"ECHO", "mine"});
  ASSERT_TRUE(echo) << echo.error().ToString();
  EXPECT_EQ(echo->text, "mine");
}

TEST_F(RedisTest, ManyThreadsShareFewConnections) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const std::string mine = std::to_string(i);
      for (int n = 0; n < 200; ++n) ASSERT_EQ(client_.Command({"ECHO", mine})->text, mine);
    });
  }
}

TEST(RedisUrl, NowhereIsUnavailableAndNonsenseInvalid) {
  EXPECT_EQ(Client({.url = "unix:/nonexistent"}).Command({"PING"}).error().code(), Code::kUnavailable);
  EXPECT_EQ(Client({.url = "http://x"}).Command({"PING"}).error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace kimberlite::redis
