#include "services/content/core/article_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/content/core/life.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Keys(const std::vector<ListPlace>& places) {
  std::vector<std::string> keys;
  for (const ListPlace& place : places) keys.push_back(place.list_key);
  return keys;
}

TEST(SortKey, ComparesAsBytesLikeTimeThenId) {
  EXPECT_EQ(SortKey(Time(std::chrono::microseconds(255)), 1001), "00000000000000ff0000000003e9");
  EXPECT_LT(SortKey(At2026(1), 999'999'999), SortKey(At2026(2), 1));
  EXPECT_LT(SortKey(At2026(1), 9), SortKey(At2026(1), 10));
  EXPECT_EQ(SortKey(Time(std::chrono::microseconds(-1)), 1).size(), 28u);
}

TEST(ListPlaces, NamesEveryListOfPublishedTranslations) {
  EXPECT_THAT(Keys(ListPlaces(SampleArticle())),
              ElementsAre("en", "en/archive/2026-11", "en/concept/3", "en/concept/7", "en/section/economy",
                          "en/source/river-post", "sah", "sah/archive/2026-11", "sah/concept/3", "sah/concept/7",
                          "sah/section/economy", "sah/source/river-post"));
  const Article withdrawn = *WithdrawArticle(SampleSite(), SampleArticle(), {"en"}, "");
  EXPECT_THAT(Keys(ListPlaces(withdrawn)), ElementsAre("sah", "sah/archive/2026-11", "sah/concept/3", "sah/concept/7",
                                                       "sah/section/economy", "sah/source/river-post"));
  NewArticle story = SampleStory();
  story.publish = false;
  EXPECT_THAT(ListPlaces(*CreateArticle(SampleSite(), story, At2026(0))), IsEmpty());
}

TEST(ListPlaces, AnOwnStoryIsInNoSourcesList) {
  Article article = SampleArticle();
  article.source_id.clear();
  article.tags.clear();
  EXPECT_THAT(Keys(ListPlaces(article)), ElementsAre("en", "en/archive/2026-11", "en/section/economy", "sah",
                                                     "sah/archive/2026-11", "sah/section/economy"));
}

TEST(DiffLists, TouchesOnlyWhatMoved) {
  const Article before = SampleArticle();
  const Article after = *UpdateArticle(
      SampleSite(), before, {.section_id = "society", .concept_ids = std::vector<std::int64_t>{3, 8}}, At2026(9));
  const ListDiff diff = DiffLists(ListPlaces(before), ListPlaces(after));
  EXPECT_THAT(Keys(diff.removed),
              ElementsAre("en/concept/7", "en/section/economy", "sah/concept/7", "sah/section/economy"));
  EXPECT_THAT(Keys(diff.added),
              ElementsAre("en/concept/8", "en/section/society", "sah/concept/8", "sah/section/society"));
}

TEST(Changes, NamesWhatMoved) {
  const Site site = SampleSite();
  const Article created = SampleArticle();
  EXPECT_THAT(Changes(nullptr, created), ElementsAre(Change::kCreated, Change::kPublished));
  NewArticle draft = SampleStory();
  draft.publish = false;
  EXPECT_THAT(Changes(nullptr, *CreateArticle(site, draft, At2026(0))), ElementsAre(Change::kCreated));

  const Article text = *UpdateArticle(
      site, created, {.translations = {{.language_code = "en", .expected_version = 1, .summary = "new"}}}, At2026(1));
  EXPECT_THAT(Changes(&created, text), ElementsAre(Change::kText));
  const Article added =
      *UpdateArticle(site, created, {.translations = {{.language_code = "ru", .headline = "Лёд"}}}, At2026(1));
  EXPECT_THAT(Changes(&created, added), ElementsAre(Change::kText));
  EXPECT_THAT(Changes(&added, *PublishArticle(site, added, {}, At2026(2))), ElementsAre(Change::kPublished));
  EXPECT_THAT(Changes(&created, *WithdrawArticle(site, created, {}, "")), ElementsAre(Change::kWithdrawn));
  const Article moved =
      *UpdateArticle(site, created, {.section_id = "society", .concept_ids = std::vector<std::int64_t>{}}, At2026(1));
  EXPECT_THAT(Changes(&created, moved), ElementsAre(Change::kTags, Change::kPlace));
}

TEST(CheckListKey, KnowsHomeSectionsConceptsAndSources) {
  const Site site = SampleSite();
  for (const char* key : {"en", "sah/section/economy", "ru/concept/12", "ar/source/river-post"})
    EXPECT_TRUE(CheckListKey(site, key)) << key;
  for (const char* key : {"", "fr", "en/", "en/section", "en/section/", "en/concept/", "en/concept/x", "en/concept/007",
                          "en/concept/0", "en/concept/1/2", "en/page/1"}) {
    const auto checked = CheckListKey(site, key);
    ASSERT_FALSE(checked) << key;
    EXPECT_EQ(checked.error().code(), Code::kInvalidArgument) << key;
    EXPECT_EQ(checked.error().violations()[0].field, "list_key");
  }
  for (const char* key : {"en/section/sport", "en/source/nobody"})
    EXPECT_EQ(CheckListKey(site, key).error().code(), Code::kNotFound) << key;
}

}  // namespace
}  // namespace kimberlite::content
