#include "services/content/core/life.h"

#include <gtest/gtest.h>

#include "services/content/core/apply_tags.h"
#include "services/content/core/article_event.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using enum TranslationState;

Article Draft() {
  NewArticle story = SampleStory();
  story.publish = false;
  Article article = *CreateArticle(SampleSite(), story, At2026(0));
  article.article_id = 1001;
  return article;
}

std::string Field(const Result<Article>& outcome) {
  if (outcome) return "none";
  return outcome.error().violations().empty() ? "" : outcome.error().violations()[0].field;
}

TEST(ReviewArticle, HandsDraftsOverAndBack) {
  const Site site = SampleSite();
  const Article review = *ReviewArticle(site, Draft(), {}, false, "");
  EXPECT_EQ(review.Find("en")->state, kReview);
  EXPECT_EQ(review.Find("en")->version, 2);
  EXPECT_EQ(review.sequence, 2);
  EXPECT_EQ(*ReviewArticle(site, review, {}, false, ""), review) << "repeated";
  EXPECT_EQ(ReviewArticle(site, review, {"en"}, true, "")->Find("en")->state, kDraft);
  EXPECT_EQ(Field(ReviewArticle(site, SampleArticle(), {"en"}, false, "")), "language_codes[0]");
  EXPECT_EQ(ReviewArticle(site, SampleArticle(), {}, false, "").error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(PublishArticle(site, review, {}, At2026(9))->Find("sah")->state, kPublished);
}

TEST(ScheduleArticle, FiresWhatIsDueOnce) {
  const Site site = SampleSite();
  const Article set = *ScheduleArticle(site, Draft(), {"en"}, At2026(60), At2026(1), "t");
  EXPECT_EQ(set.Find("en")->scheduled_time, At2026(60));
  EXPECT_EQ(set.Find("sah")->state, kDraft);
  EXPECT_TRUE(ListPlaces(set).empty());
  int held = 0;
  EXPECT_EQ(*FireSchedule(site, set, At2026(59), held), set) << "not yet";
  const Article fired = *FireSchedule(site, set, At2026(60), held);
  EXPECT_EQ(fired.Find("en")->state, kPublished);
  EXPECT_EQ(fired.Find("en")->published_time, At2026(60));
  EXPECT_EQ(fired.Find("en")->scheduled_time, std::nullopt);
  EXPECT_EQ(*FireSchedule(site, fired, At2026(61), held), fired) << "repeated";
  EXPECT_EQ(held, 0);
}

TEST(ScheduleArticle, CanBeMovedAndTakenBack) {
  const Site site = SampleSite();
  const Article set = *ScheduleArticle(site, Draft(), {}, At2026(60), At2026(1), "t");
  EXPECT_EQ(ScheduleArticle(site, set, {}, At2026(90), At2026(1), "t")->Find("sah")->scheduled_time, At2026(90));
  const Article back = *ScheduleArticle(site, set, {}, std::nullopt, At2026(1), "t");
  EXPECT_EQ(back.Find("sah")->state, kDraft);
  EXPECT_EQ(back.Find("sah")->scheduled_time, std::nullopt);
  EXPECT_EQ(Field(ScheduleArticle(site, Draft(), {"en"}, std::nullopt, At2026(1), "t")), "language_codes[0]");
  EXPECT_EQ(Field(ScheduleArticle(site, SampleArticle(), {"en"}, At2026(60), At2026(1), "t")), "language_codes[0]");
  EXPECT_EQ(Field(ScheduleArticle(site, Draft(), {}, At2026(0) + std::chrono::days(4000), At2026(1), "t")), "t");
  EXPECT_EQ(PublishArticle(site, set, {"en"}, At2026(2))->Find("en")->scheduled_time, std::nullopt)
      << "at once instead";
  EXPECT_EQ(WithdrawArticle(site, set, {}, "")->Find("en")->state, kDraft) << "nothing may come after a withdrawal";
}

TEST(EmbargoArticle, HoldsEverythingBackUntilItEnds) {
  const Site site = SampleSite();
  const Article early = *ScheduleArticle(site, Draft(), {"en"}, At2026(60), At2026(1), "t");
  const Article held_back = *EmbargoArticle(site, early, At2026(100), false, At2026(2), "t");
  EXPECT_EQ(held_back.Find("en")->scheduled_time, At2026(100)) << "put off";
  EXPECT_EQ(held_back.Find("sah")->state, kDraft);
  EXPECT_EQ(Field(PublishArticle(site, held_back, {"sah"}, At2026(99))), "language_codes[0]");
  EXPECT_EQ(Field(ScheduleArticle(site, held_back, {"sah"}, At2026(99), At2026(2), "t")), "t");
  EXPECT_EQ(Field(ScheduleArticle(site, held_back, {"sah"}, At2026(100), At2026(2), "t")), "none");
  EXPECT_EQ(Field(PublishArticle(site, held_back, {"sah"}, At2026(100))), "none") << "it has ended";
  int held = 0;
  EXPECT_EQ(FireSchedule(site, held_back, At2026(100), held)->Find("en")->state, kPublished);

  const Article all = *EmbargoArticle(site, Draft(), At2026(100), true, At2026(2), "t");
  EXPECT_EQ(all.Find("sah")->scheduled_time, At2026(100));
  const Article lifted = *EmbargoArticle(site, all, std::nullopt, false, At2026(3), "t");
  EXPECT_EQ(lifted.embargo_time, std::nullopt);
  EXPECT_EQ(lifted.Find("sah")->state, kScheduled);
  EXPECT_EQ(Field(EmbargoArticle(site, SampleArticle(), At2026(100), false, At2026(2), "t")), "t") << "it is public";
}

TEST(CorrectArticle, MendsAndNotesInAllLanguagesAtOnce) {
  const Site site = SampleSite();
  const Article before = SampleArticle();
  const Article after =
      *CorrectArticle(site, before,
                      {{.change = {.language_code = "en", .expected_version = 1, .headline = "Ice breaks late"},
                        .note = "Late, not early."},
                       {.change = {.language_code = "sah", .expected_version = 1}, .note = "Ыйын көннөрдүбүт."}},
                      At2026(5));
  EXPECT_EQ(after.Find("en")->headline, "Ice breaks late");
  EXPECT_EQ(after.Find("en")->version, 2);
  EXPECT_EQ(after.Find("sah")->version, 2) << "the note alone";
  EXPECT_EQ(after.Find("sah")->corrections, (std::vector<Correction>{{At2026(5), "Ыйын көннөрдүбүт."}}));
  EXPECT_EQ(Changes(&before, after), (std::vector<Change>{Change::kText, Change::kCorrected}));
  EXPECT_EQ(Field(CorrectArticle(site, before, {{.change = {.language_code = "en"}, .note = "x"}}, At2026(5))),
            "corrections[0].change.expected_version");
  EXPECT_EQ(
      Field(CorrectArticle(site, before, {{.change = {.language_code = "en", .expected_version = 1}}}, At2026(5))),
      "corrections[0].note");
  EXPECT_EQ(Field(CorrectArticle(site, Draft(),
                                 {{.change = {.language_code = "en", .expected_version = 1}, .note = "x"}}, At2026(5))),
            "corrections[0].change.language_code");
  EXPECT_EQ(Field(CorrectArticle(site, before, {}, At2026(5))), "corrections");
}

TEST(RestoreArticle, BringsBackTheOldPlaces) {
  const Site site = SampleSite();
  const Article before = SampleArticle();
  const Article gone = *WithdrawArticle(site, before, {}, "wrong");
  const Article back = *RestoreArticle(site, gone, {}, "right after all", At2026(50));
  EXPECT_EQ(ListPlaces(back), ListPlaces(before));
  EXPECT_EQ(back.Find("en")->version, 3);
  EXPECT_EQ(Field(RestoreArticle(site, before, {"en"}, "", At2026(50))), "language_codes[0]");
  EXPECT_EQ(Field(PublishArticle(site, gone, {"en"}, At2026(50))), "language_codes[0]");
}

TEST(Rights, EndPublicationAndWithdrawWhereTheSourceSaysSo) {
  Site site = SampleSite();
  site.sources[0].rights_expire_time = At2026(100);
  const Article set = *ScheduleArticle(site, Draft(), {"en"}, At2026(99), At2026(1), "t");
  EXPECT_EQ(Field(ScheduleArticle(site, Draft(), {"en"}, At2026(100), At2026(1), "t")), "t");
  EXPECT_EQ(Field(PublishArticle(site, Draft(), {"en"}, At2026(100))), "language_codes[0]");
  EXPECT_EQ(Field(PublishArticle(site, Draft(), {"en"}, At2026(99))), "none");
  EXPECT_EQ(Field(CreateArticle(site, SampleStory(), At2026(100))), "publish");
  int held = 0;
  EXPECT_EQ(FireSchedule(site, set, At2026(100), held)->Find("en")->state, kReview) << "too late";
  EXPECT_EQ(held, 1);
  const Article expired = ExpireRights(SampleArticle());
  EXPECT_TRUE(ListPlaces(expired).empty());
  EXPECT_EQ(Field(RestoreArticle(site, expired, {}, "", At2026(101))), "language_codes");
  EXPECT_EQ(ExpireRights(expired), expired);
}

TEST(UpdateArticle, StrikesTagsAndRemovesPictures) {
  const Site site = SampleSite();
  Article article = SampleArticle();
  article.picture = Picture{.media_id = "x.png"};
  article = *ApplyTags(article, {.article_id = 1001, .sequence = 1, .concepts = {{9, 0.5}, {11, 0.4}}});
  const Article struck = *UpdateArticle(
      site, article, {.remove_picture = true, .struck_concepts = std::vector<std::int64_t>{9}}, At2026(1));
  EXPECT_FALSE(struck.picture);
  EXPECT_EQ(struck.tags.size(), 3U);
  const Article again = *ApplyTags(struck, {.article_id = 1001, .sequence = 2, .concepts = {{9, 0.9}, {11, 0.4}}});
  EXPECT_EQ(again.tags, struck.tags) << "it stays struck";
  EXPECT_EQ(Field(UpdateArticle(site, article, {.struck_concepts = std::vector<std::int64_t>{7}}, At2026(1))),
            "struck_concept_ids[0]");
  const Article set = *UpdateArticle(site, struck, {.concept_ids = std::vector<std::int64_t>{9}}, At2026(1));
  EXPECT_TRUE(set.struck_concepts.empty()) << "the editor has changed their mind";
}

}  // namespace
}  // namespace kimberlite::content
