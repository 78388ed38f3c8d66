#include "services/content/core/editing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "services/content/core/life.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST(CreateArticle, PublishesAllTranslationsAtVersionOne) {
  const auto article = CreateArticle(SampleSite(), SampleStory(), At2026(5));
  ASSERT_TRUE(article) << article.error().ToString();
  EXPECT_EQ(article->sequence, 1);
  EXPECT_EQ(article->original_language_code, "sah");
  ASSERT_EQ(article->translations.size(), 2u);
  for (const Translation& translation : article->translations) {
    EXPECT_EQ(translation.state, TranslationState::kPublished);
    EXPECT_EQ(translation.version, 1);
    EXPECT_EQ(translation.published_time, At2026(5));
    EXPECT_FALSE(translation.from_item);
  }
  EXPECT_THAT(article->tags, ElementsAre(Tag{7, TagOrigin::kEditor, 1}, Tag{3, TagOrigin::kEditor, 1}));
}

TEST(CreateArticle, PutsTheOriginalFirstAndTheOthersInTheSitesOrder) {
  NewArticle story = SampleStory();
  story.translations.push_back({.language_code = "ar", .headline = "الجليد ينكسر مبكرا"});
  story.translations.push_back({.language_code = "ru", .headline = "Ледоход начался рано"});
  const auto article = CreateArticle(SampleSite(), story, At2026(0));
  ASSERT_TRUE(article) << article.error().ToString();
  std::vector<std::string> order;
  for (const Translation& translation : article->translations) order.push_back(translation.language_code);
  EXPECT_THAT(order, ElementsAre("sah", "en", "ru", "ar"));
}

TEST(CreateArticle, MakesSlugsThatAreNeverEmpty) {
  NewArticle story = SampleStory();
  story.translations[0].headline = "🦌 — !";
  story.translations[1].slug = "given-by-hand";
  const auto article = CreateArticle(SampleSite(), story, At2026(0));
  ASSERT_TRUE(article) << article.error().ToString();
  EXPECT_EQ(article->Find("sah")->slug, "article");
  EXPECT_EQ(article->Find("en")->slug, "given-by-hand");
  EXPECT_EQ(SlugOf("Ice breaks early", "en"), "ice-breaks-early");
}

TEST(CreateArticle, TakesNoMoreThan16MiBOfBodiesTogether) {
  Site site = SampleSite();
  NewArticle story = SampleStory();
  story.translations.clear();
  for (char letter = 'a'; letter <= 'q'; ++letter) {
    const std::string code = std::string("q") + letter;
    site.languages.push_back({code, code, {}});
    story.translations.push_back(
        {.language_code = code, .headline = "Ice breaks early", .body_html = std::string(1 << 20, 'x')});
  }
  const auto refused = CreateArticle(site, story, At2026(0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(refused.error().violations().at(0).field, "translations[16].body_html");
  EXPECT_THAT(refused.error().violations()[0].rule, HasSubstr("16 MiB"));

  story.translations[16].body_html.clear();
  const auto article = CreateArticle(site, story, At2026(0));
  ASSERT_TRUE(article) << article.error().ToString();
  ArticleUpdate update{.translations = {{.language_code = "qq", .expected_version = 1, .body_html = "<p>Ice.</p>"}}};
  const auto grown = UpdateArticle(site, *article, update, At2026(1));
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().violations().at(0).field, "translations[0].body_html");
  // Only the whole counts.
  update.translations.push_back({.language_code = "qa", .expected_version = 1, .body_html = "<p>Ice.</p>"});
  EXPECT_TRUE(UpdateArticle(site, *article, update, At2026(1)));
  // And the words of an article that is full may change.
  update.translations = {{.language_code = "qq", .expected_version = 1, .headline = "Ice breaks late"}};
  EXPECT_TRUE(UpdateArticle(site, *article, update, At2026(1)));
}

// A request with one thing wrong, and what is said of it.
struct BadCreate {
  std::function<void(NewArticle&)> spoil;
  Code code;
  std::string field;
  std::string rule;
};

TEST(CreateArticle, NamesTheFieldAndTheRuleOfBadInput) {
  const std::vector<BadCreate> cases = {
      {[](NewArticle& a) { a.translations[0].headline = ""; }, Code::kInvalidArgument, "translations[0].headline",
       "empty"},
      {[](NewArticle& a) { a.translations[1].headline = " \u3000 "; }, Code::kInvalidArgument,
       "translations[1].headline", "empty"},
      {[](NewArticle& a) { a.translations[1].headline = "a\nb"; }, Code::kInvalidArgument, "translations[1].headline",
       "control"},
      {[](NewArticle& a) { a.translations[1].headline = "a\u202Eb"; }, Code::kInvalidArgument,
       "translations[1].headline", "bidirectional"},
      {[](NewArticle& a) { a.translations[1].headline = Repeated("ө", 301); }, Code::kResourceExhausted,
       "translations[1].headline", "300"},
      {[](NewArticle& a) { a.translations[1].summary = Repeated("x", 1001); }, Code::kResourceExhausted,
       "translations[1].summary", "1000"},
      {[](NewArticle& a) { a.translations[1].slug = "Not a slug"; }, Code::kInvalidArgument, "translations[1].slug",
       "a-z"},
      {[](NewArticle& a) { a.translations[0].body_html.assign((1 << 20) + 1, 'x'); }, Code::kResourceExhausted,
       "translations[0].body_html", "1 MiB"},
      {[](NewArticle& a) { a.translations[0].language_code = "ru_RU"; }, Code::kInvalidArgument,
       "translations[0].language_code", "ru-RU"},
      {[](NewArticle& a) { a.translations[0].language_code = "x"; }, Code::kInvalidArgument,
       "translations[0].language_code", ""},
      {[](NewArticle& a) { a.translations[0].language_code = "fr"; }, Code::kInvalidArgument,
       "translations[0].language_code", "en, ru, sah, ar"},
      {[](NewArticle& a) { a.translations[1].language_code = "sah"; }, Code::kInvalidArgument,
       "translations[1].language_code", "twice"},
      {[](NewArticle& a) { a.translations.clear(); }, Code::kInvalidArgument, "translations", "at least one"},
      {[](NewArticle& a) { a.translations[0].authors = {"Ann", ""}; }, Code::kInvalidArgument,
       "translations[0].authors[1]", "empty"},
      {[](NewArticle& a) { a.translations[0].authors.assign(21, "Ann"); }, Code::kResourceExhausted,
       "translations[0].authors", "20"},
      {[](NewArticle& a) { a.section_id = "sport"; }, Code::kNotFound, "section_id", "\"sport\" does not exist"},
      {[](NewArticle& a) { a.section_id = ""; }, Code::kInvalidArgument, "section_id", "empty"},
      {[](NewArticle& a) { a.source_id = "nobody"; }, Code::kNotFound, "source_id", "\"nobody\" does not exist"},
      {[](NewArticle& a) { a.source_url = "javascript:alert(1)"; }, Code::kInvalidArgument, "source_url", "http"},
      {[](NewArticle& a) { a.concept_ids = {1, 2, 1}; }, Code::kInvalidArgument, "concept_ids[2]", "twice"},
      {[](NewArticle& a) { a.concept_ids = {0}; }, Code::kInvalidArgument, "concept_ids[0]", "greater than 0"},
      {[](NewArticle& a) { a.concept_ids.assign(10'000, 1); }, Code::kResourceExhausted, "concept_ids", "100"},
      {[](NewArticle& a) { a.picture = Picture{}; }, Code::kInvalidArgument, "picture.media_id", "empty"},
      {[](NewArticle& a) { a.picture = Picture{"x.png", {{"fr", "Une rivière"}}}; }, Code::kInvalidArgument,
       "picture.alt[\"fr\"]", "en, ru"},
  };
  for (const BadCreate& bad : cases) {
    NewArticle story = SampleStory();
    bad.spoil(story);
    const auto article = CreateArticle(SampleSite(), story, At2026(0));
    ASSERT_FALSE(article) << bad.field << " " << bad.rule;
    EXPECT_EQ(article.error().code(), bad.code) << article.error().ToString();
    ASSERT_EQ(article.error().violations().size(), 1u);
    EXPECT_EQ(article.error().violations()[0].field, bad.field);
    EXPECT_THAT(article.error().violations()[0].rule, HasSubstr(bad.rule));
  }
}

TEST(UpdateArticle, ChangesOnlyWhatIsGivenAndKeepsTheSlug) {
  const Article before = SampleArticle();
  const auto after = UpdateArticle(
      SampleSite(), before,
      {.translations = {{.language_code = "en", .expected_version = 1, .headline = "Ice breaks late"}}}, At2026(60));
  ASSERT_TRUE(after) << after.error().ToString();
  EXPECT_EQ(after->sequence, 2);
  const Translation& english = *after->Find("en");
  EXPECT_EQ(english.version, 2);
  EXPECT_EQ(english.headline, "Ice breaks late");
  EXPECT_EQ(english.slug, "ice-breaks-early");
  EXPECT_EQ(english.summary, "On the Lena");
  EXPECT_EQ(english.updated_time, At2026(60));
  EXPECT_EQ(english.published_time, At2026(0));
  EXPECT_EQ(*after->Find("sah"), *before.Find("sah"));
}

TEST(UpdateArticle, AnEmptySlugIsMadeAnew) {
  const auto after = UpdateArticle(
      SampleSite(), SampleArticle(),
      {.translations = {{.language_code = "en", .expected_version = 1, .headline = "Ice breaks late", .slug = ""}}},
      At2026(60));
  ASSERT_TRUE(after) << after.error().ToString();
  EXPECT_EQ(after->Find("en")->slug, "ice-breaks-late");
}

TEST(UpdateArticle, AnotherVersionIsAborted) {
  for (const int version : {0, 2}) {
    const auto after = UpdateArticle(
        SampleSite(), SampleArticle(),
        {.translations = {{.language_code = "en", .expected_version = version, .headline = "x"}}}, At2026(60));
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code(), Code::kAborted);
    EXPECT_EQ(after.error().violations()[0].field, "translations[0].expected_version");
    EXPECT_THAT(after.error().message(), HasSubstr("at version 1, not " + std::to_string(version)));
  }
}

TEST(UpdateArticle, AddsATranslationAsADraft) {
  const auto after = UpdateArticle(SampleSite(), SampleArticle(),
                                   {.translations = {{.language_code = "ru", .headline = "Ледоход"}}}, At2026(60));
  ASSERT_TRUE(after) << after.error().ToString();
  ASSERT_NE(after->Find("ru"), nullptr);
  EXPECT_EQ(after->Find("ru")->state, TranslationState::kDraft);
  EXPECT_EQ(after->Find("ru")->version, 1);
  EXPECT_FALSE(after->Find("ru")->published_time);

  const auto expected_one = UpdateArticle(
      SampleSite(), SampleArticle(),
      {.translations = {{.language_code = "ru", .expected_version = 1, .headline = "Ледоход"}}}, At2026(60));
  EXPECT_EQ(expected_one.error().code(), Code::kAborted);
  const auto no_headline =
      UpdateArticle(SampleSite(), SampleArticle(), {.translations = {{.language_code = "ru"}}}, At2026(60));
  EXPECT_EQ(no_headline.error().violations()[0].field, "translations[0].headline");
}

TEST(UpdateArticle, SayingTheSameChangesNothing) {
  const Article before = SampleArticle();
  const auto after =
      UpdateArticle(SampleSite(), before,
                    {.translations = {{.language_code = "en", .expected_version = 1, .headline = "Ice breaks early"}},
                     .section_id = "economy"},
                    At2026(60));
  ASSERT_TRUE(after) << after.error().ToString();
  EXPECT_EQ(*after, before);
}

TEST(UpdateArticle, ReplacesTheEditorsTagsAndKeepsTheAutomaticOnes) {
  Article before = SampleArticle();
  before.tags = {{7, TagOrigin::kEditor, 1}, {3, TagOrigin::kAutomatic, 0.8}, {9, TagOrigin::kAutomatic, 0.7}};
  const auto after = UpdateArticle(SampleSite(), before, {.concept_ids = std::vector<std::int64_t>{9, 4}}, At2026(60));
  ASSERT_TRUE(after) << after.error().ToString();
  EXPECT_THAT(after->tags, ElementsAre(Tag{9, TagOrigin::kEditor, 1}, Tag{4, TagOrigin::kEditor, 1},
                                       Tag{3, TagOrigin::kAutomatic, 0.8}));
  EXPECT_EQ(after->sequence, 2);
  EXPECT_EQ(after->Find("en")->version, 1);
}

TEST(PublishArticle, PublishesDraftsAndLeavesWhatIsPublic) {
  NewArticle story = SampleStory();
  story.publish = false;
  Article draft = *CreateArticle(SampleSite(), story, At2026(0));
  const auto one = PublishArticle(SampleSite(), draft, {"en"}, At2026(10));
  ASSERT_TRUE(one) << one.error().ToString();
  EXPECT_EQ(one->Find("en")->state, TranslationState::kPublished);
  EXPECT_EQ(one->Find("en")->version, 2);
  EXPECT_EQ(one->Find("en")->published_time, At2026(10));
  EXPECT_EQ(one->Find("en")->updated_time, At2026(0)) << "no word has changed";
  EXPECT_EQ(one->Find("sah")->state, TranslationState::kDraft);

  const auto all = PublishArticle(SampleSite(), *one, {}, At2026(20));
  ASSERT_TRUE(all) << all.error().ToString();
  EXPECT_EQ(all->Find("en")->published_time, At2026(10));
  EXPECT_EQ(all->Find("sah")->published_time, At2026(20));
  EXPECT_EQ(all->sequence, 3);
  EXPECT_EQ(*PublishArticle(SampleSite(), *all, {}, At2026(30)), *all);
}

TEST(PublishArticle, NamesWhatCannotBePublished) {
  const Article article = SampleArticle();
  EXPECT_EQ(PublishArticle(SampleSite(), article, {"en", "ru"}, At2026(1)).error().code(), Code::kNotFound);
  EXPECT_EQ(PublishArticle(SampleSite(), article, {"en", "ru"}, At2026(1)).error().violations()[0].field,
            "language_codes[1]");
  EXPECT_EQ(PublishArticle(SampleSite(), article, {"ru_RU"}, At2026(1)).error().code(), Code::kInvalidArgument);
  const Article withdrawn = *WithdrawArticle(SampleSite(), article, {}, "");
  EXPECT_EQ(PublishArticle(SampleSite(), withdrawn, {"en"}, At2026(1)).error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(PublishArticle(SampleSite(), withdrawn, {}, At2026(1)).error().code(), Code::kFailedPrecondition);

  NewArticle story = SampleStory();
  story.publish = false;
  Site smaller = SampleSite();
  std::erase_if(smaller.languages, [](const SiteLanguage& language) { return language.language_code == "sah"; });
  const auto dropped = PublishArticle(smaller, *CreateArticle(SampleSite(), story, At2026(0)), {}, At2026(1));
  ASSERT_FALSE(dropped);
  EXPECT_EQ(dropped.error().code(), Code::kFailedPrecondition);
}

TEST(WithdrawArticle, TakesPublicTranslationsBackForGood) {
  const Article article = SampleArticle();
  const auto one = WithdrawArticle(SampleSite(), article, {"en"}, "wrong river");
  ASSERT_TRUE(one) << one.error().ToString();
  EXPECT_EQ(one->Find("en")->state, TranslationState::kWithdrawn);
  EXPECT_EQ(one->Find("en")->version, 2);
  EXPECT_EQ(one->Find("sah")->state, TranslationState::kPublished);
  EXPECT_EQ(*WithdrawArticle(SampleSite(), *one, {"en"}, ""), *one);

  const auto change =
      UpdateArticle(SampleSite(), *one,
                    {.translations = {{.language_code = "en", .expected_version = 2, .headline = "x"}}}, At2026(9));
  EXPECT_EQ(change.error().code(), Code::kFailedPrecondition);
}

TEST(WithdrawArticle, ADraftIsNotPublic) {
  NewArticle story = SampleStory();
  story.publish = false;
  const Article draft = *CreateArticle(SampleSite(), story, At2026(0));
  EXPECT_EQ(WithdrawArticle(SampleSite(), draft, {"en"}, "").error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(WithdrawArticle(SampleSite(), draft, {}, "").error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(WithdrawArticle(SampleSite(), SampleArticle(), {}, std::string(1001, 'x')).error().code(),
            Code::kResourceExhausted);
}

}  // namespace
}  // namespace kimberlite::content
