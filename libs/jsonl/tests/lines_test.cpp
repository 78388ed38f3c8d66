#include "libs/jsonl/lines.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

namespace kimberlite::jsonl {
namespace {

class Lines : public testing::Test {
 protected:
  Lines() : directory_(testing::TempDir() + "lines_" + std::to_string(getpid())) {
    std::filesystem::create_directories(directory_);
  }
  ~Lines() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  std::string WriteGzip(const std::string& name, const std::string& bytes) {
    const std::string path = directory_ + "/" + name;
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path;
  }
  static Result<std::vector<std::string>> Read(const std::string& path) {
    std::vector<std::string> lines;
    KIMBERLITE_RETURN_IF_ERROR(ForEachLine(path, [&](std::string_view line) -> Result<void> {
      lines.emplace_back(line);
      return {};
    }));
    return lines;
  }

  std::string directory_;
};

TEST_F(Lines, AreTheSamePlainAndCompressed) {
  const std::string long_line(300'000, 'x');
  const std::string bytes = "one\r\n\ntwo\n" + long_line + "\nlast";
  const std::vector<std::string> expected = {"one", "", "two", long_line, "last"};
  EXPECT_EQ(*Read(Write("plain", bytes)), expected);
  EXPECT_EQ(*Read(WriteGzip("packed", bytes)), expected);
}

TEST_F(Lines, OfAFileCutInHalfAreAnErrorThatNamesIt) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919LL) + "\n";
  const std::string path = WriteGzip("half.gz", text);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  const auto read = Read(path);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::kDataLoss);
  EXPECT_NE(read.error().message().find("half.gz:"), std::string::npos);
}

TEST_F(Lines, OfAMissingFileAreNotFound) { EXPECT_EQ(Read(directory_ + "/none").error().code(), Code::kNotFound); }

TEST_F(Lines, StopAtTheFirstThatIsNoObject) {
  const std::string path = Write("objects", "{\"id\":1}\n\n[2]\n{\"id\":3}\n");
  int seen = 0;
  const auto read = ForEachObject(path, [&](const nlohmann::json&) -> Result<void> {
    ++seen;
    return {};
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(seen, 1);
  EXPECT_NE(read.error().message().find("objects:3: must be a JSON object"), std::string::npos);
}

TEST_F(Lines, NameTheMemberThatIsOfAnotherKind) {
  const nlohmann::json object = {{"id", 7}, {"tags", {"a", "b"}}, {"tag", "c"}, {"none", nullptr}, {"bad", {1}}};
  EXPECT_EQ(StringOf(object, "id").error().violations().at(0).field, "id");
  EXPECT_EQ(*StringOf(object, "none"), "");
  EXPECT_EQ(*StringOf(object, "absent"), "");
  EXPECT_EQ(*StringsOf(object, "tags"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*StringsOf(object, "tag"), (std::vector<std::string>{"c"}));
  EXPECT_FALSE(StringsOf(object, "bad"));
}

TEST_F(Lines, AreWrittenWithoutBytesThatAreNotUtf8) {
  EXPECT_EQ(LineOf({{"a", "x\xff"}}), "{\"a\":\"x\xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace kimberlite::jsonl
