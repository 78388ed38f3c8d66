#include "services/feed/adapters/updates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <latch>
#include <mutex>
#include <thread>

#include "services/feed/adapters/update_stream.h"
#include "services/feed/tests/fake_newsroom.h"

namespace kimberlite::feed {
namespace {

using content::v1::ArticleChanged;
using content::v1::ArticleState;
using content::v1::StreamChangesRequest;
using content::v1::StreamChangesResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

UpdateFilter Filter(const std::vector<std::string>& lists) {
  v1::StreamUpdatesRequest request;
  for (const std::string& list : lists) request.add_list_keys(list);
  return *UpdateFilter::Make(request.list_keys());
}

content::v1::Site Site() {
  content::v1::Site site;
  site.set_public_url("https://news.example");
  for (const char* language : {"en", "sah"}) site.add_languages()->set_language_code(language);
  site.add_sections()->set_section_id("economy");
  return site;
}

// A public translation in its language's list and one more.
void Show(ArticleState& state, const std::string& language, int version, const std::string& more) {
  auto* translation = state.add_translations();
  translation->set_language_code(language);
  translation->set_state(content::v1::TRANSLATION_STATE_PUBLISHED);
  translation->set_version(version);
  translation->set_headline("Муус суол");
  translation->set_slug("muus-suol");
  state.set_section_id("economy");
  state.add_lists()->set_list_key(language);
  if (!more.empty()) state.add_lists()->set_list_key(more);
}

std::vector<std::string> Names(const std::vector<v1::Update>& updates) {
  std::vector<std::string> names;
  for (const auto& one : updates)
    names.push_back(one.language_code() + " " + v1::UpdateKind_Name(one.kind()).substr(12));
  return names;
}

TEST(Updates, SayWhatHappenedToTheListsThatAreFollowed) {
  ArticleChanged change;
  change.set_article_id(1001);
  Show(*change.mutable_before(), "sah", 1, "sah/concept/7");
  Show(*change.mutable_after(), "sah", 1, "sah/concept/8");
  Show(*change.mutable_after(), "en", 1, "");
  EXPECT_THAT(Names(UpdatesOf(change, Site(), Filter({}))), ElementsAre("sah CHANGED", "en ADDED"));
  EXPECT_THAT(Names(UpdatesOf(change, Site(), Filter({"sah/concept/7"}))), ElementsAre("sah REMOVED"));
  EXPECT_THAT(Names(UpdatesOf(change, Site(), Filter({"sah/concept/8"}))), ElementsAre("sah ADDED"));
  EXPECT_THAT(Names(UpdatesOf(change, Site(), Filter({"ru"}))), IsEmpty());
  const auto update = UpdatesOf(change, Site(), Filter({"sah"})).at(0);
  EXPECT_EQ(update.url(), "https://news.example/sah/economy/1001-muus-suol");
  EXPECT_THAT(update.list_keys(), ElementsAre("sah", "sah/concept/8"));
}

TEST(Updates, ATranslationThatStaysAsItIsIsNoUpdate) {
  ArticleChanged change;
  Show(*change.mutable_before(), "sah", 1, "");
  Show(*change.mutable_before(), "en", 1, "");
  Show(*change.mutable_after(), "sah", 1, "");
  Show(*change.mutable_after(), "en", 2, "");
  EXPECT_THAT(Names(UpdatesOf(change, Site(), Filter({}))), ElementsAre("en CHANGED"));
}

TEST(Updates, AWithdrawalIsARemoval) {
  ArticleChanged change;
  Show(*change.mutable_before(), "sah", 1, "");
  Show(*change.mutable_after(), "sah", 1, "");
  change.mutable_after()->clear_lists();
  change.mutable_after()->mutable_translations(0)->set_state(content::v1::TRANSLATION_STATE_WITHDRAWN);
  EXPECT_THAT(Names(UpdatesOf(change, Site(), Filter({}))), ElementsAre("sah REMOVED"));
}

TEST(UpdateCursor, BelongsToItsFilterAndCannotBeMadeUp) {
  const std::string cursor = FormatCursor({"abc_-9", 2}, Filter({"en", "sah"}));
  const auto parsed = ParseCursor(cursor, Filter({"sah", "en", "en"}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->before, "abc_-9");
  EXPECT_EQ(parsed->dealt_with, 2);
  EXPECT_EQ(ParseCursor(cursor, Filter({"en"})).error().code(), Code::kInvalidArgument);
  for (std::string bad : {std::string("x"), cursor + "0", "1" + cursor, std::string("..."), std::string("a.-1.b")})
    EXPECT_EQ(ParseCursor(bad, Filter({"en", "sah"})).error().code(), Code::kInvalidArgument) << bad;
}

TEST(UpdateFilter, NamesWhatIsNoList) {
  v1::StreamUpdatesRequest request;
  request.add_list_keys("en/nonsense/x");
  EXPECT_EQ(UpdateFilter::Make(request.list_keys()).error().code(), Code::kInvalidArgument);
  request.clear_list_keys();
  for (int i = 0; i < 101; ++i) request.add_list_keys("en");
  EXPECT_EQ(UpdateFilter::Make(request.list_keys()).error().code(), Code::kResourceExhausted);
}

// Content's log as the test fills it; cursors are positions in it.
class UpdateStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 20; ++i) {
      ArticleChanged& change = log_.emplace_back();
      change.set_article_id(i);
      // Every third change is of nothing that readers see.
      if (i % 3 == 2) continue;
      Show(*change.mutable_after(), "en", 1, "");
      Show(*change.mutable_after(), "sah", 1, "");
    }
    newsroom_.stream = [this](const rpc::Call&, const StreamChangesRequest& request,
                              rpc::StreamWriter<StreamChangesResponse>& writer) -> Result<void> {
      if (request.cursor() == "old") return Fail(Code::kOutOfRange, "that is not kept any more");
      StreamChangesResponse response;
      if (request.from_now()) {
        response.set_cursor("c0");
        KIMBERLITE_RETURN_IF_ERROR(writer.Write(response));
      }
      const std::size_t begin = request.cursor().empty() ? 0 : std::stoul(request.cursor().substr(1));
      for (std::size_t i = begin; i < log_.size(); ++i) {
        // Content restarts now and then.
        if (i == 7 && !broke_.exchange(true)) return Fail(Code::kUnavailable, "restarting");
        response.set_cursor("c" + std::to_string(i + 1));
        *response.mutable_article() = log_[i];
        KIMBERLITE_RETURN_IF_ERROR(writer.Write(response));
      }
      return {};
    };
    newsroom_.Start();
    sources_ = std::make_unique<Sources>(newsroom_.SourcesOptions());
  }

  // What a caller gets of a stream until it has `count` updates; with the cursor after the last.
  Result<std::string> Read(const std::string& cursor, std::size_t count, std::vector<std::string>& updates) {
    std::stop_source stop;
    const UpdateStream stream(*sources_);
    rpc::Call call;
    call.context = Context::WithTimeout(std::chrono::seconds(20));
    call.context.stop = stop.get_token();
    std::string last = cursor;
    rpc::StreamWriter<v1::StreamUpdatesResponse> writer([&](const google::protobuf::Message& message) -> Result<void> {
      const auto& response = dynamic_cast<const v1::StreamUpdatesResponse&>(message);
      last = response.cursor();
      if (response.has_update()) {
        updates.push_back(std::to_string(response.update().article_id()) + " " + response.update().language_code());
      }
      if (updates.size() == count) return Fail(Code::kCancelled, "enough");
      return {};
    });
    v1::StreamUpdatesRequest request;
    request.set_cursor(cursor);
    const auto ended = stream.Run(call, request, writer);
    if (ended.error().code() != Code::kCancelled) return std::unexpected(ended.error());
    return last;
  }

  std::deque<ArticleChanged> log_;
  std::atomic<bool> broke_ = false;
  FakeNewsroom newsroom_;
  std::unique_ptr<Sources> sources_;
};

TEST_F(UpdateStreamTest, GoesOnAnywhereWithoutLossOrRepetition) {
  std::vector<std::string> whole;
  ASSERT_TRUE(Read("", 28, whole));
  ASSERT_EQ(whole.size(), 28u);
  // The same stream taken in pieces of three, each going on at the cursor of the one before.
  std::vector<std::string> pieces;
  std::string cursor;
  while (pieces.size() < 27) {
    std::vector<std::string> piece;
    const auto next = Read(cursor, 3, piece);
    ASSERT_TRUE(next) << next.error().ToString();
    cursor = *next;
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  whole.resize(27);
  EXPECT_EQ(pieces, whole);
}

TEST_F(UpdateStreamTest, RefusesCursorsThatAreForgedOrTooOld) {
  std::vector<std::string> none;
  EXPECT_EQ(Read("forged", 1, none).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(Read(FormatCursor({"old", 0}, Filter({})), 1, none).error().code(), Code::kOutOfRange);
}

}  // namespace
}  // namespace kimberlite::feed
