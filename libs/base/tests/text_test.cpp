#include "libs/base/text.h"

#include <gtest/gtest.h>

namespace kimberlite {
namespace {

TEST(Utf8, AcceptsEveryScript) { EXPECT_TRUE(IsValidUtf8("Өлүөнэ сонуна · صحيفة · 新闻 · 🦌")); }

TEST(Utf8, RefusesMalformedSequences) {
  for (const char* text : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE4\xBD", "\x80"}) {
    EXPECT_FALSE(IsValidUtf8(text));
  }
}

TEST(PlainText, CountsCodePointsNotBytes) {
  EXPECT_TRUE(CheckPlainText("Дьокуускай", "headline", 1, 10));
  const auto longer = CheckPlainText("Дьокуускай!", "headline", 1, 10);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(longer.error().violations().at(0).field, "headline");
}

TEST(PlainText, RefusesBlankControlAndBidi) {
  for (const char* text : {"", "   ", "\u00a0", "a\nb", "a\x7f", "abc\u202Edef", "a\u2066b"}) {
    const auto result = CheckPlainText(text, "headline", 1, 100);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code(), Code::kInvalidArgument);
  }
}

TEST(PlainText, KeepsJoinersThatScriptsNeed) { EXPECT_TRUE(CheckPlainText("می\u200cخواهم", "headline", 1, 100)); }

TEST(Slug, IsLowerCaseWordsJoinedByHyphens) {
  EXPECT_TRUE(IsSlug("ice-road-2026", 80));
  for (const char* text : {"", "-a", "a-", "a--b", "A", "a_b", "а"}) EXPECT_FALSE(IsSlug(text, 80)) << text;
}

TEST(Join, KeepsEmptyParts) {
  EXPECT_EQ(Join({"", "a", ""}, ","), ",a,");
  EXPECT_EQ(Split(",a,", ',').size(), 3u);
}

}  // namespace
}  // namespace kimberlite
