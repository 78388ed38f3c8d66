#include "libs/i18n/slug.h"

#include <gtest/gtest.h>

#include "libs/base/text.h"

namespace kimberlite::i18n {
namespace {

TEST(Slug, KeepsLatinWordsAndNumbers) {
  EXPECT_EQ(Slugify("  ALROSA sells 100 diamonds — in Belgium! ", "en"), "alrosa-sells-100-diamonds-in-belgium");
  EXPECT_EQ(Slugify("Don’t stop: it's 50% off", "en"), "dont-stop-its-50-off");
}

TEST(Slug, WritesLatinLettersWithoutMarks) {
  EXPECT_EQ(Slugify("Ça va, Łódź? Œuvre ﬁne", "fr"), "ca-va-lodz-oeuvre-fine");
  EXPECT_EQ(Slugify("Größe über Straße", "de"), "groesse-ueber-strasse");
  EXPECT_EQ(Slugify("Göteborg", "sv"), "goteborg");
  EXPECT_EQ(Slugify("İstanbul ışığı", "tr"), "istanbul-isigi");
}

TEST(Slug, TransliteratesRussian) {
  EXPECT_EQ(Slugify("Объезд: щука, ёлка и чай", "ru"), "obyezd-shchuka-yolka-i-chay");
  EXPECT_EQ(Slugify("День соловьи Якутск", "ru"), "den-solovyi-yakutsk");
}

TEST(Slug, TransliteratesSakhaWithItsOwnLetters) {
  EXPECT_EQ(Slugify("Дьокуускай: Өлүөнэ өрүс", "sah"), "dyokuuskay-oluone-orus");
  EXPECT_EQ(Slugify("ыһыах оҥоһуу саҕа Ньурба", "sah"), "yhyakh-ongohuu-sagha-nyurba");
}

TEST(Slug, ReadsTheSameLettersByTheTextsLanguage) {
  EXPECT_EQ(Slugify("день", "ru"), "den");
  EXPECT_EQ(Slugify("Гора", "uk"), "hora");
  EXPECT_EQ(Slugify("Гора", "ru"), "gora");
  EXPECT_EQ(Slugify("щит", "bg-BG"), "shtit");
}

TEST(Slug, TransliteratesOtherScripts) {
  EXPECT_EQ(Slugify("北京新闻2026年", "zh"), "bei-jing-xin-wen-2026-nian");
  EXPECT_EQ(Slugify("صحيفة الاقتصاد ١٢", "ar"), "shyfa-alaqtsad-12");
  EXPECT_EQ(Slugify("Ελληνικά νέα", "el"), "ellenika-nea");
  EXPECT_EQ(Slugify("한국어", "ko"), "hangug-eo");
}

TEST(Slug, IsCutBetweenWords) {
  EXPECT_EQ(Slugify("one two three", "en", 9), "one-two");
  EXPECT_EQ(Slugify("one two three", "en", 7), "one-two");
  EXPECT_EQ(Slugify("one two three", "en", 6), "one");
  EXPECT_EQ(Slugify("Дьокуускайдааҕылар", "sah", 8), "dyokuusk");
}

TEST(Slug, IsEmptyOnlyWithoutLettersAndDigits) {
  EXPECT_EQ(Slugify("", "en"), "");
  EXPECT_EQ(Slugify("🦌 — ! …", "ru"), "");
  EXPECT_EQ(Slugify("ᎠᏣ", "chr"), "");  // ICU has no rules for Cherokee
}

TEST(Slug, IsAlwaysWellFormed) {
  for (const char* text : {"\xff\xfe broken \xc3", "-a--b-", "日本語のニュース", "हिन्दी समाचार", "ภาษาไทย", "ქართული",
                           "١٢٣ ٪", "a\u0301\u0302\u0303", "𝕜𝕚𝕞𝕓", "№5 ½ ²", "ʻokina ʿayn", "\u202Eabc"}) {
    for (const char* language : {"en", "ru", "sah", "ar", "zh"}) {
      const std::string slug = Slugify(text, language);
      EXPECT_TRUE(IsSlug(slug, 80)) << text << " → " << slug;
    }
  }
}

TEST(Slug, ReadsOnlyTheBeginningOfAHugeText) {
  EXPECT_TRUE(IsSlug(Slugify(std::string(8 << 20, 'a'), "en"), 80));
  std::string cyrillic;
  while (cyrillic.size() < (1 << 20)) cyrillic += "слово ";
  EXPECT_TRUE(IsSlug(Slugify(cyrillic, "ru", 79), 79));
}

}  // namespace
}  // namespace kimberlite::i18n
