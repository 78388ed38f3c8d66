#include "services/content/core/author.h"

#include <gtest/gtest.h>

#include "services/content/core/article_event.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

Author Anna() {
  return {.author_id = "anna-petrova", .names = {{"ru", "Анна Петрова"}}, .aliases = {"А. Петрова", "анна  ПЕТРОВА"}};
}

TEST(SpellingOf, DoesNotMindCaseYoAndSpaces) {
  EXPECT_EQ(SpellingOf(" Пётр  Семёнов "), SpellingOf("ПЕТР СЕМЕНОВ"));
  EXPECT_NE(SpellingOf("Анна Петрова"), SpellingOf("Анна Петров"));
  EXPECT_EQ(SpellingsOf(Anna()), (std::vector<std::string>{"а. петрова", "анна петрова"}));
  EXPECT_FALSE(SpellingOf("\u200B").empty());
}

TEST(AuthorIdOf, IsNeverEmptyAndLeavesRoomForANumber) {
  EXPECT_EQ(AuthorIdOf("Анна Петрова", "ru"), "anna-petrova");
  EXPECT_EQ(AuthorIdOf("Дьөгүөр Ыстапаанап", "sah"), "dyoguor-ystapaanap");
  EXPECT_EQ(AuthorIdOf("李娜", "zh"), "li-na");
  EXPECT_TRUE(AuthorIdOf("🦌", "en").starts_with("author-"));
  EXPECT_LE(AuthorIdOf(std::string(120, 'a'), "en").size(), kMaxAuthorId - 6);
}

TEST(IsSameAuthor, OnlyInALanguageWithoutAName) {
  EXPECT_TRUE(IsSameAuthor(Anna(), "en"));
  EXPECT_FALSE(IsSameAuthor(Anna(), "ru"));
}

TEST(CheckAuthor, NamesFieldAndRule) {
  const Site site = SampleSite();
  EXPECT_TRUE(CheckAuthor(site, Anna()));
  const auto field = [&](auto change) {
    Author author = Anna();
    change(author);
    const auto checked = CheckAuthor(site, author);
    return checked || checked.error().violations().empty() ? "" : checked.error().violations()[0].field;
  };
  EXPECT_EQ(field([](Author& a) { a.author_id = "Анна"; }), "author.author_id");
  EXPECT_EQ(field([](Author& a) { a.names.clear(); }), "author.names");
  EXPECT_EQ(field([](Author& a) { a.names["ru_RU"] = "x"; }), "author.names[\"ru_RU\"]");
  EXPECT_EQ(field([](Author& a) { a.names["ru"] = "\u202Ex"; }), "author.names[\"ru\"]");
  EXPECT_EQ(field([](Author& a) { a.aliases.assign(51, "x"); }), "author.aliases");
  EXPECT_EQ(field([](Author& a) { a.aliases[1] = ""; }), "author.aliases[1]");
  EXPECT_EQ(field([](Author& a) { a.descriptions["ru"] = std::string(1001, 'x'); }), "author.descriptions[\"ru\"]");
  EXPECT_EQ(field([](Author& a) { a.url = "http://example.org"; }), "author.url");
}

TEST(ListPlaces, HoldAuthorsOnceAndTheMonthInTheSitesTimeZone) {
  // 16:00 in UTC of the last day of November is December in Yakutsk.
  NewArticle story = SampleStory();
  story.translations[1].authors = {"Ann", "A. Petrova"};
  Article article = *CreateArticle(SampleSite(), story, *ParseRfc3339("2026-11-30T16:00:00Z"));
  article.Find("en")->author_ids = {"ann", "ann"};
  int authors = 0;
  int months = 0;
  for (const ListPlace& place : ListPlaces(article)) {
    authors += place.list_key == "en/author/ann" ? 1 : 0;
    months += place.list_key == "sah/archive/2026-12" ? 1 : 0;
  }
  EXPECT_EQ(authors, 1);
  EXPECT_EQ(months, 1);
}

TEST(CheckListKey, KnowsAuthorsAndMonths) {
  const Site site = SampleSite();
  for (const char* key : {"en/author/ann", "sah/archive/2026-12"}) EXPECT_TRUE(CheckListKey(site, key)) << key;
  for (const char* key :
       {"en/author/", "en/author/A b", "en/archive/2026-13", "en/archive/2026-1", "en/archive/2026-001"})
    EXPECT_FALSE(CheckListKey(site, key)) << key;
}

}  // namespace
}  // namespace kimberlite::content
