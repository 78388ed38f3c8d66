#include "services/content/core/search.h"

#include <gmock/gmock.h>

#include "libs/base/text.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(ParseSearch, RequiresEveryWordOnceAndTakesTheLastAsABeginning) {
  const SearchQuery query = ParseSearch("Алмазы в Якутии, алмазы Якут", "ru");
  EXPECT_THAT(query.stems, ElementsAre("алмаз", "в", "якут"));
  EXPECT_EQ(query.prefix, "");  // the stem is required anyway
  const SearchQuery typing = ParseSearch("ледовая дор", "ru");
  EXPECT_THAT(typing.stems, ElementsAre("ледов"));
  EXPECT_EQ(typing.prefix, "дор");
  EXPECT_EQ(typing.prefix_stem, "дор");
  EXPECT_EQ(ParseSearch("a b", "en").prefix, "");  // one letter is no beginning
}

TEST(ParseSearch, KeepsQuotedWordsTogether) {
  for (const char* text : {"\"ice road\" opens", "«ice road» opens", "„ice road“ opens"}) {
    const SearchQuery query = ParseSearch(text, "en");
    EXPECT_THAT(query.phrases, ElementsAre(ElementsAre("ice", "road"))) << text;
    EXPECT_THAT(query.stems, ElementsAre("ice", "road")) << text;
    EXPECT_EQ(query.prefix, "opens") << text;
  }
  EXPECT_EQ(ParseSearch("\"ice road\"", "en").prefix, "");
  EXPECT_THAT(ParseSearch("ice \"road", "en").phrases, IsEmpty());
}

TEST(ParseSearch, HasAnAnswerForAnything) {
  for (const char* text : {"", "   ", "!!! & | ( ) :* <->", "\"\"\"", "'", "\\", "@en #7 ^x ~y"}) {
    ParseSearch(text, "en");
  }
  EXPECT_TRUE(ParseSearch("!!! & | :*", "en").empty());
  std::string many;
  for (int i = 0; i < 100; ++i) many += "w" + std::to_string(i) + " ";
  EXPECT_EQ(ParseSearch(many, "en").stems.size(), 15u);  // and the sixteenth as a beginning
}

TEST(EntryOf, WritesKeysAndWordsWithTheirPlaces) {
  const SearchEntry entry = EntryOf({.language_code = "en",
                                     .published_time = At2026(0),
                                     .concept_ids = {7},
                                     .headline = "Ice roads",
                                     .summary = "On the Lena",
                                     .body = "Ice'd \\ roads"});
  for (const char* part : {"'@en'", "'@en.2026-11-24'", "'#7'", "'^ice'", "'~lena'", "'road':2A,"}) {
    EXPECT_THAT(entry.vector, HasSubstr(part));
  }
  EXPECT_THAT(entry.vector, Not(HasSubstr("'^lena'")));
  EXPECT_THAT(entry.forms, ::testing::Contains(Pair("roads", "road")));
}

TEST(QuoteLexeme, LeavesNothingOpen) { EXPECT_EQ(QuoteLexeme("o'neil\\"), "'o''neil\\\\'"); }

std::vector<std::string> Marked(const Snippet& snippet) {
  std::vector<std::string> marked;
  for (std::size_t i = 0; i + 1 < snippet.spans.size(); i += 2)
    marked.push_back(snippet.text.substr(static_cast<std::size_t>(snippet.spans[i]),
                                         static_cast<std::size_t>(snippet.spans[i + 1] - snippet.spans[i])));
  return marked;
}

TEST(MakeSnippet, ShowsThePartWithTheWords) {
  std::string text;
  for (int i = 0; i < 80; ++i) text += "Пустое слово. ";
  text += "Алмазы Якутии едут в Бельгию. ";
  for (int i = 0; i < 80; ++i) text += "Пустое слово. ";
  const Snippet snippet = MakeSnippet(text, "ru", {"алмаз", "бельг"}, "яку");
  EXPECT_THAT(Marked(snippet), ElementsAre("Алмазы", "Якутии", "Бельгию"));
  EXPECT_LE(CountCodePoints(snippet.text), 300u);
  EXPECT_TRUE(snippet.text.starts_with("…"));
  EXPECT_TRUE(snippet.text.ends_with("…"));
}

TEST(MakeSnippet, IsTheBeginningWhereNoWordStands) {
  const Snippet snippet = MakeSnippet("Одно слово", "ru", {"алмаз"}, "");
  EXPECT_EQ(snippet.text, "Одно слово");
  EXPECT_THAT(snippet.spans, IsEmpty());
  EXPECT_EQ(MakeSnippet("", "ru", {"алмаз"}, "").text, "");
}

TEST(MakeSnippet, CutsChineseAnywhere) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "字";
  text += "北京新闻";
  const Snippet snippet = MakeSnippet(text, "zh", {"北京"}, "");
  EXPECT_LE(CountCodePoints(snippet.text), 300u);
  EXPECT_TRUE(IsValidUtf8(snippet.text));
  EXPECT_THAT(Marked(snippet), ElementsAre("北京"));
}

}  // namespace
}  // namespace kimberlite::content
