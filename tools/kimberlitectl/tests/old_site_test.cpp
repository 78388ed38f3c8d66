#include "tools/kimberlitectl/old_site.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "libs/base/id.h"

namespace kimberlite::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kJoomla = R"([
 {"id": 123, "title": "Лёд", "alias": "led", "category": "economy", "tags": "New Year, ,Алмазы,", "language": "ru-RU",
  "introtext": "<p>Раз</p>", "fulltext": "<p>Два</p>", "created": "2019-05-01 10:00:00", "publish_up": "0000-00-00 00:00:00",
  "state": 1},
 {"id": "124", "alias": "no-title", "category": "", "tags": [{"title": "Sakha"}, "ice"], "language": "*", "state": "0"},
 {"id": 125, "state": -2}
])";

TEST(ReadJoomla, TakesArticlesAsTheyWere) {
  const auto read = ReadJoomla(kJoomla, "export.json");
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_EQ(read->size(), 2u);  // the third is in the bin
  const OldArticle& first = (*read)[0];
  EXPECT_EQ(first.key, "joomla:123");
  EXPECT_THAT(first.tags, ElementsAre("New Year", "Алмазы"));
  EXPECT_EQ(first.html, "<p>Раз</p><p>Два</p>");
  EXPECT_EQ(first.published, "2019-05-01T10:00:00Z");
  EXPECT_THAT(first.old_paths, ElementsAre("/ru/news/economy/123-led"));
  EXPECT_TRUE(first.is_public);
  const OldArticle& second = (*read)[1];
  EXPECT_EQ(second.headline, "no title");
  EXPECT_THAT(second.tags, ElementsAre("Sakha", "ice"));
  EXPECT_THAT(second.old_paths, IsEmpty());
  EXPECT_FALSE(second.is_public);
}

TEST(ReadJoomla, ReadsCsvAndLinesAlike) {
  const auto csv = ReadJoomla(
      "\xEF\xBB\xBFid,title,alias,category,tags,language,introtext,fulltext,created,state\r\n"
      "7,\"A \"\"quoted\"\", title\",a,economy,\"New Year,\",en-GB,\"<p>one\ntwo</p>\",,2019-05-01,1\r\n",
      "export.csv");
  ASSERT_TRUE(csv) << csv.error().ToString();
  ASSERT_EQ(csv->size(), 1u);
  EXPECT_EQ((*csv)[0].headline, "A \"quoted\", title");
  EXPECT_EQ((*csv)[0].html, "<p>one\ntwo</p>");
  EXPECT_THAT((*csv)[0].tags, ElementsAre("New Year"));
  EXPECT_EQ((*csv)[0].published, "2019-05-01T00:00:00Z");
  const auto lines = ReadJoomla("{\"id\":1,\"title\":\"x\"}\n\n{\"id\":2,\"title\":\"y\"}\n", "lines");
  ASSERT_TRUE(lines) << lines.error().ToString();
  EXPECT_EQ(lines->size(), 2u);
}

TEST(ReadJoomla, NamesTheArticleThatIsBroken) {
  EXPECT_THAT(ReadJoomla("[{\"id\":1,\"title\":\"x\"},{\"title\":\"y\"}]", "f").error().message(),
              HasSubstr("f #2: id"));
  EXPECT_THAT(ReadJoomla("[{\"id\":1,\"created\":\"yesterday\"}]", "f").error().message(), HasSubstr("f #1: created"));
  EXPECT_THAT(ReadJoomla("id,title\n1\n", "f").error().message(), HasSubstr("row 2 has 1 fields"));
  EXPECT_FALSE(ReadJoomla("id,title\n1,\"open\n", "f"));
  EXPECT_FALSE(ReadJoomla("{\"id\":1}\nnot json\n", "f"));
}

TEST(ReadMarkdownFolder, TakesFrontMatterOrFolders) {
  const auto folder = std::filesystem::temp_directory_path() / ("kimberlite_markdown_" + RandomHex(6));
  std::filesystem::create_directories(folder / "ru" / "economy");
  std::ofstream(folder / "ru" / "economy" / "led.md")
      << "---\ntitle: \"Лёд: тронулся\"\ntags:\n - New Year\n - Алмазы\ndate: 2019-05-01\nurl: /ru/old\n---\n# Раз\n";
  std::ofstream(folder / "z.md")
      << "---\ntitle: Z\nlanguage: en\nsection: society\ntags: [a, b]\ndraft: true\n---\nText\n";
  const auto read = ReadMarkdownFolder(folder.string());
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].headline, "Лёд: тронулся");
  EXPECT_EQ((*read)[0].language, "ru");
  EXPECT_EQ((*read)[0].category, "economy");
  EXPECT_THAT((*read)[0].tags, ElementsAre("New Year", "Алмазы"));
  EXPECT_EQ((*read)[0].markdown, "# Раз\n");
  EXPECT_THAT((*read)[0].old_paths, ElementsAre("/ru/old"));
  EXPECT_EQ((*read)[0].key, "markdown:ru/economy/led.md");
  EXPECT_FALSE((*read)[1].is_public);
  std::ofstream(folder / "broken.md") << "---\ntitle: x\n";
  EXPECT_THAT(ReadMarkdownFolder(folder.string()).error().message(), HasSubstr("front matter has no end"));
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(ReadMarkdownFolder(folder.string()));
}

}  // namespace
}  // namespace kimberlite::ctl
