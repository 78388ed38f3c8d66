#include "libs/i18n/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "libs/base/id.h"

namespace kimberlite::i18n {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Messages : public testing::Test {
 protected:
  Messages() : directory_(std::filesystem::temp_directory_path() / ("kimberlite-i18n-" + NewUuid())) {
    std::filesystem::create_directory(directory_);
  }
  ~Messages() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& name, std::string_view json) {
    std::ofstream(directory_ / name, std::ios::binary) << json;
  }

  Catalog One(const std::string& language, std::string_view json) {
    Write(language + ".json", json);
    auto catalog = Catalog::Load(directory_ / (language + ".json"));
    EXPECT_TRUE(catalog) << (catalog ? "" : catalog.error().message());
    return *catalog;
  }

  std::string ErrorOf(std::string_view json) {
    Write("en.json", json);
    const auto catalog = Catalog::Load(directory_ / "en.json");
    if (catalog) return "no error";
    EXPECT_EQ(catalog.error().code(), Code::kInvalidArgument);
    return catalog.error().message();
  }

  std::filesystem::path directory_;
};

TEST_F(Messages, FillArguments) {
  const Catalog en = One("en", R"({"a": "Published in {section}", "b": "It''s '{'plain'}' {n}"})");
  EXPECT_EQ(en.Format("a", {{"section", "Economy <b>"}}), "Published in Economy <b>");
  EXPECT_EQ(en.Format("b", {{"n", 1234567}}), "It's {plain} 1,234,567");
}

TEST_F(Messages, FollowThePluralsOfTheLanguage) {
  const Catalog ru = One(
      "ru",
      R"({"n": "{n, plural, =0 {нет новостей} one {# новость} few {# новости} many {# новостей} other {# новости}}"})");
  EXPECT_EQ(ru.Format("n", {{"n", 0}}), "нет новостей");
  EXPECT_EQ(ru.Format("n", {{"n", 1}}), "1 новость");
  EXPECT_EQ(ru.Format("n", {{"n", 3}}), "3 новости");
  EXPECT_EQ(ru.Format("n", {{"n", 11}}), "11 новостей");
  EXPECT_EQ(ru.Format("n", {{"n", 21}}), "21 новость");
  EXPECT_EQ(ru.Format("n", {{"n", 1.5}}), "1,5 новости");

  const Catalog ar =
      One("ar", R"({"n": "{n, plural, zero {صفر} one {واحد} two {اثنان} few {# قليل} many {# كثير} other {# آخر}}"})");
  EXPECT_EQ(ar.Format("n", {{"n", 0}}), "صفر");
  EXPECT_EQ(ar.Format("n", {{"n", 2}}), "اثنان");
  EXPECT_EQ(ar.Format("n", {{"n", 5}}), "٥ قليل");
  EXPECT_EQ(ar.Format("n", {{"n", 11}}), "١١ كثير");
  EXPECT_EQ(ar.Format("n", {{"n", 100}}), "١٠٠ آخر");

  const Catalog sah = One("sah", R"({"n": "{n, plural, other {# сонун}}"})");
  EXPECT_EQ(sah.Format("n", {{"n", 1}}), "1 сонун");
}

TEST_F(Messages, HaveOffsetsOrdinalsSelectsAndStyles) {
  const Catalog en = One("en", R"({
    "offset": "{n, plural, offset:1 =0 {nobody} =1 {you} one {you and # other} other {you and # others}}",
    "ordinal": "{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}",
    "select": "{who, select, female {her {n, plural, one {# story} other {# stories}}} other {their stories}}",
    "styles": "{x, number} {x, number, integer} {y, number, percent}"})");
  EXPECT_EQ(en.Format("offset", {{"n", 0}}), "nobody");
  EXPECT_EQ(en.Format("offset", {{"n", 1}}), "you");
  EXPECT_EQ(en.Format("offset", {{"n", 2}}), "you and 1 other");
  EXPECT_EQ(en.Format("offset", {{"n", 5}}), "you and 4 others");
  EXPECT_EQ(en.Format("ordinal", {{"n", 22}}), "22nd");
  EXPECT_EQ(en.Format("select", {{"who", "female"}, {"n", 1}}), "her 1 story");
  EXPECT_EQ(en.Format("select", {{"who", "unknown"}}), "their stories");
  EXPECT_EQ(en.Format("styles", {{"x", 1234.5678}, {"y", 0.25}}), "1,234.568 1,235 25%");
}

TEST_F(Messages, ShowWhatIsAbsent) {
  const Catalog en = One("en", R"({"a": "by {name}, {n, plural, one {# line} other {# lines}}"})");
  EXPECT_EQ(en.Format("a"), "by {name}, {n} lines");
  EXPECT_EQ(en.Format("no.such.key"), "no.such.key");
  EXPECT_FALSE(en.Has("no.such.key"));
  EXPECT_THAT(en.ArgumentNames("a"), ElementsAre("n", "name"));
}

TEST_F(Messages, AreRefusedWithFileLineAndKey) {
  const std::string error = ErrorOf("{\n \"ok\": \"fine\",\n \"page.bad\": \"{n, plural, one {#}}\"\n}");
  EXPECT_THAT(error, HasSubstr("en.json:3:"));
  EXPECT_THAT(error, HasSubstr("page.bad"));
  EXPECT_THAT(ErrorOf("{\"a\": \"{open\"}"), HasSubstr("en.json:1: key \"a\""));
  EXPECT_THAT(ErrorOf("{\"a\": \"{d, date}\"}"), HasSubstr("only number, plural"));
  EXPECT_THAT(ErrorOf("{\"a\": \"{d, number, currency}\"}"), HasSubstr("integer and percent"));
  EXPECT_THAT(ErrorOf("{\"a\": \"{n, choice, 0#none}\"}"), HasSubstr("choice"));
}

TEST_F(Messages, AreRefusedInBrokenJson) {
  EXPECT_THAT(ErrorOf("{\n\"a\": \"b\",\n}"), HasSubstr("en.json:3:"));
  EXPECT_THAT(ErrorOf("{\"a\": 1}"), HasSubstr("key \"a\" must have a string"));
  EXPECT_THAT(ErrorOf("{\"a\": {\"b\": \"c\"}}"), HasSubstr("key \"a\" must have a string"));
  EXPECT_THAT(ErrorOf("{\"a\": \"1\",\n\"a\": \"2\"}"), HasSubstr("en.json:2: key \"a\" appears twice"));
  EXPECT_THAT(ErrorOf("[\"a\"]"), HasSubstr("one object"));
  EXPECT_THAT(ErrorOf("\"a\""), HasSubstr("one object"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("en.json:1:"));
  EXPECT_EQ(Catalog::Load(directory_ / "fr.json").error().code(), Code::kNotFound);
}

TEST_F(Messages, FallBackKeyByKeyWithTheirOwnPlurals) {
  Write("ru.json", R"({"a": "по-русски", "n": "{n, plural, one {# год} few {# года} other {# лет}}"})");
  Write("zh.json", R"({"a": "中文"})");
  Write("zh-Hant.json", "{}");
  const auto catalogs = Catalogs::Load(directory_, "ru");
  ASSERT_TRUE(catalogs) << catalogs.error().message();
  EXPECT_EQ(catalogs->For("zh-Hant-TW").language(), "zh-Hant");
  EXPECT_EQ(catalogs->For("zh-Hant").Format("a"), "中文");
  EXPECT_EQ(catalogs->For("zh-Hant").Format("n", {{"n", 2}}), "2 года");
  EXPECT_THAT(catalogs->For("zh").MissingKeys(), ElementsAre("n"));
  EXPECT_EQ(catalogs->For("fr").language(), "ru");
  EXPECT_EQ(catalogs->For("").language(), "ru");
  EXPECT_THAT(catalogs->Languages(), ElementsAre("ru", "zh", "zh-Hant"));
}

TEST_F(Messages, OfATranslationMustMatchTheDefault) {
  Write("en.json", R"({"a": "by {name}"})");
  Write("ru.json", "{\n\"b\": \"лишний\"}");
  auto catalogs = Catalogs::Load(directory_, "en");
  ASSERT_FALSE(catalogs);
  EXPECT_THAT(catalogs.error().message(), HasSubstr("ru.json:2: key \"b\" is unknown to the default language en"));

  Write("ru.json", R"({"a": "автор {nmae}"})");
  catalogs = Catalogs::Load(directory_, "en");
  ASSERT_FALSE(catalogs);
  EXPECT_THAT(catalogs.error().message(), HasSubstr("{nmae}"));

  Write("ru.json", R"({"a": "без автора"})");
  EXPECT_TRUE(Catalogs::Load(directory_, "en"));
}

TEST_F(Messages, NeedTheDefaultLanguage) {
  Write("ru.json", "{}");
  EXPECT_EQ(Catalogs::Load(directory_, "en").error().code(), Code::kNotFound);
  EXPECT_EQ(Catalogs::Load(directory_ / "absent", "en").error().code(), Code::kNotFound);
  Write("ru_RU.json", "{}");
  EXPECT_THAT(Catalogs::Load(directory_, "ru").error().message(), HasSubstr("must be written \"ru-RU\""));
}

TEST_F(Messages, AreTheSameFromManyThreads) {
  const Catalog ru =
      One("ru", R"({"n": "{n, plural, one {# новость} few {# новости} many {# новостей} other {# новости}}"})");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) wrong += ru.Format("n", {{"n", 22}}) != "22 новости";
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace kimberlite::i18n
