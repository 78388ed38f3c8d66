#include "libs/base/percent.h"

#include <gtest/gtest.h>

namespace kimberlite {
namespace {

TEST(Percent, EncodesAllButUnreservedCharacters) {
  EXPECT_EQ(PercentEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(PercentEncode("а &/?%\n"), "%D0%B0%20%26%2F%3F%25%0A");
}

TEST(Percent, AnEscapeIsWholeOrNone) {
  EXPECT_EQ(PercentEscape("%41bc"), 'A');
  EXPECT_EQ(PercentEscape("%d0"), '\xD0');
  for (const char* none : {"", "%", "%4", "%4g", "a%41"}) EXPECT_FALSE(PercentEscape(none)) << none;
}

}  // namespace
}  // namespace kimberlite
