#include <gtest/gtest.h>

#include <random>

#include "services/tagging/learn/label_matcher.h"
#include "services/tagging/learn/linear.h"
#include "services/tagging/learn/neighbours.h"
#include "services/tagging/learn/tagger.h"
#include "services/tagging/learn/trees.h"

namespace kimberlite::tagging::learn {
namespace {

std::vector<std::pair<std::uint32_t, MatchKind>> Found(LabelMatcher& matcher, const std::string& text) {
  const Article article{.language = "ru", .content = text};
  std::vector<std::pair<std::uint32_t, MatchKind>> found;
  for (const LabelHit& hit : matcher.Find(Document::Of(article))) found.emplace_back(hit.tag, hit.kind);
  return found;
}

TEST(LabelMatcher, FindsInflectedFormsAndSurnames) {
  LabelMatcher matcher("ru");
  matcher.Add(0, "дональд трамп");
  matcher.Add(1, "россия");
  matcher.Add(2, "кубок мира");
  matcher.Add(3, "кубок мира по хоккею");
  using Hits = std::vector<std::pair<std::uint32_t, MatchKind>>;
  EXPECT_EQ(Found(matcher, "Россия"), (Hits{{1, MatchKind::kExact}}));
  EXPECT_EQ(Found(matcher, "в России"), (Hits{{1, MatchKind::kInflected}}));
  EXPECT_EQ(Found(matcher, "Дональда Трампа ждут"), (Hits{{0, MatchKind::kInflected}}));
  EXPECT_EQ(Found(matcher, "Трампа ждут"), (Hits{{0, MatchKind::kPart}}));
  EXPECT_EQ(Found(matcher, "на Кубке мира по хоккею"), (Hits{{3, MatchKind::kInflected}}));
  EXPECT_EQ(Found(matcher, "приехал Дональд. Трамп молчал"), (Hits{{0, MatchKind::kPart}}));
  EXPECT_TRUE(Found(matcher, "российский").empty());
  // Short words are told by their neighbours only.
  matcher.Add(4, "белый дом");
  matcher.Add(5, "дом");
  EXPECT_EQ(Found(matcher, "в Белом доме"), (Hits{{4, MatchKind::kInflected}}));
  EXPECT_TRUE(Found(matcher, "о доме").empty());
}

TEST(LabelMatcher, HeedsCapitalsAsTold) {
  LabelMatcher matcher("ru");
  matcher.Add(0, "Мирный", Capitals::kNeeded);
  matcher.Add(1, "Центр", Capitals::kExpected);
  matcher.Add(2, "Алмаз", Capitals::kIgnored);
  using Hits = std::vector<std::pair<std::uint32_t, MatchKind>>;
  EXPECT_EQ(Found(matcher, "в Мирном Центре Алмаз"),
            (Hits{{0, MatchKind::kInflected}, {1, MatchKind::kInflected}, {2, MatchKind::kExact}}));
  EXPECT_EQ(Found(matcher, "мирный центр алмаз"), (Hits{{1, MatchKind::kPart}, {2, MatchKind::kExact}}));
}

TEST(Trees, LearnAProbabilityThatIsNotLinear) {
  std::mt19937 random(1);
  std::vector<float> rows;
  std::vector<std::uint8_t> yes;
  for (int i = 0; i < 4000; ++i) {
    const float a = static_cast<float>(random() % 1000) / 1000;
    const float b = static_cast<float>(random() % 1000) / 1000;
    rows.insert(rows.end(), {a, b});
    yes.push_back((a > 0.5F) != (b > 0.5F) ? random() % 10 != 0 : random() % 10 == 0);  // one in ten is wrong
  }
  Trees trees;
  trees.Train(rows, 2, yes, {});
  EXPECT_NEAR(trees.ProbabilityOf(std::vector<float>{0.8F, 0.2F}), 0.9, 0.06);
  EXPECT_NEAR(trees.ProbabilityOf(std::vector<float>{0.8F, 0.8F}), 0.1, 0.06);
  trees.Train({}, 2, {}, {});
  EXPECT_TRUE(trees.empty());
}

TEST(LinearModel, TellsTagsApartAndLeavesOutRareOnes) {
  std::vector<Vector> vectors;
  std::vector<std::vector<std::uint32_t>> tags;
  for (std::uint32_t i = 0; i < 40; ++i) {
    vectors.push_back({{{i % 2, 0.8F}, {2 + i % 5, 0.6F}}});
    tags.push_back({i % 2});
  }
  tags[0].push_back(2);
  std::vector<const Vector*> pointers;
  for (const Vector& vector : vectors) pointers.push_back(&vector);
  LinearModel model;
  model.Train(pointers, tags, 3, 7, [](std::size_t, std::uint32_t) { return 0.0F; });
  const std::vector<float> scores = model.ScoresOf({{{0, 0.8F}, {3, 0.6F}, {99, 1}}});
  EXPECT_GT(scores[0], 0.5F);
  EXPECT_LT(scores[1], -0.5F);
  EXPECT_EQ(scores[2], LinearModel::kUnknown);
}

TEST(Neighbours, AreTheMostLikeOfThoseAllowed) {
  Neighbours neighbours(3);
  neighbours.Add({{{0, 1.0F}}});
  neighbours.Add({{{0, 0.6F}, {1, 0.8F}}});
  neighbours.Add({{{2, 1.0F}}});
  const auto found = neighbours.Of({{{0, 1.0F}}}, 5, {true, true, true});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].article, 0U);
  EXPECT_EQ(neighbours.Of({{{0, 1.0F}}}, 5, {false, true, true}).front().article, 1U);
}

TEST(NameKey, IsTheSameForTypedVariants) {
  EXPECT_EQ(NameKey("New Year,"), NameKey("new year"));
  EXPECT_EQ(NameKey(" Ёлка. "), NameKey("елка"));
  EXPECT_EQ(NameKey("—"), "");
}

std::vector<Article> Archive(int count) {
  const std::vector<std::pair<std::string, std::string>> subjects = {
      {"хоккей", "шайба клюшка вратарь период буллит лёд"},
      {"экономика", "рубль курс бюджет инфляция доход налог"},
      {"погода", "снег мороз ветер метель прогноз градус"}};
  std::mt19937 random(7);
  std::vector<Article> articles;
  for (int i = 0; i < count; ++i) {
    const auto& [tag, words] = subjects[static_cast<std::size_t>(i) % 3];
    Article article{.id = std::to_string(i), .language = "ru", .title = "Новости дня", .tags = {tag + ","}};
    for (int k = 0; k < 12; ++k) {
      const std::size_t at = random() % 6;
      std::size_t begin = 0;
      for (std::size_t w = 0; w < at; ++w) begin = words.find(' ', begin) + 1;
      article.content += words.substr(begin, words.find(' ', begin) - begin) + " ";
    }
    articles.push_back(std::move(article));
  }
  return articles;
}

TEST(Tagger, LearnsWhatNoLabelSays) {
  Tagger tagger({}, Archive(120));
  const auto suggestions =
      tagger.Suggest({.language = "ru", .title = "Итоги", .content = "Вратарь поймал шайбу, буллит не забит"});
  ASSERT_FALSE(suggestions.empty());
  EXPECT_EQ(tagger.tag(suggestions[0].tag).label, "хоккей,");
  EXPECT_TRUE(suggestions[0].chosen);
  EXPECT_GT(suggestions[0].score, 0.6);
  EXPECT_FALSE(suggestions[0].like.empty());
  for (std::size_t i = 1; i < suggestions.size(); ++i) EXPECT_FALSE(suggestions[i].chosen);
}

TEST(Tagger, GivesTheSameAnswersTwice) {
  const Article asked{.language = "ru", .content = "снег и мороз, рубль и курс"};
  Tagger first({}, Archive(90));
  Tagger second({}, Archive(90));
  const auto a = first.Suggest(asked);
  const auto b = second.Suggest(asked);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].tag, b[i].tag);
    EXPECT_EQ(a[i].score, b[i].score);
  }
}

TEST(Tagger, AnswersTextsOfAnyKind) {
  Tagger tagger({}, Archive(60));
  EXPECT_NO_FATAL_FAILURE(tagger.Suggest({.language = "ru"}));
  EXPECT_NO_FATAL_FAILURE(tagger.Suggest({.language = "und", .content = std::string(10U << 20, 'x')}));
  EXPECT_NO_FATAL_FAILURE(tagger.Suggest({.language = "ru", .content = "\xff\xfe шайба \xd0"}));
}

}  // namespace
}  // namespace kimberlite::tagging::learn
