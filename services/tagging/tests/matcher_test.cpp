#include "services/tagging/core/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/tagging/tests/samples.h"

namespace kimberlite::tagging {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Matcher, FindsEnglishNamesAndTheirPlurals) {
  const SampleMatcher matcher;
  EXPECT_THAT(matcher.Find("en", "ALROSA sold rough diamonds to Belgium’s diamond firms."),
              ElementsAre("ALROSA=1", "rough diamonds~2", "Belgium=3", "diamond=2"));
}

TEST(Matcher, FindsRussianCases) {
  const SampleMatcher matcher;
  EXPECT_THAT(matcher.Find("ru", "Глава АЛРОСЫ обсудил в Бельгии торговлю бриллиантов и алмазами."),
              ElementsAre("АЛРОСЫ~1", "Бельгии~3", "бриллиантов~2", "алмазами~2"));
  EXPECT_THAT(matcher.Find("ru", "с бельгийскими покупателями АК «АЛРОСА»"),
              ElementsAre("бельгийскими~3", "АК «АЛРОСА=1"));
}

TEST(Matcher, FindsSakhaSuffixChains) {
  const SampleMatcher matcher;
  EXPECT_THAT(
      matcher.Find("sah", "АЛРОСАҕа Бельгияттан кэлбит алмаастар, алмааһы, алмаастарынан, алмаастарбытыттан"),
      ElementsAre("АЛРОСАҕа~1", "Бельгияттан~3", "алмаастар~2", "алмааһы~2", "алмаастарынан~2", "алмаастарбытыттан~2"));
  EXPECT_THAT(matcher.Find("sah", "алмаас"), ElementsAre("алмаас=2"));
}

TEST(Matcher, FindsArabicNamesUnderPrefixesAndHamza) {
  const SampleMatcher matcher;
  EXPECT_THAT(matcher.Find("ar", "باعت شركة الروسا الألماس في بلجيكا وبلجيكا"),
              ElementsAre("شركة الروسا=1", "الألماس~2", "بلجيكا=3", "وبلجيكا~3"));
}

TEST(Matcher, FindsChineseNamesWhereDictionariesCutThem) {
  const SampleMatcher matcher;
  EXPECT_THAT(matcher.Find("zh", "埃罗莎公司在比利时出售毛坯钻石和钻石。"),
              ElementsAre("埃罗莎公司=1", "比利时=3", "毛坯钻石=2", "钻石=2"));
  // A sentence ends between them.
  EXPECT_THAT(matcher.Find("zh", "比利。时"), IsEmpty());
}

TEST(Matcher, FindsFrenchNamesAfterElision) {
  const SampleMatcher matcher;
  EXPECT_THAT(matcher.Find("fr", "Les diamants d’ALROSA en Belgique"),
              ElementsAre("diamants=2", "ALROSA=1", "Belgique=3"));
}

TEST(Matcher, FindsWholeWordsOnly) {
  const SampleMatcher matcher;
  EXPECT_THAT(matcher.Find("en", "diamondback ALROSAs3 Belgiumite"), IsEmpty());
  EXPECT_THAT(matcher.Find("ru", "алмазодобыча"), IsEmpty());
}

TEST(Matcher, TakesTheLongestNameAndNeverTwoForOneSpan) {
  const SampleMatcher matcher(
      {ConceptOf(1, "night", Kind::kTopic, {{"en", "night", {}, ""}}),
       ConceptOf(2, "long-night", Kind::kEvent, {{"en", "Long Night", {}, ""}}),
       ConceptOf(3, "film-festival", Kind::kTopic, {{"en", "Long Night film festival", {}, ""}}),
       ConceptOf(4, "festival", Kind::kTopic, {{"en", "festival", {}, ""}})});
  EXPECT_THAT(matcher.Find("en", "The Long Night film festival: a long night, a night festival"),
              ElementsAre("Long Night film festival=3", "long night=2", "night=1", "festival=4"));
  EXPECT_THAT(matcher.Find("en", "Long Night film"), ElementsAre("Long Night=2"));
}

TEST(Matcher, JoinsWordsOfANameOnlyWithinASentence) {
  const SampleMatcher matcher(
      {ConceptOf(1, "long-night", Kind::kTopic, {{"en", "long night", {"St Petersburg"}, ""}})});
  EXPECT_THAT(matcher.Find("en", "long «night»; long-night"), ElementsAre("long «night=1", "long-night=1"));
  EXPECT_THAT(matcher.Find("en", "St. Petersburg"), ElementsAre("St. Petersburg=1"));
  EXPECT_THAT(matcher.Find("en", "It was long. Night fell; long, night\nlong\nnight"), IsEmpty());
}

TEST(Matcher, TakesExactLettersBeforeStems) {
  const SampleMatcher matcher({ConceptOf(1, "bank", Kind::kTopic, {{"ru", "банка", {}, ""}}),
                               ConceptOf(2, "banks", Kind::kTopic, {{"ru", "банки", {}, ""}})});
  EXPECT_THAT(matcher.Find("ru", "банки"), ElementsAre("банки=2"));
}

TEST(Matcher, GivesASharedFormToTheLabelThenToTheOlderConcept) {
  const SampleMatcher matcher({ConceptOf(1, "stage", Kind::kTopic, {{"en", "stage", {"theatre", "scene"}, ""}}),
                               ConceptOf(2, "theatre", Kind::kTopic, {{"en", "theatre", {"scene"}, ""}})});
  EXPECT_THAT(matcher.Find("en", "theatre scene"), ElementsAre("theatre=2", "scene=1"));
}

TEST(Matcher, FindsShortAcronymsInTheirExactLetters) {
  const SampleMatcher matcher({ConceptOf(1, "who", Kind::kOrganisation,
                                         {{"en", "World Health Organization", {"WHO"}, ""}, {"ru", "ВОЗ", {}, ""}}),
                               ConceptOf(2, "cable", Kind::kTopic, {{"ru", "кабель", {"ВОЛС"}, ""}})});
  EXPECT_THAT(matcher.Find("en", "who asked WHO? Who knows."), ElementsAre("WHO=1"));
  EXPECT_THAT(matcher.Find("en", "WHO’s report"), ElementsAre("WHO=1"));
  EXPECT_THAT(matcher.Find("ru", "воз сена, ВОЗ; волс и ВОЛС"), ElementsAre("ВОЗ=1", "ВОЛС=2"));
}

TEST(Matcher, TellsNamesFromWordsByTheirCapital) {
  const SampleMatcher matcher({ConceptOf(1, "mirny", Kind::kPlace, {{"ru", "Мирный", {"мирнинский"}, ""}}),
                               ConceptOf(2, "olonkho", Kind::kTopic, {{"ru", "Олонхо", {}, ""}})});
  EXPECT_THAT(matcher.Find("ru", "мирный договор подписали в Мирном мирнинские власти; МИРНЫЙ; олонхо"),
              ElementsAre("Мирном~1", "мирнинские~1", "МИРНЫЙ=1", "олонхо=2"));
}

TEST(Matcher, DoesNotTakeAnEnglishSurnameForAPlural) {
  const SampleMatcher matcher({ConceptOf(1, "adam", Kind::kPerson, {{"en", "Martin", {}, ""}})});
  EXPECT_THAT(matcher.Find("en", "Martins met Martin"), ElementsAre("Martin=1"));
}

TEST(Matcher, DoesNotFoldSuffixesOfShortWords) {
  const SampleMatcher matcher({ConceptOf(1, "lena", Kind::kPlace, {{"ru", "Лена", {}, ""}}),
                               ConceptOf(2, "bus", Kind::kTopic, {{"en", "bus", {}, ""}})});
  EXPECT_THAT(matcher.Find("ru", "Лень, Лены"), IsEmpty());
  EXPECT_THAT(matcher.Find("en", "buses, busy"), ElementsAre("buses~2"));
}

TEST(Matcher, ReadsYoAsYe) {
  const SampleMatcher matcher({ConceptOf(1, "calf", Kind::kTopic, {{"ru", "мамонтёнок", {"мёд"}, ""}})});
  EXPECT_THAT(matcher.Find("ru", "Мамонтенок любит мед, мамонтёнок любит мёд"),
              ElementsAre("Мамонтенок=1", "мед=1", "мамонтёнок=1", "мёд=1"));
}

TEST(Matcher, LooksForEnglishNamesInLanguagesThatLackThem) {
  const SampleMatcher matcher({ConceptOf(1, "alrosa", Kind::kOrganisation, {{"en", "ALROSA", {"the company"}, ""}}),
                               ConceptOf(2, "diamond", Kind::kTopic, {{"en", "Diamond", {}, ""}}),
                               ConceptOf(3, "belgium", Kind::kPlace, {{"ar", "بلجيكا", {}, ""}})});
  EXPECT_THAT(matcher.Find("ar", "تعمل ALROSA في بلجيكا the company Diamond"), ElementsAre("ALROSA=1", "بلجيكا=3"));
  EXPECT_THAT(matcher.Find("de", "ALROSA"), ElementsAre("ALROSA=1"));
  EXPECT_THAT(matcher.Find("zh", "在ALROSA公司"), ElementsAre("ALROSA=1"));
}

TEST(Matcher, ReadsALanguageWithScriptByItsPrimaryLanguage) {
  const SampleMatcher matcher;
  EXPECT_THAT(matcher.Find("zh-Hans", "比利时"), ElementsAre("比利时=3"));
  EXPECT_THAT(matcher.Find("ko", "벨기에"), IsEmpty());
}

TEST(Matcher, IgnoresLabelsTooShortToLookFor) {
  const SampleMatcher matcher({ConceptOf(1, "x", Kind::kOrganisation, {{"en", "X", {}, ""}, {"zh", "雪", {}, ""}})});
  EXPECT_THAT(matcher.Find("en", "X marks the spot"), IsEmpty());
  EXPECT_THAT(matcher.Find("zh", "雪"), ElementsAre("雪=1"));
}

TEST(Matcher, BoundsHits) {
  const SampleMatcher matcher;
  std::string text;
  for (std::size_t i = 0; i < 2 * Matcher::kMaxHits; ++i) text += "ALROSA ";
  EXPECT_EQ(matcher.Find("en", text).size(), Matcher::kMaxHits);
}

TEST(Matcher, ReadsAMegabyteWithoutSpaces) {
  const SampleMatcher matcher;
  const std::string letters(1 << 20, 'a');
  for (const char* language : {"en", "ru", "sah", "ar", "zh"})
    EXPECT_THAT(matcher.Find(language, letters), IsEmpty()) << language;
  std::string han;
  for (int i = 0; i < 5000; ++i) han += "比利时是世界上";
  EXPECT_EQ(matcher.Find("zh", han).size(), 5000u);
}

TEST(Matcher, FindsNothingInNothing) {
  EXPECT_THAT(Matcher().Find("ALROSA", "en"), IsEmpty());
  const SampleMatcher matcher;
  EXPECT_THAT(matcher.Find("en", ""), IsEmpty());
  EXPECT_THAT(matcher.Find("en", " — !\n"), IsEmpty());
}

}  // namespace
}  // namespace kimberlite::tagging
