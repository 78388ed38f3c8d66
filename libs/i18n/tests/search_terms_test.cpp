#include "libs/i18n/search_terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/i18n/sakha_stem.h"

namespace kimberlite::i18n {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Stems(std::string_view text, std::string_view language) {
  std::vector<std::string> stems;
  for (const SearchTerm& term : SearchTerms(text, language)) stems.push_back(term.stem);
  return stems;
}

// Whether one finds the other.
bool Meet(std::string_view a, std::string_view b, std::string_view language) {
  return Stems(a, language) == Stems(b, language);
}

TEST(SearchTerms, MeetAcrossEndings) {
  EXPECT_TRUE(Meet("diamonds", "Diamond", "en"));
  EXPECT_TRUE(Meet("алмазами", "Алмазы", "ru"));
  EXPECT_TRUE(Meet("économies", "economie", "fr"));
  EXPECT_TRUE(Meet("الاقتصادية", "اقتصادية", "ar"));
  EXPECT_TRUE(Meet("haberler", "haberleri", "tr"));
  EXPECT_FALSE(Meet("алмаз", "алгоритм", "ru"));
}

TEST(SearchTerms, MeetAcrossSpellings) {
  EXPECT_TRUE(Meet("Ёлка", "елка", "ru"));
  EXPECT_TRUE(Meet("café", "cafe", "en"));
  EXPECT_TRUE(Meet("ΑΘΉΝΑ", "αθηνα", "xx"));
  EXPECT_TRUE(Meet("مُحَمَّد", "محمد", "ar"));
  // Another letter, not an accent.
  EXPECT_FALSE(Meet("чай", "чаи", "xx"));
}

TEST(SearchTerms, SakhaMeetsAcrossCaseNumberAndPossession) {
  const char* const town[] = {"куорат",     "куораттар",   "куораты",    "куораттан",
                              "куоратыгар", "куораттарга", "куораттаах", "куоратынан"};
  for (const char* form : town) {
    EXPECT_EQ(StemSakha(form), "куорат") << form;
  }
  EXPECT_EQ(StemSakha("балыктар"), StemSakha("балыгы"));
  EXPECT_EQ(StemSakha("өрүскэ"), StemSakha("өрүстэн"));
  EXPECT_EQ(StemSakha("оҕолорго"), StemSakha("оҕолор"));
  EXPECT_EQ(StemSakha("алмааһы"), StemSakha("алмааһынан"));
}

TEST(SearchTerms, SakhaStemsKeepThreeLettersAndLeaveWhatIsNotSakha) {
  EXPECT_EQ(StemSakha("уу"), "уу");
  EXPECT_EQ(StemSakha("муус"), "муус");
  EXPECT_EQ(StemSakha("алроса2"), "алроса2");
  EXPECT_EQ(StemSakha("alrosa"), "alrosa");
  EXPECT_EQ(StemSakha(""), "");
}

TEST(SearchTerms, ChineseIsCutByTheDictionary) {
  EXPECT_THAT(Stems("北京新闻。", "zh"), ElementsAre("北京", "新闻"));
  EXPECT_THAT(Stems("東京のニュース", "ja"), testing::Contains("東京"));
  EXPECT_THAT(Stems("서울 뉴스", "ko"), ElementsAre("서울", "뉴스"));
}

TEST(SearchTerms, SurviveAnything) {
  EXPECT_THAT(Stems("", "ru"), IsEmpty());
  EXPECT_THAT(Stems("!!! — …", "ru"), IsEmpty());
  EXPECT_THAT(Stems(std::string(10'000, 'a'), "en"), IsEmpty());
  SearchTerms("a\xff\xfe b\xc3", "en");
  SearchTerms("слово", "zz-Latn-x");
}

TEST(SearchTerms, SayWhereTheyStand) {
  const auto terms = SearchTerms("Ёлки, алмазы", "ru");
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[1].word.In("Ёлки, алмазы"), "алмазы");
  EXPECT_EQ(terms[0].form, "елки");
}

}  // namespace
}  // namespace kimberlite::i18n
