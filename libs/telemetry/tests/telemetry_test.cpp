#include "libs/telemetry/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kimberlite::telemetry {
namespace {

TEST(Log, IsOneJsonObjectALineWhateverTheText) {
  ::testing::internal::CaptureStderr();
  Info("published", {{"article_id", 1001}, {"headline", "a \"quoted\"\nline \xff"}, {"sure", true}, {"ratio", 0.5}});
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const auto line = nlohmann::json::parse(text);
  EXPECT_EQ(line["article_id"], 1001);
  EXPECT_EQ(line["sure"], true);
  EXPECT_EQ(line["message"], "published");
}

TEST(Log, KeepsEveryScriptReadable) {
  ::testing::internal::CaptureStderr();
  Info("x", {{"headline", "Өлүөнэ 新闻"}});
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("Өлүөнэ 新闻"));
}

TEST(Metrics, TheSameNameAndLabelsAreOneCounter) {
  Metrics::Counter("kimberlite_test_total", "help", {{"kind", "a"}}).Add();
  Metrics::Counter("kimberlite_test_total", "help", {{"kind", "a"}}).Add(2);
  EXPECT_THAT(Metrics::Scrape(), ::testing::HasSubstr("kimberlite_test_total{kind=\"a\"} 3"));
}

}  // namespace
}  // namespace kimberlite::telemetry
