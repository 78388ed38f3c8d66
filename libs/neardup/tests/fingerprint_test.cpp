#include "libs/neardup/fingerprint.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/base/text.h"

namespace kimberlite::neardup {
namespace {

const WordWeights kAllAlike;

Overlap CompareTexts(std::string_view first, std::string_view second, std::string_view language) {
  return Compare(FingerprintOf(first, language), FingerprintOf(second, language), kAllAlike);
}

TEST(Fingerprint, IgnoresCasePunctuationAndSpelling) {
  const Overlap overlap = CompareTexts("Ещё раз: «АЛРОСА» нашла алмаз!", "еще раз АЛРОСА — нашла, алмаз…", "ru");
  EXPECT_EQ(overlap.of_first, 1);
  EXPECT_EQ(overlap.of_second, 1);
  EXPECT_EQ(overlap.words, 1);
}

TEST(Fingerprint, CutsTextWithoutSpacesIntoWords) {
  const std::string news = "埃尔罗萨公司与比利时外交大臣举行工作会谈，双方讨论了钻石贸易领域的合作。";
  EXPECT_GT(FingerprintOf(news, "zh").length, 10U);
  EXPECT_EQ(CompareTexts(news, "钻石。" + news, "zh").of_first, 1);
}

TEST(Fingerprint, SaysHowMuchOfEachTextTheOtherHas) {
  const Overlap overlap = CompareTexts("a b c d e f", "a b c d e f g h i j", "en");
  EXPECT_EQ(overlap.shared_shingles, 4U);
  EXPECT_EQ(overlap.of_first, 1);
  EXPECT_EQ(overlap.of_second, 0.5);
}

TEST(Fingerprint, ComparesNumbersWhenThereAreSome) {
  EXPECT_EQ(CompareTexts("1 2", "3 4", "en").numbers, 1);
  EXPECT_EQ(CompareTexts("rates 91,5 and 102,7 and 12,6", "rates 90,1 and 102,7 and 13", "en").numbers, 1.0 / 3);
}

// Samples of a long text tell what the whole would.
TEST(Fingerprint, OfALongTextIsBoundedAndStillComparable) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "w" + std::to_string(i) + " ";
  const std::string other = text.substr(0, text.size() / 2);
  const Fingerprint whole = FingerprintOf(text, "en");
  const Fingerprint half = FingerprintOf(other, "en");
  EXPECT_LE(whole.shingles.size(), Fingerprint::kMaxKept);
  EXPECT_LE(whole.words.size(), Fingerprint::kMaxKept);
  const Overlap overlap = Compare(half, whole, kAllAlike);
  EXPECT_GT(overlap.of_first, 0.99);
  EXPECT_NEAR(overlap.of_second, 0.5, 0.1);
  EXPECT_NEAR(overlap.shared_shingles, 25'000, 4'000);
}

TEST(Fingerprint, OfHostileTextIsMadeAllTheSame) {
  EXPECT_EQ(FingerprintOf("", "en").length, 0U);
  EXPECT_EQ(FingerprintOf("🦌 — !", "en").length, 0U);
  EXPECT_GT(FingerprintOf("one \xff\xfe two \xc3", "en").length, 1U);
  EXPECT_EQ(FingerprintOf(std::string(10 << 20, 'x'), "en").shingles.size(), 0U);
  EXPECT_LE(FingerprintOf(std::string(Fingerprint::kMaxRead - 1, ' ') + "я", "ru").length, 1U);
}

TEST(WordWeights, AreHigherForRarerWordsAndForgetWhatIsRemoved) {
  WordWeights weights;
  const Fingerprint bond = FingerprintOf("the issue of bonds", "en");
  const Fingerprint other = FingerprintOf("the weather", "en");
  const std::uint32_t the = FingerprintOf("the", "en").words.at(0);
  const std::uint32_t bonds = FingerprintOf("bonds", "en").words.at(0);
  weights.Add(bond);
  weights.Add(other);
  EXPECT_GT(weights.Of(bonds), weights.Of(the));
  weights.Remove(bond);
  weights.Remove(other);
  EXPECT_EQ(weights.Of(bonds), weights.Of(the));
}

}  // namespace
}  // namespace kimberlite::neardup
