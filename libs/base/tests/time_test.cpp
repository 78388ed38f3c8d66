#include "libs/base/time.h"

#include <gtest/gtest.h>

namespace kimberlite {
namespace {

TEST(Rfc3339, ReadsOffsetsAndFractions) {
  const auto time = ParseRfc3339("2026-11-24T18:30:00.25+09:00");
  ASSERT_TRUE(time);
  EXPECT_EQ(FormatRfc3339(*time), "2026-11-24T09:30:00.250000Z");
}

TEST(Rfc3339, WritesWholeSecondsWithoutFraction) {
  EXPECT_EQ(FormatRfc3339(*ParseRfc3339("1999-12-31T23:59:59Z")), "1999-12-31T23:59:59Z");
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
  for (const char* text : {"", "2026-11-24", "2026-02-30T00:00:00Z", "2026-11-24T25:00:00Z", "2026-11-24T09:30:00",
                           "2026-11-24T09:30:00.Z", "2026-11-24T09:30:00Zx"}) {
    const auto time = ParseRfc3339(text);
    ASSERT_FALSE(time) << text;
    EXPECT_EQ(time.error().code(), Code::kInvalidArgument);
  }
}

TEST(HttpDate, IsImfFixdate) {
  EXPECT_EQ(FormatHttpDate(*ParseRfc3339("2026-11-24T09:30:00Z")), "Tue, 24 Nov 2026 09:30:00 GMT");
}

}  // namespace
}  // namespace kimberlite
