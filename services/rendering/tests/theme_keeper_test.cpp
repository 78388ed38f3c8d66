#include "services/rendering/core/theme_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "libs/base/id.h"

namespace kimberlite::rendering {
namespace {

using ::testing::HasSubstr;

class ThemeKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(root_);
    std::filesystem::copy(KIMBERLITE_THEME, root_ / "one", std::filesystem::copy_options::recursive);
    keeper_.OnChange([this](const Theme& theme) { taken_.push_back(theme.version()); });
    const auto started = keeper_.Start();
    ASSERT_TRUE(started) << started.error().ToString();
    first_ = keeper_.Current();
    taken_.clear();
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& file, const std::string& text) { std::ofstream(root_ / file) << text; }
  void Append(const std::string& file, const std::string& text) { std::ofstream(root_ / file, std::ios::app) << text; }
  // What a watch sees once the files have come to rest.
  Result<bool> LookTwice() {
    const auto first = keeper_.Look();
    EXPECT_TRUE(first && !*first) << "a theme was taken while its files still changed";
    return keeper_.Look();
  }

  const std::filesystem::path root_ = std::filesystem::temp_directory_path() / ("kimberlite-keeper-" + RandomHex(8));
  SystemClock clock_;
  ThemeKeeper keeper_{root_ / "one", "en", clock_};
  std::shared_ptr<const Theme> first_;
  std::vector<std::string> taken_;
};

TEST_F(ThemeKeeperTest, TakesWhatChangedOnceItIsAtRest) {
  Append("one/style.css", "\n.new { color: red }\n");
  const auto taken = LookTwice();
  ASSERT_TRUE(taken) << taken.error().ToString();
  EXPECT_TRUE(*taken);
  EXPECT_NE(keeper_.Current()->version(), first_->version());
  EXPECT_EQ(taken_, std::vector{keeper_.Current()->version()});
  EXPECT_FALSE(*LookTwice());
  EXPECT_EQ(taken_.size(), 1u);
}

TEST_F(ThemeKeeperTest, RefusesABrokenTemplateWithFileAndLineAndKeepsTheLast) {
  Write("one/templates/pager.html", "<p>\n{{card.titel}}\n</p>");
  const auto taken = LookTwice();
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("pager.html:2: unknown field"));
  EXPECT_EQ(keeper_.Current(), first_);
  EXPECT_THAT(keeper_.GetStatus().refusal.why, HasSubstr("pager.html:2: unknown field"));
  EXPECT_TRUE(taken_.empty());
  // Said once, not every second.
  const auto again = LookTwice();
  EXPECT_TRUE(again && !*again);

  std::filesystem::copy_file(std::filesystem::path(KIMBERLITE_THEME) / "templates/pager.html",
                             root_ / "one/templates/pager.html", std::filesystem::copy_options::overwrite_existing);
  Append("one/style.css", "\n");
  EXPECT_TRUE(*LookTwice());
  EXPECT_EQ(keeper_.GetStatus().refusal.why, "");
}

TEST_F(ThemeKeeperTest, RefusesABrokenCatalogWithFileAndLineAndKeepsTheLast) {
  Write("one/catalogs/fr.json", "{\n  \"nav.skip\": \"{count, plural, one {x\"\n}\n");
  const auto taken = LookTwice();
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("fr.json:2"));
  EXPECT_EQ(keeper_.Current(), first_);
}

TEST_F(ThemeKeeperTest, FollowsALinkThatIsSwitched) {
  std::filesystem::copy(root_ / "one", root_ / "two", std::filesystem::copy_options::recursive);
  Append("two/style.css", "\n");
  std::filesystem::create_directory_symlink(root_ / "one", root_ / "current");
  ThemeKeeper keeper(root_ / "current", "en", clock_);
  ASSERT_TRUE(keeper.Start());
  EXPECT_EQ(keeper.Current()->version(), first_->version());
  std::filesystem::create_directory_symlink(root_ / "two", root_ / "next");
  std::filesystem::rename(root_ / "next", root_ / "current");
  ASSERT_TRUE(keeper.Look());
  EXPECT_TRUE(*keeper.Look());
  EXPECT_NE(keeper.Current()->version(), first_->version());
}

TEST_F(ThemeKeeperTest, ADirectoryThatIsGoneChangesNothing) {
  std::filesystem::remove_all(root_ / "one");
  EXPECT_FALSE(LookTwice());
  EXPECT_EQ(keeper_.Current(), first_);
}

TEST_F(ThemeKeeperTest, DoesNotStartWithoutATheme) {
  ThemeKeeper keeper(root_ / "nothing", "en", clock_);
  EXPECT_FALSE(keeper.Start());
}

}  // namespace
}  // namespace kimberlite::rendering
