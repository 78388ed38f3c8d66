#include "libs/i18n/language.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimberlite::i18n {
namespace {

using testing::HasSubstr;

std::string RuleFor(std::string_view code) {
  const auto result = CheckLanguageCode(code, "language_code");
  if (result) return "";
  EXPECT_EQ(result.error().code(), Code::kInvalidArgument);
  EXPECT_EQ(result.error().violations().at(0).field, "language_code");
  return result.error().violations().at(0).rule;
}

TEST(LanguageCode, AcceptsCanonicalCodes) {
  for (const char* code :
       {"en", "ru", "sah", "fr", "ar", "zh", "zh-Hant", "pt-BR", "sr-Latn", "evn", "es-419", "de-CH-1996"}) {
    EXPECT_EQ(RuleFor(code), "") << code;
  }
}

TEST(LanguageCode, SaysHowToWriteItInstead) {
  EXPECT_EQ(RuleFor("EN"), "must be written \"en\"");
  EXPECT_EQ(RuleFor("ru_RU"), "must be written \"ru-RU\"");
  EXPECT_EQ(RuleFor("rus"), "must be written \"ru\"");
  EXPECT_EQ(RuleFor("zh-hant"), "must be written \"zh-Hant\"");
  EXPECT_EQ(RuleFor("iw"), "must be written \"he\"");
}

TEST(LanguageCode, RefusesWhatNamesNoLanguage) {
  for (const char* code : {"", "x", "e", "russian", "en-", "-en", "en--US", "ру", "und", "x-secret", "en-u-ca-buddhist",
                           "e n", "../en", "en/ru", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop"}) {
    EXPECT_THAT(RuleFor(code), HasSubstr("such as \"en\"")) << code;
  }
}

TEST(LanguageCode, RefusesANullByte) { EXPECT_NE(RuleFor(std::string_view("en\0", 3)), ""); }

TEST(Direction, FollowsTheScript) {
  for (const char* code : {"ar", "he", "fa", "ur", "ckb", "az-Arab", "dv"}) EXPECT_TRUE(IsRightToLeft(code)) << code;
  for (const char* code : {"en", "ru", "sah", "zh", "ar-Latn", "evn", "", "??"})
    EXPECT_FALSE(IsRightToLeft(code)) << code;
}

TEST(NativeName, IsInTheLanguageItselfAndBeginsLarge) {
  EXPECT_EQ(NativeName("en"), "English");
  EXPECT_EQ(NativeName("ru"), "Русский");
  EXPECT_EQ(NativeName("sah"), "Саха тыла");
  EXPECT_EQ(NativeName("fr"), "Français");
  EXPECT_EQ(NativeName("ar"), "العربية");
  EXPECT_EQ(NativeName("zh"), "中文");
  EXPECT_EQ(NativeName("zh-Hant"), "繁體中文");
}

TEST(NativeName, IsTheCodeWhereNoneIsKnown) { EXPECT_EQ(NativeName("qya"), "qya"); }

TEST(PrimaryLanguage, NamesALanguageHoweverItIsWritten) {
  const std::pair<const char*, const char*> cases[] = {
      {"ru", "ru"},         {"ru-RU", "ru"}, {"RU", "ru"},   {"ru_RU", "ru"},
      {"rus", "ru"},        {"en-us", "en"}, {"sah", "sah"}, {"sah-RU", "sah"},
      {"zh-Hant-TW", "zh"}, {"ar", "ar"},    {"", ""},       {"Russian", ""},
      {"русский", ""},      {"1", ""},       {"-", ""},      {"und", ""}};
  for (const auto& [tag, language] : cases) EXPECT_EQ(PrimaryLanguage(tag), language) << tag;
}

}  // namespace
}  // namespace kimberlite::i18n
