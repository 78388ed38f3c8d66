#include "libs/neardup/index.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "libs/neardup/postings.h"

namespace kimberlite::neardup {
namespace {

Time At(int second) { return Time(std::chrono::seconds(second)); }

const std::string kNews =
    "АЛРОСА и Бельгия договорились о сотрудничестве\n"
    "Президент компании Сергей Иванов встретился с вице-премьером Бельгии Дидье Рейндерсом и обсудил торговлю "
    "алмазами. "
    "Бельгия остаётся крупнейшим центром торговли и покупает около половины всех камней компании. В Антверпене "
    "работает "
    "торговое представительство, подписаны долгосрочные договоры с 22 покупателями. Более 100 фирм допущены к "
    "аукционам. "
    "Стороны обсудили обмен опытом, учебные программы и участие в Кимберлийском процессе, который был основан в 2000 "
    "году.";

// Some of the words of kNews are others.
const std::string kReworded =
    "Алмазы: якутская компания договорилась с Бельгией\n"
    "Глава компании Сергей Иванов встретился с вице-премьером Бельгии Дидье Рейндерсом и обсудил продажу алмазов. "
    "Бельгия остаётся крупнейшим центром торговли и берёт около половины всех камней якутян. В Антверпене открыто "
    "торговое представительство, подписаны длительные договоры с 22 покупателями. Более 100 фирм допущены к торгам. "
    "Стороны обсудили обмен знаниями, учебные программы и участие в Кимберлийском процессе, начатом в 2000 году.";

const std::string kOther =
    "АЛРОСА нашла крупный алмаз\n"
    "Компания сообщила, что на трубке «Юбилейная» найден камень весом 97 каратов. Его отправят в Антверпен, где "
    "эксперты "
    "оценят его чистоту. Это третий по величине алмаз года: первые два весили 109 и 102 карата и были проданы в июне.";

TEST(Index, FindsARepublishedTextThatWasCut) {
  Index index;
  index.Add(1, "ru", kNews, At(1));
  index.Add(2, "ru", kOther, At(2));
  const auto matches = index.Find("ru-RU", "Другой заголовок\n" + kNews.substr(kNews.find('\n') + 1, 600));
  ASSERT_EQ(matches.size(), 1U);
  EXPECT_EQ(matches[0].id, 1);
  EXPECT_EQ(matches[0].grade, Grade::kRepublished);
  EXPECT_GE(matches[0].score, 0.5);
  EXPECT_GT(matches[0].why.of_first, 0.8);
  EXPECT_LT(matches[0].why.of_second, matches[0].why.of_first);
  EXPECT_GT(matches[0].why.shared_shingles, 20U);
}

TEST(Index, FindsARewordedTextAndCallsItSo) {
  Index index;
  index.Add(1, "ru", kNews, At(1));
  index.Add(2, "ru", kOther, At(2));
  const auto matches = index.Find("ru", kReworded);
  ASSERT_EQ(matches.size(), 1U);
  EXPECT_EQ(matches[0].grade, Grade::kReworded);
  EXPECT_LT(matches[0].score, 0.5);
  EXPECT_EQ(GradeName(matches[0].grade), "reworded");
}

TEST(Index, TakesReportsByOnePatternForDifferentOnes) {
  const auto rates = [](const char* day, const char* dollar, const char* euro, const char* yuan) {
    return std::string("Курсы валют на ") + day +
           " ноября\nЦентральный банк России установил официальные курсы иностранных валют на " + day +
           " ноября. Курс доллара США составил " + dollar + " рубля, курс евро " + euro + " рубля, курс юаня " + yuan +
           " рубля. Курсы действуют до следующего дня. Банк напоминает, что они не обязывают покупать валюту.";
  };
  Index index;
  index.Add(1, "ru", rates("23", "91,5012", "102,7345", "12,6120"), At(1));
  EXPECT_TRUE(index.Find("ru", rates("24", "91,9127", "103,0412", "12,7018")).empty());
  EXPECT_EQ(index.Find("ru", rates("23", "91,5012", "102,7345", "12,6120")).size(), 1U);
}

TEST(Index, KeepsLanguagesApart) {
  Index index;
  index.Add(1, "ru", kNews, At(1));
  EXPECT_TRUE(index.Find("sah", kNews).empty());
}

TEST(Index, LeavesOutTheAskedTextItself) {
  Index index;
  index.Add(1, "ru", kNews, At(1));
  index.Add(2, "ru", kNews, At(2));
  const auto matches = index.Find("ru", kNews, 1);
  ASSERT_EQ(matches.size(), 1U);
  EXPECT_EQ(matches[0].id, 2);
}

TEST(Index, ForgetsReplacedRemovedAndOldTexts) {
  Index index;
  index.Add(1, "ru", kNews, At(1));
  index.Add(1, "ru", kOther, At(3));
  EXPECT_EQ(index.size(), 1U);
  EXPECT_TRUE(index.Find("ru", kNews).empty());
  EXPECT_EQ(index.Find("ru", kOther).size(), 1U);
  index.Add(2, "ru", kNews, At(2));
  EXPECT_EQ(index.RemoveBefore(At(3)), 1U);
  EXPECT_TRUE(index.Find("ru", kNews).empty());
  index.Remove(1);
  index.Remove(1);
  EXPECT_EQ(index.size(), 0U);
  EXPECT_TRUE(index.Find("ru", kOther).empty());
}

TEST(Index, NeverHoldsMoreThanItMayAndDropsTheOldestFirst) {
  Index index({.max_texts = 50});
  const auto text = [](int n) {
    std::string words;
    for (int i = 0; i < 100; ++i) words += "w" + std::to_string(n * 1000 + i) + " ";
    return words;
  };
  std::size_t memory = 0;
  for (int n = 0; n < 1000; ++n) {
    index.Add(n + 1, "en", text(n), At(n));
    if (n == 100) memory = index.memory();
  }
  EXPECT_EQ(index.size(), 50U);
  EXPECT_LE(index.memory(), memory * 2);
  EXPECT_TRUE(index.Find("en", text(949)).empty());
  EXPECT_EQ(index.Find("en", text(950)).size(), 1U);
  // Comes late, and is the oldest of all.
  index.Add(5000, "en", text(5000), At(-1));
  EXPECT_TRUE(index.Find("en", text(5000)).empty());
}

TEST(Index, DoesNotRememberWhatIsTooShort) {
  Index index;
  index.Add(1, "en", "Weather for today", At(1));
  index.Add(2, "en", "", At(1));
  EXPECT_EQ(index.size(), 0U);
  EXPECT_TRUE(index.Find("en", "Weather for today").empty());
}

TEST(Index, AnswersWhileItIsChanged) {
  Index index({.max_texts = 20});
  index.Add(1, "ru", kNews, At(1'000'000));
  std::jthread writer([&](const std::stop_token& stop) {
    for (int n = 2; !stop.stop_requested(); ++n) index.Add(n, "ru", kOther + std::to_string(n), At(n % 1000));
  });
  for (int i = 0; i < 500; ++i) ASSERT_EQ(index.Find("ru", kNews).size(), 1U);
}

TEST(Postings, HoldWhatWasAddedAndNotRemoved) {
  Postings postings;
  const auto texts = [&](std::uint32_t shingle) { return postings.ForEach(shingle, [](std::uint32_t) {}); };
  // Neighbours in the table move when one goes; every second pair goes.
  for (std::uint32_t n = 0; n < 20'000; ++n) postings.Add(n / 2, n);
  for (std::uint32_t n = 0; n < 20'000; n += 2) postings.Remove(n / 2, n);
  postings.Remove(7, 12'345);  // was never there
  for (std::uint32_t shingle = 0; shingle < 10'000; ++shingle) {
    std::uint32_t text = 0;
    ASSERT_EQ(postings.ForEach(shingle, [&](std::uint32_t slot) { text = slot; }), 1U);
    ASSERT_EQ(text, shingle * 2 + 1);
  }
  for (std::uint32_t n = 0; n < 1'000; ++n) postings.Add(1 << 20, n);
  EXPECT_EQ(texts(1 << 20), Postings::kCommon);
}

}  // namespace
}  // namespace kimberlite::neardup
