#include "libs/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace kimberlite::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TableTest : public ::testing::Test {
 protected:
  Result<void> Read() {
    return table_.Read([&](const char* name) -> const char* {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    });
  }
  std::map<std::string, std::string> environment_;
  Table table_;
};

TEST_F(TableTest, KeepsDefaultsAndReadsValues) {
  std::string host = "127.0.0.1";
  int port = 8080;
  std::vector<std::string> hosts;
  table_.Text(&host, {"KIMBERLITE_HOST", "Where to listen."});
  table_.Int(&port, {"KIMBERLITE_PORT", "Port."}, 0, 65535);
  table_.List(&hosts, {"KIMBERLITE_HOSTS", "Hosts."});
  environment_ = {{"KIMBERLITE_PORT", "81"}, {"KIMBERLITE_HOSTS", " a , b,"}};
  ASSERT_TRUE(Read());
  EXPECT_EQ(host, "127.0.0.1");
  EXPECT_EQ(port, 81);
  EXPECT_THAT(hosts, ::testing::ElementsAre("a", "b"));
}

TEST_F(TableTest, NamesTheSettingAndTheRule) {
  int port = 0;
  table_.Int(&port, {"KIMBERLITE_PORT", "Port."}, 0, 65535);
  for (const char* bad : {"70000", "-1", "8o80", "", "1 "}) {
    environment_ = {{"KIMBERLITE_PORT", bad}};
    const auto result = Read();
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().message(), "KIMBERLITE_PORT: must be a whole number from 0 to 65535");
  }
}

TEST_F(TableTest, AMissingRequiredSettingSaysWhatItIsFor) {
  std::string url;
  table_.Text(&url, {.name = "KIMBERLITE_POSTGRES_URL", .help = "The database.", .required = true});
  EXPECT_THAT(Read().error().message(), HasSubstr("The database."));
}

TEST_F(TableTest, HidesSecretsAndReadsThemFromFiles) {
  const auto path = std::filesystem::temp_directory_path() / "kimberlite_config_test_secret";
  std::ofstream(path) << "hush\n";
  std::string token;
  table_.Text(&token, {.name = "KIMBERLITE_TOKEN", .help = "Token.", .secret = true});
  environment_ = {{"KIMBERLITE_TOKEN_FILE", path.string()}};
  ASSERT_TRUE(Read());
  EXPECT_EQ(token, "hush");
  EXPECT_THAT(table_.Print(), Not(HasSubstr("hush")));
  std::filesystem::remove(path);
  EXPECT_THAT(Read().error().message(), HasSubstr("cannot read"));
}

}  // namespace
}  // namespace kimberlite::config
