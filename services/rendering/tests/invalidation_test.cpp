#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

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

content::v1::ArticleState WithWords(std::initializer_list<std::tuple<const char*, int, const char*>> translations) {
  content::v1::ArticleState state;
  state.set_section_id("economy");
  state.add_concept_ids(3);
  for (const auto& [language, version, slug] : translations) {
    auto* translation = state.add_translations();
    translation->set_language_code(language);
    translation->set_version(version);
    translation->set_slug(slug);
    translation->set_state(content::v1::TRANSLATION_STATE_PUBLISHED);
  }
  return state;
}

TEST(Invalidation, OnlyTheWordsThatMovedAreTouched) {
  const auto event =
      Event(WithWords({{"en", 1, "ice"}, {"sah", 1, "muus"}}), WithWords({{"en", 2, "ice"}, {"sah", 1, "muus"}}));
  EXPECT_THAT(InvalidationOf(event).touched, ElementsAre(Touched{"article:7", ""}, Touched{"article:7/en", ""}));
  EXPECT_THAT(InvalidationOf(event).touched_after_gap,
              ElementsAre(Touched{"article:7", ""}, Touched{"article:7/en", ""}, Touched{"article:7/links", ""},
                          Touched{"article:7/sah", ""}, Touched{"article:7/tags", ""}));
}

TEST(Invalidation, AnotherTranslationTouchesTheLinksOfItsSiblings) {
  const auto event = Event(WithWords({{"en", 1, "ice"}}), WithWords({{"en", 1, "ice"}, {"sah", 1, "muus"}}));
  EXPECT_THAT(InvalidationOf(event).touched,
              ElementsAre(Touched{"article:7", ""}, Touched{"article:7/links", ""}, Touched{"article:7/sah", ""}));
}

TEST(Invalidation, TagsAloneTouchNoWords) {
  auto event = Event(WithWords({{"en", 1, "ice"}}), WithWords({{"en", 1, "ice"}}));
  event.mutable_after()->add_concept_ids(9);
  event.add_changes(content::v1::ARTICLE_CHANGE_TAGS);
  EXPECT_THAT(InvalidationOf(event).touched, ElementsAre(Touched{"article:7", ""}, Touched{"article:7/tags", ""}));
}

TEST(Invalidation, ASectionIsShownWithEveryTranslation) {
  auto event =
      Event(WithWords({{"en", 1, "ice"}, {"sah", 1, "muus"}}), WithWords({{"en", 1, "ice"}, {"sah", 1, "muus"}}));
  event.mutable_after()->set_section_id("culture");
  EXPECT_THAT(InvalidationOf(event).touched,
              ElementsAre(Touched{"article:7", ""}, Touched{"article:7/en", ""}, Touched{"article:7/sah", ""}));
}

TEST(Invalidation, WhatIsNotUnderstoodTouchesEverything) {
  for (const int change : {2, 7, 9, 99}) {
    auto event = Event(WithWords({{"en", 1, "ice"}}), WithWords({{"en", 1, "ice"}}));
    event.mutable_changes()->Add(change);
    const auto touched = InvalidationOf(event).touched;
    EXPECT_NE(std::ranges::find(touched, Touched{"article:7/en", ""}), touched.end()) << change;
    EXPECT_EQ(std::ranges::find(touched, Touched{"article:7/links", ""}) != touched.end(), change == 99) << change;
  }
}

TEST(Invalidation, MonthsComeAndGo) {
  const auto event = Event(State({{"en/archive/2026-10", "05"}}), State({{"en/archive/2026-11", "05"}}));
  const auto touched = InvalidationOf(event).touched;
  EXPECT_NE(std::ranges::find(touched, Touched{"months-left:en", ""}), touched.end());
  EXPECT_NE(std::ranges::find(touched, Touched{"months:en", "2026-11"}), touched.end());
  EXPECT_NE(std::ranges::find(touched, Touched{"months-old:en", "2026-11"}), touched.end());
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
              ElementsAre(Touched{"article:7", ""}, Touched{"article:7/links", ""}, Touched{"article:7/tags", ""},
                          Touched{"list:en", "05"}, Touched{"list:ru", "05"}));
}

TEST(Invalidation, ASourceTouchesWhatNamesItAndSettingsTouchEverything) {
  content::v1::SiteChanged event;
  event.set_sequence(4);
  EXPECT_THAT(InvalidationOf(event).touched, ElementsAre(Touched{"site", ""}));
  event.add_source_ids("river-post");
  EXPECT_THAT(InvalidationOf(event).touched, ElementsAre(Touched{"source:river-post", ""}, Touched{"sources", ""}));
  EXPECT_THAT(InvalidationOf(event).touched_after_gap, ElementsAre(Touched{"site", ""}));
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
