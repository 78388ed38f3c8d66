#include "libs/http/conditions.h"

#include <gtest/gtest.h>

namespace kimberlite::http {
namespace {

TEST(TagListMatches, ComparesListsWeakTagsAndStar) {
  EXPECT_TRUE(TagListMatches("\"a\"", "\"a\""));
  EXPECT_TRUE(TagListMatches("W/\"a\"", "\"a\""));
  EXPECT_TRUE(TagListMatches("\"x\", W/\"y\" ,\"a\"", "\"a\""));
  EXPECT_TRUE(TagListMatches("\"x,y\",\"a\"", "\"a\""));
  EXPECT_TRUE(TagListMatches(" * ", "\"a\""));
  EXPECT_FALSE(TagListMatches("\"a-br\"", "\"a\""));
  EXPECT_FALSE(TagListMatches("a", "\"a\""));
  EXPECT_FALSE(TagListMatches("\"a", "\"a\""));
  EXPECT_FALSE(TagListMatches("", "\"a\""));
}

TEST(ParseHttpDate, ReadsWhatFormatHttpDateWrites) {
  const Time time = Time(std::chrono::seconds(1'795'512'600));
  EXPECT_EQ(ParseHttpDate(FormatHttpDate(time)), time);
  for (const char* bad :
       {"", "Tue, 24 Nov 2026 09:30:00 UTC", "Tue, 31 Feb 2026 09:30:00 GMT", "Tue, 24 Nov 2026 24:30:00 GMT",
        "Tuesday, 24-Nov-26 09:30:00 GMT", "Tue, 24 Nux 2026 09:30:00 GMT", "Tue, -4 Nov 2026 09:30:00 GMT"}) {
    EXPECT_EQ(ParseHttpDate(bad), std::nullopt) << bad;
  }
}

TEST(ReadRange, TakesOneRangeAndLeavesTheRest) {
  const auto part = [](const char* text) {
    const ByteRange range = ReadRange(text, 100);
    EXPECT_EQ(range.kind, ByteRange::Kind::kPart) << text;
    return std::pair(range.first, range.last);
  };
  EXPECT_EQ(part("bytes=0-0"), std::pair(std::size_t{0}, std::size_t{0}));
  EXPECT_EQ(part("bytes=10-"), std::pair(std::size_t{10}, std::size_t{99}));
  EXPECT_EQ(part("bytes=10-1000"), std::pair(std::size_t{10}, std::size_t{99}));
  EXPECT_EQ(part("bytes=-5"), std::pair(std::size_t{95}, std::size_t{99}));
  EXPECT_EQ(part("bytes=-500"), std::pair(std::size_t{0}, std::size_t{99}));
  for (const char* whole : {"", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "items=0-1", "bytes=a-b",
                            "bytes=+1-2", "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(ReadRange(whole, 100).kind, ByteRange::Kind::kWhole) << whole;
  }
  EXPECT_EQ(ReadRange("bytes=100-", 100).kind, ByteRange::Kind::kUnsatisfiable);
  EXPECT_EQ(ReadRange("bytes=-0", 100).kind, ByteRange::Kind::kUnsatisfiable);
  EXPECT_EQ(ReadRange("bytes=0-", 0).kind, ByteRange::Kind::kUnsatisfiable);
}

}  // namespace
}  // namespace kimberlite::http
