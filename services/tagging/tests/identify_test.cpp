#include "services/tagging/offline/identify.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace kimberlite::tagging {
namespace {

class OfflineIdentify : public testing::Test {
 protected:
  OfflineIdentify() : path_(testing::TempDir() + "identify_" + std::to_string(getpid())) {}
  ~OfflineIdentify() override { std::remove(path_.c_str()); }

  std::string Run(const std::string& lines, std::vector<std::string_view> arguments = {}) {
    std::ofstream(path_) << lines;
    arguments.emplace_back(path_);
    std::ostringstream out;
    code_ = RunIdentify(arguments, out);
    return out.str();
  }

  std::string path_;
  int code_ = 0;
};

TEST_F(OfflineIdentify, AnswersEveryLineWithItsId) {
  const std::string out =
      Run("{\"id\":7,\"text\":\"Саха сиригэр алмааһы хостуур тэрилтэ үлэтэ тохтообото.\"}\n"
          "\n"
          "{\"id\":\"b\",\"text\":\"12:30 — 17 %\"}\n");
  EXPECT_EQ(code_, 0);
  EXPECT_NE(out.find("{\"id\":7,\"language\":\"sah\",\"score\":"), std::string::npos) << out;
  EXPECT_NE(out.find("{\"id\":\"b\",\"language\":\"und\",\"score\":1.0}"), std::string::npos) << out;
}

TEST_F(OfflineIdentify, SaysWhatIsWrongWithALineAndGoesOn) {
  const std::string out = Run("[1]\n{\"id\":2,\"text\":5}\n{\"id\":3,\"text\":\"This is an English sentence.\"}\n");
  EXPECT_EQ(code_, 0);
  EXPECT_NE(out.find("{\"id\":null,\"language\":null,\"score\":null,\"error\":\"the line must be"), std::string::npos);
  EXPECT_NE(out.find("{\"id\":2,\"language\":null,\"score\":null,\"error\":\"text: must be a string\"}"),
            std::string::npos);
  EXPECT_NE(out.find("{\"id\":3,\"language\":\"en\""), std::string::npos);
}

TEST_F(OfflineIdentify, RefusesWhatItDoesNotKnow) {
  Run("", {"--nonsense"});
  EXPECT_EQ(code_, 2);
  Run("", {"--languages=rus"});
  EXPECT_EQ(code_, 2);
  std::ostringstream out;
  EXPECT_EQ(RunIdentify({"/nonexistent/file.jsonl.gz"}, out), 1);
}

}  // namespace
}  // namespace kimberlite::tagging
