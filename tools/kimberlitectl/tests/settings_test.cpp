#include "tools/kimberlitectl/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "libs/base/id.h"

namespace kimberlite::ctl {
namespace {

TEST(ParseEnvFile, ReadsWhatAShellWouldRead) {
  const auto variables = ParseEnvFile(
      "# comment\n\nA=1\nexport B='two words'\nC='it'\"'\"'s'\nD=\"x \\\"y\\\"\"  # why\nE=\nF=a\\ b\r\nG='host=/run "
      "user=x'\n");
  ASSERT_TRUE(variables) << variables.error().ToString();
  const std::map<std::string, std::string> expected = {
      {"A", "1"},   {"B", "two words"},       {"C", "it's"}, {"D", "x \"y\""}, {"E", ""},
      {"F", "a b"}, {"G", "host=/run user=x"}};
  EXPECT_EQ(*variables, expected);
}

TEST(ParseEnvFile, NamesTheLineThatIsWrong) {
  for (const std::string line : {"no equals sign", "=value", "A='open", "A=\"open", "A=two words"}) {
    const auto variables = ParseEnvFile("# first\n" + line + "\n");
    ASSERT_FALSE(variables) << line;
    EXPECT_EQ(variables.error().message(), "2: expected KEY=value") << line;
  }
}

class ReadSettingsTest : public ::testing::Test {
 protected:
  ReadSettingsTest() { std::filesystem::create_directories(root_ / "a" / "b"); }
  ~ReadSettingsTest() override { std::filesystem::remove_all(root_); }
  void WriteDevEnv(const std::filesystem::path& directory, const std::string& text) {
    std::filesystem::create_directories(directory / ".dev");
    std::ofstream(directory / ".dev" / "env") << text;
  }
  Result<Settings> Read() {
    const auto getenv = [this](const char* name) -> const char* {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    };
    return ReadSettings(getenv, (root_ / "a" / "b").string());
  }

  const std::filesystem::path root_ = std::filesystem::temp_directory_path() / ("kimberlite_ctl_" + RandomHex(6));
  std::map<std::string, std::string> environment_;
};

TEST_F(ReadSettingsTest, HasDefaultsForAllButTheToken) {
  const auto settings = Read();
  ASSERT_TRUE(settings) << settings.error().ToString();
  EXPECT_EQ(settings->token, "");
  EXPECT_EQ(settings->targets.at("ingest"), "127.0.0.1:50051");
  EXPECT_EQ(settings->targets.at("feed"), "127.0.0.1:50055");
  EXPECT_EQ(settings->targets.size(), 5u);
  EXPECT_EQ(settings->edge, "http://127.0.0.1:8080");
}

TEST_F(ReadSettingsTest, FindsDevEnvInTheNearestDirectoryUpwards) {
  WriteDevEnv(root_, "KIMBERLITE_CONTENT_TARGET=far:1\n");
  WriteDevEnv(root_ / "a", "KIMBERLITE_CONTENT_TARGET=near:1\nKIMBERLITE_EDGE_PORT='9080'\n");
  const auto settings = Read();
  ASSERT_TRUE(settings) << settings.error().ToString();
  EXPECT_EQ(settings->targets.at("content"), "near:1");
  EXPECT_EQ(settings->edge, "http://127.0.0.1:9080");
}

TEST_F(ReadSettingsTest, TheEnvironmentComesFirst) {
  WriteDevEnv(root_, "KIMBERLITE_RPC_TOKEN_FILE=/does/not/exist\nKIMBERLITE_CONTENT_TARGET=file:1\n");
  environment_ = {{"KIMBERLITE_RPC_TOKEN", "mine"}, {"KIMBERLITE_CONTENT_TARGET", "environment:1"}};
  const auto settings = Read();
  // A token of the environment and a token's file of .dev/env are not two tokens.
  ASSERT_TRUE(settings) << settings.error().ToString();
  EXPECT_EQ(settings->token, "mine");
  EXPECT_EQ(settings->targets.at("content"), "environment:1");
}

TEST_F(ReadSettingsTest, ReadsTheTokenFromItsFile) {
  std::ofstream(root_ / "token") << "secret\n";
  WriteDevEnv(root_, "KIMBERLITE_RPC_TOKEN_FILE=" + (root_ / "token").string() + "\n");
  const auto settings = Read();
  ASSERT_TRUE(settings) << settings.error().ToString();
  EXPECT_EQ(settings->token, "secret");
}

TEST_F(ReadSettingsTest, NamesFileAndLineOfABadDevEnv) {
  WriteDevEnv(root_, "A=1\nnonsense\n");
  const auto settings = Read();
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message(), (root_ / ".dev" / "env").string() + ":2: expected KEY=value");
}

}  // namespace
}  // namespace kimberlite::ctl
