#include "libs/langid/features.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kimberlite::langid {
namespace {

std::vector<std::uint32_t> RowsOf(std::string_view text) {
  Features features;
  Extract(text, features);
  std::vector<std::uint32_t> rows = features.rows();
  std::ranges::sort(rows);
  return rows;
}

TEST(Features, AreTheSameForSpellingsOfTheSameWord) {
  EXPECT_EQ(RowsOf("ЁЛКА Й"), RowsOf("е\u0308лка и\u0306"));
  EXPECT_EQ(RowsOf("за\u0301мок"), RowsOf("замок"));
  EXPECT_EQ(RowsOf("КИҺИ"), RowsOf("киһи"));
  EXPECT_EQ(RowsOf("п’ять"), RowsOf("п'ять"));
  EXPECT_EQ(RowsOf("co\u00ADoperate"), RowsOf("cooperate"));
}

TEST(Features, ReadLatinLettersWithinACyrillicWordAsCyrillic) { EXPECT_EQ(RowsOf("киhи"), RowsOf("киһи")); }

TEST(Features, LeaveOutAddressesAndNumbers) {
  EXPECT_EQ(RowsOf("see https://example.com/страница?x=1 now"), RowsOf("see now"));
  EXPECT_EQ(RowsOf("write to some.name@example.com today"), RowsOf("write to some. today"));
  EXPECT_TRUE(RowsOf("12 345,67 — 8 % 🦌").empty());
}

TEST(Features, AreOfTheScriptWithMostLetters) {
  EXPECT_EQ(RowsOf("The Post: статья о России"), RowsOf("статья о России"));
  Features features;
  Extract("日本語のテキスト", features);
  EXPECT_EQ(features.LettersOf(Script::kHan), 3U);
  EXPECT_EQ(features.LettersOf(Script::kKana), 5U);
}

TEST(Features, OfBytesThatAreNotUtf8AreThoseOfTheRest) {
  EXPECT_EQ(RowsOf("one \xff\xfe two \xd0"), RowsOf("one two"));
  EXPECT_EQ(RowsOf(std::string_view("a\0b", 3)), RowsOf("a b"));
}

}  // namespace
}  // namespace kimberlite::langid
