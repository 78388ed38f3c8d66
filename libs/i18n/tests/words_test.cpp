#include "libs/i18n/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "libs/base/text.h"

namespace kimberlite::i18n {
namespace {

using testing::ElementsAre;

std::vector<std::string> Words(std::string_view text, std::string_view language) {
  std::vector<std::string> words;
  for (const Word word : SegmentWords(text, language)) words.emplace_back(word.In(text));
  return words;
}

TEST(Words, LeaveOutPunctuationAndSpaces) {
  EXPECT_THAT(Words("ALROSA’s 3.5 carats — sold, \"again\"!", "en"),
              ElementsAre("ALROSA’s", "3.5", "carats", "sold", "again"));
  EXPECT_THAT(Words("«Алмазы» — это 1 000 карат.", "ru"), ElementsAre("Алмазы", "это", "1", "000", "карат"));
  EXPECT_THAT(Words("Дьокуускай: Өлүөнэ, ыһыах…", "sah"), ElementsAre("Дьокуускай", "Өлүөнэ", "ыһыах"));
  EXPECT_THAT(Words("صحيفة، الاقتصاد؟", "ar"), ElementsAre("صحيفة", "الاقتصاد"));
}

TEST(Words, AreFoundWhereNoSpacesAreWritten) { EXPECT_THAT(Words("北京新闻。", "zh"), ElementsAre("北京", "新闻")); }

TEST(Words, AreSpansOfBytes) {
  EXPECT_THAT(SegmentWords("я и ты", "ru"), ElementsAre(Word{0, 2}, Word{3, 5}, Word{6, 10}));
  EXPECT_TRUE(SegmentWords("", "ru").empty());
  EXPECT_TRUE(SegmentWords({}, "xx").empty());
}

TEST(Words, SurviveMalformedUtf8) { EXPECT_THAT(Words("a\xff b", "en"), testing::Contains("b")); }

TEST(Fold, MakesSpellingsThatMixOne) {
  EXPECT_EQ(Fold("ALROSA"), "alrosa");
  EXPECT_EQ(Fold("Ёлка"), Fold("елка"));
  EXPECT_EQ(Fold("е\u0308лка"), Fold("елка"));
  EXPECT_EQ(Fold("за\u0301мок"), "замок");
  EXPECT_EQ(Fold("STRASSE"), Fold("straße"));
  EXPECT_EQ(Fold("Ｋｉｍ"), "kim");
  EXPECT_EQ(Fold("کتاب\u200Cها"), "کتابها");
  EXPECT_EQ(Fold("مُحَمَّـد"), "محمد");
  EXPECT_EQ(Fold("أحمد"), Fold("احمد"));
  EXPECT_EQ(Fold("ӨЛҮӨНЭ ҺҔҤ"), "өлүөнэ һҕҥ");
}

TEST(Fold, KeepsLettersThatDiffer) {
  EXPECT_NE(Fold("й"), Fold("и"));
  EXPECT_NE(Fold("ө"), Fold("о"));
  EXPECT_EQ(Fold("É"), "é");
}

TEST(Fold, IsAFixedPoint) {
  for (const char* text : {"Ёе\u0301\u0308", "ا\u064E\u0653", "İSTANBUL", "ǅ ﬀ ½", "\u1E9B\u0323", "А\u0300\u0306",
                           "е\u0301\u0308\u0301", "\xff\xfe"}) {
    EXPECT_EQ(Fold(Fold(text)), Fold(text)) << text;
  }
}

TEST(Order, OfSakhaIsItsAlphabet) {
  const std::vector<std::string> alphabet = {"а", "б", "в", "г", "ҕ",  "д", "дь", "е", "ё", "ж", "з", "и", "й", "к",
                                             "л", "м", "н", "ҥ", "нь", "о", "ө",  "п", "р", "с", "һ", "т", "у", "ү",
                                             "ф", "х", "ц", "ч", "ш",  "щ", "ъ",  "ы", "ь", "э", "ю", "я"};
  for (std::size_t i = 1; i < alphabet.size(); ++i) {
    EXPECT_LT(Compare(alphabet[i - 1], alphabet[i], "sah"), 0) << alphabet[i - 1] << " " << alphabet[i];
  }
}

TEST(Order, OfSakhaTreatsDyAsALetter) {
  std::vector<std::string> words = {"дьыл", "Дьокуускай", "дом", "дэриэбинэ", "ҕ", "дьон"};
  std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) { return Compare(a, b, "sah") < 0; });
  EXPECT_THAT(words, ElementsAre("ҕ", "дом", "дэриэбинэ", "Дьокуускай", "дьон", "дьыл"));
}

TEST(Order, FollowsTheLanguage) {
  EXPECT_LT(Compare("Ёлка", "Жук", "ru"), 0);
  EXPECT_GT(Compare("Öl", "Zoo", "sv"), 0);
  EXPECT_LT(Compare("Öl", "Zoo", "de"), 0);
  EXPECT_LT(Compare("apple", "Banana", "en"), 0);
}

TEST(Order, TellsApartAllButEqualStrings) {
  EXPECT_EQ(Compare("a", "a", "en"), 0);
  EXPECT_NE(Compare("a\u200B", "a", "en"), 0);
}

TEST(Excerpt, LeavesTextThatFits) { EXPECT_EQ(Excerpt("  Ыһыах саҕаланна.  ", "sah", 17), "Ыһыах саҕаланна."); }

TEST(Excerpt, EndsWithASentenceWhenThatKeepsMost) {
  EXPECT_EQ(Excerpt("The ice road opened. Trucks are waiting at the river.", "en", 30), "The ice road opened.");
  EXPECT_EQ(Excerpt("Зимник открыт. Машины ждут у реки.", "ru", 20), "Зимник открыт.");
  EXPECT_EQ(Excerpt("冬季道路已经开放。卡车在河边等待。", "zh", 12), "冬季道路已经开放。");
}

TEST(Excerpt, DoesNotTakeAnAbbreviationForASentence) {
  EXPECT_EQ(Excerpt("Делегация прибыла в г. Якутск и посетила музей.", "ru", 28), "Делегация прибыла в г…");
}

TEST(Excerpt, IsOtherwiseCutBetweenWords) {
  EXPECT_EQ(Excerpt("Trucks are waiting, at the river", "en", 21), "Trucks are waiting…");
  EXPECT_EQ(Excerpt("افتتح الطريق الجليدي أمس", "ar", 16), "افتتح الطريق…");
}

TEST(Excerpt, NeverExceedsItsRoomOrBreaksACharacter) {
  for (const char* text :
       {"Дьокуускай куоракка ыһыах. Онтон бүттэ? Суох!", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦",
        "冬季道路已经开放卡车在河边等待", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", ".... .... .... .... ....",
        "ab\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}) {
    for (std::size_t max = 0; max < 30; ++max) {
      const std::string excerpt = Excerpt(text, "sah", max);
      EXPECT_LE(CountCodePoints(excerpt), max) << text;
      EXPECT_TRUE(IsValidUtf8(excerpt) || !IsValidUtf8(text)) << text;
      EXPECT_FALSE(excerpt.starts_with("\u200D")) << text;
    }
  }
}

}  // namespace
}  // namespace kimberlite::i18n
