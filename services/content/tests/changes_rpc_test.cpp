// The log of changes as a stream, through a real server on a real PostgreSQL.
#include <gmock/gmock.h>

#include <thread>

#include "services/content/adapters/change_follower.h"
#include "services/content/adapters/sweeper.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ChangesRpcTest : public ContentRpcTest {
 protected:
  // Reads until `count` changes have come; their "article.sequence", and the last cursor.
  Result<std::vector<std::string>> Read(v1::StreamChangesRequest request, std::size_t count, std::string* cursor) {
    std::vector<std::string> changes;
    const rpc::Channel channel("127.0.0.1:" + std::to_string(server_->port()), TokensFile::kService);
    const auto ended = channel.CallServerStream<v1::StreamChangesResponse>(
        Context::WithTimeout(std::chrono::seconds(20)), request,
        [&](const v1::StreamChangesResponse& response) -> Result<void> {
          *cursor = response.cursor();
          if (response.has_article()) {
            changes.push_back(std::to_string(response.article().article_id()) + "." +
                              std::to_string(response.article().sequence()));
          }
          return changes.size() < count ? Result<void>() : Fail(Code::kAborted, "enough");
        });
    if (ended.error().code() != Code::kAborted) return std::unexpected(ended.error());
    return changes;
  }
  static v1::StreamChangesRequest After(const std::string& cursor) {
    v1::StreamChangesRequest request;
    request.set_cursor(cursor);
    return request;
  }
  void CatchUp() { ASSERT_TRUE(ChangeFollower::CatchUp(database_.pool())); }
};

TEST_F(ChangesRpcTest, AStreamGoesOnAtItsCursorAndWithWhatHappensNext) {
  LoadSite();
  Create(Story());
  Create(Story());
  CatchUp();
  std::string cursor;
  const auto first = Read({}, 1, &cursor);
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_THAT(*first, ElementsAre("1001.1"));
  const auto second = Read(After(cursor), 1, &cursor);
  ASSERT_TRUE(second) << second.error().ToString();
  EXPECT_THAT(*second, ElementsAre("1002.1"));

  std::jthread later([&] {
    Create(Story());
    CatchUp();
  });
  const auto third = Read(After(cursor), 1, &cursor);
  ASSERT_TRUE(third) << third.error().ToString();
  EXPECT_THAT(*third, ElementsAre("1003.1"));
}

TEST_F(ChangesRpcTest, FromNowOnBeginsWithACursorAlone) {
  LoadSite();
  Create(Story());
  CatchUp();
  v1::StreamChangesRequest request;
  request.set_from_now(true);
  std::string cursor;
  EXPECT_TRUE(Read(request, 0, &cursor)->empty());
  Create(Story());
  CatchUp();
  const auto next = Read(After(cursor), 1, &cursor);
  ASSERT_TRUE(next) << next.error().ToString();
  EXPECT_THAT(*next, ElementsAre("1002.1"));
}

TEST_F(ChangesRpcTest, CursorsThatNoStreamGaveAreRefused) {
  LoadSite();
  Create(Story());
  CatchUp();
  std::string cursor;
  ASSERT_TRUE(Read({}, 1, &cursor));
  std::string other = cursor;
  other.back() = other.back() == '0' ? '1' : '0';
  for (const std::string& forged : {other, std::string("1"), std::string("-1-abc"), "0" + cursor, std::string("x")}) {
    const auto refused = Read(After(forged), 1, &cursor);
    ASSERT_FALSE(refused) << forged;
    EXPECT_EQ(refused.error().code(), Code::kInvalidArgument);
    EXPECT_EQ(refused.error().violations().at(0).field, "cursor");
  }
}

TEST_F(ChangesRpcTest, WhatWasForgottenIsOutOfRange) {
  LoadSite();
  Create(Story());
  Create(Story());
  CatchUp();
  std::string first;
  ASSERT_TRUE(Read({}, 1, &first));
  // The clock of the test stands where it stood: everything is older than no time at all.
  Sweeper sweeper(database_.pool(), clock_, std::chrono::days(-1));
  const auto swept = sweeper.Sweep();
  ASSERT_TRUE(swept) << swept.error().ToString();
  EXPECT_EQ(database_.Number("SELECT count(*) AS value FROM content.changes"), 0);
  std::string cursor;
  EXPECT_EQ(Read(After(first), 1, &cursor).error().code(), Code::kOutOfRange);
  Create(Story());
  CatchUp();
  const auto rest = Read({}, 1, &cursor);
  ASSERT_TRUE(rest) << rest.error().ToString();
  EXPECT_THAT(*rest, ElementsAre("1003.1"));
}

}  // namespace
}  // namespace kimberlite::content
