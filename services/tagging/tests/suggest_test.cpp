#include "services/tagging/core/suggest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/tagging/tests/samples.h"

namespace kimberlite::tagging {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Suggestion> SuggestOne(const Text& text) {
  const SampleMatcher matcher;
  return Suggest(*matcher, {&text, 1}, text.language_code);
}

std::vector<std::int64_t> IdsOf(const std::vector<Suggestion>& suggestions) {
  std::vector<std::int64_t> ids;
  for (const Suggestion& suggestion : suggestions) ids.push_back(suggestion.concept_id);
  return ids;
}

TEST(Suggest, WeighsFieldsAndKindsOfEvidence) {
  EXPECT_THAT(SuggestOne({"en", "ALROSA meets partners", "", ""}).at(0).confidence, DoubleEq(0.95));
  EXPECT_THAT(SuggestOne({"en", "", "ALROSA met partners", ""}).at(0).confidence, DoubleEq(0.75));
  EXPECT_THAT(SuggestOne({"en", "", "", "ALROSA and ALROSA"}).at(0).confidence, DoubleEq(0.70));
  EXPECT_THAT(SuggestOne({"ru", "Глава АЛРОСЫ", "", ""}).at(0).confidence, DoubleEq(0.81));
  EXPECT_THAT(SuggestOne({"ru", "", "Глава АЛРОСЫ", ""}).at(0).confidence, DoubleEq(0.64));
  EXPECT_THAT(SuggestOne({"en", "ALROSA ALROSA", "ALROSA", ""}).at(0).confidence, DoubleEq(0.99));
}

TEST(Suggest, LeavesOutWhatIsNotSureEnough) {
  EXPECT_THAT(SuggestOne({"en", "", "", "One diamond was found."}), IsEmpty());
}

TEST(Suggest, PutsHeadlineThenFrequencyThenEarlinessFirst) {
  const std::string body = "Belgium, diamond, Belgium. A diamond. Belgium.";
  EXPECT_THAT(IdsOf(SuggestOne({"en", "ALROSA", "", body})), ElementsAre(kAlrosa, kBelgium, kDiamond));
  EXPECT_THAT(IdsOf(SuggestOne({"en", "", "", "A diamond for ALROSA, ALROSA for a diamond"})),
              ElementsAre(kDiamond, kAlrosa));
}

TEST(Suggest, ExplainsByFieldSpanAndForm) {
  const Text text{"ru", "Глава АЛРОСЫ", "", "«АЛРОСА» растёт."};
  const auto suggestions = SuggestOne(text);
  ASSERT_THAT(suggestions, SizeIs(1));
  EXPECT_EQ(suggestions[0].label, "АЛРОСА");
  EXPECT_THAT(suggestions[0].evidence, ElementsAre(Evidence{Field::kHeadline, "ru", "АЛРОСЫ", "АЛРОСА", 11, 23},
                                                   Evidence{Field::kBody, "ru", "АЛРОСА", "АЛРОСА", 2, 14}));
  EXPECT_EQ(text.headline.substr(11, 12), "АЛРОСЫ");
  EXPECT_EQ(text.body.substr(2, 12), "АЛРОСА");
}

TEST(Suggest, MergesLanguages) {
  const SampleMatcher matcher;
  const std::vector<Text> texts = {
      {"en", "A meeting", "", "One diamond."}, {"sah", "АЛРОСА Бельгияҕа", "", ""}, {"zh", "会见", "", "钻石，钻石"}};
  const auto suggestions = Suggest(*matcher, texts, "en");
  // Best language counts: the diamond is sure enough in Chinese alone, and all languages explain it.
  EXPECT_THAT(IdsOf(suggestions), ElementsAre(kAlrosa, kBelgium, kDiamond));
  EXPECT_THAT(suggestions[1].label, "Belgium");
  EXPECT_THAT(suggestions[2].confidence, DoubleEq(0.70));
  ASSERT_THAT(suggestions[2].evidence, SizeIs(3));
  EXPECT_EQ(suggestions[2].evidence[0].language_code, "en");
  EXPECT_EQ(suggestions[2].evidence[2].language_code, "zh");
}

TEST(Suggest, BoundsEvidenceAndKeepsItsBest) {
  std::string body;
  for (int i = 0; i < 5000; ++i) body += "ALROSA ";
  const SampleMatcher matcher;
  const std::vector<Text> texts = {{"en", "", "", body}, {"ru", "АЛРОСА", "", ""}};
  const auto suggestions = Suggest(*matcher, texts, "ru");
  ASSERT_THAT(suggestions, SizeIs(1));
  EXPECT_THAT(suggestions[0].confidence, DoubleEq(0.99));
  ASSERT_THAT(suggestions[0].evidence, SizeIs(kMaxEvidence));
  EXPECT_EQ(suggestions[0].evidence[0].field, Field::kHeadline);
}

TEST(Suggest, BoundsSuggestions) {
  std::vector<Concept> concepts;
  std::string headline;
  for (int i = 1; i <= 20; ++i) {
    const std::string word = "topic" + std::string(1, static_cast<char>('a' + i));
    concepts.push_back(ConceptOf(i, word, Kind::kTopic, {{"en", word, {}, ""}}));
    headline += word + " ";
  }
  const SampleMatcher matcher(concepts);
  const Text text{"en", headline, "", ""};
  EXPECT_THAT(Suggest(*matcher, {&text, 1}, "en"), SizeIs(kMaxSuggestions));
}

TEST(Suggest, LabelsInAnotherLanguageWhereItsOwnIsMissing) {
  const SampleMatcher matcher(
      {ConceptOf(1, "sakha", Kind::kTopic, {{"sah", "саха тыла", {}, ""}, {"ru", "якутский язык", {}, ""}})});
  const Text text{"ru", "Якутский язык", "", ""};
  EXPECT_EQ(Suggest(*matcher, {&text, 1}, "ru").at(0).label, "якутский язык");
  EXPECT_EQ(Suggest(*matcher, {&text, 1}, "fr").at(0).label, "саха тыла");
}

}  // namespace
}  // namespace kimberlite::tagging
