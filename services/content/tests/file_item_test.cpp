#include "services/content/core/file_item.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/base/text.h"
#include "services/content/core/life.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

Item SampleItem() {
  return {.source_id = "wire",
          .external_id = "guid-1",
          .sequence = 1,
          .credit_name = "Yakutia24",
          .credit_url = "https://yakutia24.example",
          .link = "https://wire.example/1",
          .language_code = "en",
          .headline = "Diamonds found",
          .summary = "A summary",
          .body_html = "<p>Body</p>",
          .authors = {"Ann"},
          .categories = {"World", "экономика"},
          .default_section_id = "society",
          .publish_at_once = true};
}

Article Filed(const Item& item) {
  return *ArticleFromItem(SampleSite(), item, "en", "economy", "yakutia24", At2026(0));
}

TEST(LanguageOf, TakesTheCodeOrItsParent) {
  Item item = SampleItem();
  const auto language = [&](const std::string& code) {
    item.language_code = code;
    return LanguageOf(SampleSite(), item);
  };
  EXPECT_EQ(language("ru"), "ru");
  EXPECT_EQ(language("EN-us"), "en");
  EXPECT_EQ(language("ar-Arab-SA"), "ar");
  EXPECT_EQ(language("fr-CA"), std::nullopt);
  EXPECT_EQ(language(""), std::nullopt);
}

TEST(SectionOf, MatchesLabelsInAnyLanguageThenTheDefaultThenTheFirst) {
  Item item = SampleItem();
  EXPECT_EQ(SectionOf(SampleSite(), item), "economy");
  item.categories = {" ECONOMY "};
  EXPECT_EQ(SectionOf(SampleSite(), item), "economy");
  item.categories = {"ОБЩЕСТВО", "Economy"};
  EXPECT_EQ(SectionOf(SampleSite(), item), "society");
  item.categories = {"World"};
  item.default_section_id = "economy";
  EXPECT_EQ(SectionOf(SampleSite(), item), "economy");
  item.default_section_id = "sport";
  EXPECT_EQ(SectionOf(SampleSite(), item), "society");
}

TEST(CreditOf, MakesASourceUnlessThereIsOne) {
  Item item = SampleItem();
  EXPECT_EQ(CreditOf(SampleSite(), item, "en"), (Source{"yakutia24", "Yakutia24", "https://yakutia24.example"}));
  item.credit_name = "RIVER post";
  EXPECT_EQ(CreditOf(SampleSite(), item, "en"), (Source{"river-post", "River Post", "https://river.example"}))
      << "the newsroom's own wording stays";
  item.credit_name = "Якутия 24";
  item.credit_url = "not a url";
  EXPECT_EQ(CreditOf(SampleSite(), item, "ru"), (Source{"yakutiya-24", "Якутия 24", ""}));
  item.credit_name = "🦌";
  const auto nameless = CreditOf(SampleSite(), item, "en");
  ASSERT_TRUE(nameless);
  EXPECT_TRUE(CheckSource(*nameless)) << nameless->source_id;
  item.credit_name = " ";
  EXPECT_FALSE(CreditOf(SampleSite(), item, "en"));
}

TEST(FitLine, MakesOneLineOfForeignText) {
  EXPECT_EQ(FitLine(" a\r\n\tb\xC2\x85 c\u2028d ", "en", 300), "a b c d");
  EXPECT_EQ(FitLine("\u202Bخبر\u202C \u2066x\u2069", "ar", 300), "خبر x");
  EXPECT_EQ(FitLine("Өлүөнэ → уу", "sah", 300), "Өлүөнэ → уу");
  std::string words;
  for (int i = 0; i < 200; ++i) words += "слово ";
  EXPECT_TRUE(CheckPlainText(FitLine(words, "ru", 300), "headline", 1, 300));
}

TEST(ArticleFromItem, BecomesAStoryInOneLanguage) {
  const Article article = Filed(SampleItem());
  EXPECT_EQ(article.sequence, 1);
  EXPECT_EQ(article.section_id, "economy");
  EXPECT_EQ(article.source_id, "yakutia24");
  EXPECT_EQ(article.source_url, "https://wire.example/1");
  EXPECT_EQ(article.original_language_code, "en");
  const Translation& english = *article.Find("en");
  EXPECT_EQ(english.state, TranslationState::kPublished);
  EXPECT_EQ(english.slug, "diamonds-found");
  EXPECT_TRUE(english.from_item);
  EXPECT_EQ(english.published_time, At2026(0));

  Item item = SampleItem();
  item.publish_at_once = false;
  EXPECT_EQ(Filed(item).Find("en")->state, TranslationState::kReview);
}

TEST(ArticleFromItem, NeedsAHeadlineAndABodyThatFits) {
  Item item = SampleItem();
  item.headline = "\n \u202E";
  EXPECT_EQ(ArticleFromItem(SampleSite(), item, "en", "economy", "", At2026(0)).error().violations()[0].field,
            "headline");
  item = SampleItem();
  item.body_html.assign((1 << 20) + 1, 'x');
  EXPECT_EQ(ArticleFromItem(SampleSite(), item, "en", "economy", "", At2026(0)).error().violations()[0].field,
            "body_html");
}

TEST(ReviseFromItem, ReplacesTheWordsAndKeepsTheUrl) {
  Item newer = SampleItem();
  newer.headline = "More diamonds found";
  const auto revision = ReviseFromItem(Filed(SampleItem()), newer, "en", At2026(60));
  ASSERT_TRUE(revision) << revision.error().ToString();
  EXPECT_EQ(revision->filing, Filing::kRevised);
  EXPECT_EQ(revision->article.sequence, 2);
  const Translation& english = *revision->article.Find("en");
  EXPECT_EQ(english.headline, "More diamonds found");
  EXPECT_EQ(english.slug, "diamonds-found");
  EXPECT_EQ(english.version, 2);
  EXPECT_TRUE(english.from_item);
  EXPECT_EQ(english.state, TranslationState::kPublished);
}

TEST(ReviseFromItem, LeavesWhatEditorsTookOverOrWithdrew) {
  Item newer = SampleItem();
  newer.headline = "More diamonds found";
  const Article filed = Filed(SampleItem());

  const Article edited =
      *UpdateArticle(SampleSite(), filed,
                     {.translations = {{.language_code = "en", .expected_version = 1, .summary = "Ours"}}}, At2026(1));
  EXPECT_EQ(ReviseFromItem(edited, newer, "en", At2026(60))->filing, Filing::kEdited);
  EXPECT_EQ(ReviseFromItem(edited, newer, "en", At2026(60))->article, edited);
  const Article withdrawn = *WithdrawArticle(SampleSite(), filed, {}, "");
  EXPECT_EQ(ReviseFromItem(withdrawn, newer, "en", At2026(60))->filing, Filing::kWithdrawn);
  EXPECT_EQ(ReviseFromItem(filed, SampleItem(), "en", At2026(60))->filing, Filing::kUnchanged);
  EXPECT_EQ(ReviseFromItem(filed, newer, "ru", At2026(60))->filing, Filing::kForeignLanguage);
}

TEST(ReviseFromItem, TakesNoMoreThan16MiBOfBodiesTogether) {
  Article full = Filed(SampleItem());
  full.translations.push_back({.language_code = "ru", .body_html = std::string((16 << 20) - 100, 'x')});
  Item newer = SampleItem();
  newer.body_html = "<p>" + std::string(100, 'x') + "</p>";
  const auto revision = ReviseFromItem(full, newer, "en", At2026(60));
  ASSERT_FALSE(revision);
  EXPECT_EQ(revision.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(revision.error().violations().at(0).field, "body_html");
}

TEST(ReviseFromItem, AnEditorWhoOnlyPublishedHasNotTakenOver) {
  Item item = SampleItem();
  item.publish_at_once = false;
  const Article published = *PublishArticle(SampleSite(), Filed(item), {}, At2026(1));
  item.headline = "More diamonds found";
  EXPECT_EQ(ReviseFromItem(published, item, "en", At2026(60))->filing, Filing::kRevised);
}

}  // namespace
}  // namespace kimberlite::content
