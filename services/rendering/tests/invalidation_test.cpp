#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/rendering/adapters/bus_invalidator.h"
#include "services/rendering/core/receipt.h"

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

TEST(Invalidation, ASealedPageTouchesItsNeighbour) {
  auto event = Event(State({}), State({{"en", "05"}}));
  auto* bound = event.add_sealed();
  bound->set_list_key("en");
  bound->set_sort_key("04");
  EXPECT_THAT(InvalidationOf(event).touched,
              ElementsAre(Touched{"article:7", ""}, Touched{"list:en", "05"}, Touched{"pages:en", "04"}));
}

TEST(Invalidation, AnAuthorTouchesWhatNamesThem) {
  content::v1::AuthorChanged event;
  event.set_author_id("anna-petrova");
  event.set_sequence(2);
  EXPECT_THAT(InvalidationOf(event).touched, ElementsAre(Touched{"author:anna-petrova", ""}));
}

TEST(Invalidation, FactsTellVersionsAndPlacesByLanguage) {
  auto event = Event(State({}), State({{"sah", "05"}, {"sah/section/economy", "05"}}));
  for (const char* code : {"sah", "en"}) {
    auto* translation = event.mutable_after()->add_translations();
    translation->set_language_code(code);
    translation->set_version(2);
    translation->set_state(content::v1::TRANSLATION_STATE_PUBLISHED);
  }
  const auto facts = ReadFacts(FactsOf(event));
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].language_code, "sah");
  EXPECT_EQ(facts[0].version, 2);
  EXPECT_TRUE(facts[0].is_public);
  EXPECT_NE(facts[0].places, facts[1].places);
}

}  // namespace
}  // namespace kimberlite::rendering
