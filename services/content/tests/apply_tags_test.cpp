#include "services/content/core/apply_tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;

TEST(ApplyTags, ReplacesTheAutomaticTagsBehindTheEditors) {
  Article before = SampleArticle();
  before.tags = {{7, TagOrigin::kEditor, 1}, {3, TagOrigin::kAutomatic, 0.5}};
  const auto after = ApplyTags(before, {1001, 4, {{9, 0.9}, {7, 0.8}, {9, 0.7}, {2, 1.5}}});
  ASSERT_TRUE(after) << after.error().ToString();
  EXPECT_THAT(after->tags, ElementsAre(Tag{7, TagOrigin::kEditor, 1}, Tag{9, TagOrigin::kAutomatic, 0.9},
                                       Tag{2, TagOrigin::kAutomatic, 1}));
  EXPECT_EQ(after->sequence, before.sequence + 1);
  EXPECT_EQ(after->translations, before.translations);
  EXPECT_EQ(after->tagging_sequence, 4);
}

TEST(ApplyTags, AnOlderSuggestionChangesNothing) {
  Article before = SampleArticle();
  before.tagging_sequence = 4;
  for (const std::int64_t sequence : {3, 4}) EXPECT_EQ(*ApplyTags(before, {1001, sequence, {{9, 0.9}}}), before);
}

TEST(ApplyTags, TheSameTagsMoveNoSequence) {
  Article before = SampleArticle();
  before.tags = {{9, TagOrigin::kAutomatic, 0.9}};
  const auto after = ApplyTags(before, {1001, 1, {{9, 0.9}}});
  EXPECT_EQ(after->sequence, before.sequence);
  EXPECT_EQ(after->tagging_sequence, 1);
}

TEST(ApplyTags, RefusesAndTamesWhatCannotBe) {
  EXPECT_EQ(ApplyTags(SampleArticle(), {1001, 1, {{9, 0.5}, {-1, 0.5}}}).error().violations()[0].field,
            "suggestions[1].concept_id");
  EXPECT_EQ(ApplyTags(SampleArticle(), {1001, 1, {{9, std::nan("")}}})->tags.back().confidence, 0);
  TagSuggestion many{1001, 1, {}};
  for (int i = 1; i <= 500; ++i) many.concepts.push_back({i, 0.5});
  EXPECT_EQ(ApplyTags(SampleArticle(), many)->tags.size(), 100u);
}

}  // namespace
}  // namespace kimberlite::content
