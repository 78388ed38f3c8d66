#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/rendering/adapters/bus_invalidator.h"

namespace kimberlite::rendering {
namespace {

using ::testing::ElementsAre;

content::v1::ArticleState State(std::initializer_list<std::pair<const char*, const char*>> lists) {
  content::v1::ArticleState state;
  for (const auto& [key, sort] : lists) {
    auto* place = state.add_lists();
    place->set_list_key(key);
    place->set_sort_key(sort);
  }
  return state;
}

content::v1::ArticleChanged Event(content::v1::ArticleState before, content::v1::ArticleState after) {
  content::v1::ArticleChanged event;
  event.set_article_id(7);
  event.set_sequence(3);
  *event.mutable_before() = std::move(before);
  *event.mutable_after() = std::move(after);
  return event;
}

TEST(Invalidation, ANewHeadlineTouchesTheArticleAndNoList) {
  const auto invalidation = InvalidationOf(Event(State({{"en", "05"}}), State({{"en", "05"}})));
  EXPECT_THAT(invalidation.touched, ElementsAre(Touched{"article:7", ""}));
}

TEST(Invalidation, APublicationTouchesTheListsThatItEnters) {
  const auto invalidation = InvalidationOf(Event(State({}), State({{"en", "05"}, {"en/section/economy", "05"}})));
  EXPECT_THAT(invalidation.touched, ElementsAre(Touched{"article:7", ""}, Touched{"list:en", "05"},
                                                Touched{"list:en/section/economy", "05"}));
}

TEST(Invalidation, AMoveTouchesTheListLeftAndTheListEntered) {
  const auto invalidation = InvalidationOf(
      Event(State({{"en", "05"}, {"en/section/economy", "05"}}), State({{"en", "05"}, {"en/section/politics", "05"}})));
  EXPECT_THAT(invalidation.touched, ElementsAre(Touched{"article:7", ""}, Touched{"list:en/section/economy", "05"},
                                                Touched{"list:en/section/politics", "05"}));
}

TEST(Invalidation, ANewTimeTouchesBothPlaces) {
  const auto invalidation = InvalidationOf(Event(State({{"en", "05"}}), State({{"en", "09"}})));
  EXPECT_THAT(invalidation.touched,
              ElementsAre(Touched{"article:7", ""}, Touched{"list:en", "05"}, Touched{"list:en", "09"}));
}

TEST(Invalidation, AfterAGapEveryPlaceOfBeforeAndAfterIsTouched) {
  const auto invalidation = InvalidationOf(Event(State({{"en", "05"}}), State({{"en", "05"}, {"ru", "05"}})));
  EXPECT_THAT(invalidation.touched_after_gap,
              ElementsAre(Touched{"article:7", ""}, Touched{"list:en", "05"}, Touched{"list:ru", "05"}));
}

}  // namespace
}  // namespace kimberlite::rendering
