#include "libs/site/site_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimberlite::site {
namespace {

content::v1::Site ThreeLanguages() {
  content::v1::Site site;
  site.set_public_url("https://news.example");
  for (const char* code : {"en", "ru", "sah"}) site.add_languages()->set_language_code(code);
  site.mutable_languages(2)->add_fallback_language_codes("ru");
  auto* economy = site.add_sections();
  economy->set_section_id("economy");
  (*economy->mutable_labels())["en"] = "Economy";
  (*economy->mutable_labels())["ru"] = "Экономика";
  (*economy->mutable_slugs())["ru"] = "ekonomika";
  return site;
}

TEST(SitePaths, LabelsFallBackAlongTheLanguagesOwnChain) {
  const auto site = ThreeLanguages();
  EXPECT_THAT(SitePaths(site, "sah").chain(), ::testing::ElementsAre("sah", "ru", "en"));
  EXPECT_EQ(SitePaths(site, "sah").SectionLabel("economy"), "Экономика");
  EXPECT_EQ(SitePaths(site, "en").SectionLabel("economy"), "Economy");
  EXPECT_EQ(SitePaths(site, "en").SectionLabel("gone"), "gone");
}

TEST(SitePaths, SlugsAreTheLanguagesOwnAndNeverBorrowed) {
  const auto site = ThreeLanguages();
  EXPECT_EQ(SitePaths(site, "ru").SectionPath("economy"), "/ru/ekonomika/");
  EXPECT_EQ(SitePaths(site, "sah").SectionPath("economy"), "/sah/economy/");
  EXPECT_NE(SitePaths(site, "ru").FindSectionBySlug("ekonomika"), nullptr);
  EXPECT_EQ(SitePaths(site, "ru").FindSectionBySlug("economy"), nullptr);
}

TEST(SitePaths, AnArticleWithoutSlugIsItsNumber) {
  const auto site = ThreeLanguages();
  EXPECT_EQ(SitePaths(site, "en").ArticlePath("economy", 1001, "ice-road"), "/en/economy/1001-ice-road");
  EXPECT_EQ(SitePaths(site, "en").ArticlePath("economy", 1001, ""), "/en/economy/1001");
  EXPECT_EQ(SitePaths(site, "en").Absolute("/en/"), "https://news.example/en/");
}

TEST(SitePaths, MonthsAndAuthorsHavePlacesOfTheirOwn) {
  const auto site = ThreeLanguages();
  EXPECT_EQ(SitePaths(site, "sah").MonthPath("2026-11"), "/sah/archive/2026/11/");
  EXPECT_EQ(SitePaths(site, "sah").AuthorPath("aina-egorova"), "/sah/author/aina-egorova/");
}

// The form that content gives to ArticleCard.sort_key.
TEST(ListSortKey, GrowsWithTimeThenId) {
  EXPECT_EQ(ListSortKey(Time(std::chrono::microseconds(0x5f)), 0x1a), "000000000000005f00000000001a");
  EXPECT_EQ(ListSortKey(Time(std::chrono::microseconds(-1)), 1), "0000000000000000000000000001");
}

TEST(SitePaths, ATagIsKnownByTheNearestLanguagesLabel) {
  const auto site = ThreeLanguages();
  tagging::v1::Concept tag;
  tag.set_key("diamond");
  EXPECT_EQ(SitePaths(site, "sah").TagPath(tag), "/sah/tag/diamond/");
  for (const auto& [code, text, slug] : {std::tuple{"en", "diamond", "diamond"}, {"ru", "алмаз", "almaz"}}) {
    auto* label = tag.add_labels();
    label->set_language_code(code);
    label->set_text(text);
    label->set_slug(slug);
  }
  EXPECT_EQ(SitePaths(site, "sah").TagLabel(tag), "алмаз");
  EXPECT_EQ(SitePaths(site, "sah").TagPath(tag), "/sah/tag/almaz/");
}

}  // namespace
}  // namespace kimberlite::site
