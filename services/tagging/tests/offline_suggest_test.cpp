#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "services/tagging/offline/suggest.h"

namespace kimberlite::tagging {
namespace {

class OfflineSuggest : public testing::Test {
 protected:
  OfflineSuggest() : directory_(testing::TempDir() + "suggest_" + std::to_string(getpid())) {
    std::filesystem::create_directories(directory_);
  }
  ~OfflineSuggest() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& name, const std::string& lines) {
    std::ofstream(directory_ + "/" + name) << lines;
    return directory_ + "/" + name;
  }
  nlohmann::json Run(const std::string& vocabulary, const std::string& article) {
    const std::string v = Write("vocabulary", vocabulary);
    const std::string a = Write("article", article);
    std::ostringstream out;
    code_ = RunSuggest({"--vocabulary", v, a}, out);
    return code_ == 0 ? nlohmann::json::parse(out.str()) : nlohmann::json();
  }

  std::string directory_;
  int code_ = 0;
};

constexpr const char* kVocabulary =
    R"({"concept":"Q1","label":"ALROSA","language":"en","labels":{"ru":"АЛРОСА","sah":["АЛРОСА"]}}
{"key":"belgium","labels":[{"language_code":"en","text":"Belgium"},{"language_code":"ru","text":"Бельгия"}]}
{"concept":3,"label":"diamond","language":"en","aliases":["rough diamond"]}
{"concept":"weather","label":"weather","language":"en"}
)";

TEST_F(OfflineSuggest, FindsTheNamesOfAVocabularyWithEvidence) {
  const auto answer = Run(
      kVocabulary,
      R"({"id":9,"language":"en","title":"ALROSA meets Belgium","content":"Rough diamonds and a diamond. A diamond."})"
      "\n");
  ASSERT_EQ(code_, 0);
  EXPECT_EQ(answer["id"], 9);
  std::vector<std::string> concepts;
  for (const auto& suggestion : answer["suggestions"]) concepts.push_back(suggestion["concept"]);
  EXPECT_EQ(concepts, (std::vector<std::string>{"Q1", "belgium", "3"}));
  const auto& evidence = answer["suggestions"][2]["evidence"];
  ASSERT_EQ(evidence.size(), 3U);
  EXPECT_EQ(evidence[0]["kind"], "inflected");
  EXPECT_EQ(evidence[0]["text"], "Rough diamonds");
  EXPECT_EQ(evidence[0]["begin_byte"], 0);
  EXPECT_EQ(evidence[1]["kind"], "exact");
  EXPECT_TRUE(answer["suggestions"][2]["chosen"]);
}

TEST_F(OfflineSuggest, FindsOutTheLanguage) {
  const auto answer =
      Run(kVocabulary,
          "{\"id\":\"a\",\"title\":\"АЛРОСА договорилась с Бельгией\",\"content\":\"Компания продала в этом "
          "году больше алмазов, чем в прошлом.\"}\n");
  ASSERT_EQ(code_, 0);
  ASSERT_EQ(answer["suggestions"].size(), 2U);
  EXPECT_EQ(answer["suggestions"][0]["concept"], "Q1");
  EXPECT_EQ(answer["suggestions"][1]["concept"], "belgium");
}

TEST_F(OfflineSuggest, SaysWhatIsWrongWithFilesAndArguments) {
  std::ostringstream out;
  EXPECT_EQ(RunSuggest({}, out), 2);
  EXPECT_EQ(RunSuggest({"--train"}, out), 2);
  EXPECT_EQ(RunSuggest({"--train", "x", "--limit", "0"}, out), 2);
  EXPECT_EQ(RunSuggest({"--train", "/nonexistent"}, out), 1);
  Run("{\"concept\":\"a\",\"label\":\"a\"}\n{\"concept\":\"a\",\"label\":\"b\"}\n", "{}\n");
  EXPECT_EQ(code_, 1);
  Run("{\"concept\":\"a\"}\n", "{}\n");
  EXPECT_EQ(code_, 1);
  Run("", "{}\n");
  EXPECT_EQ(code_, 1);
  Run(kVocabulary, "{\"title\":5}\n");
  EXPECT_EQ(code_, 1);
}

}  // namespace
}  // namespace kimberlite::tagging
