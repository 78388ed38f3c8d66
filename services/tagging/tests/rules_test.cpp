#include "services/tagging/core/rules.h"

#include <gtest/gtest.h>

#include "services/tagging/core/letters.h"
#include "services/tagging/tests/samples.h"

namespace kimberlite::tagging {
namespace {

Concept Valid() { return SampleConcepts().front(); }

// The field that is wrong and the code; empty when nothing is.
std::string Verdict(const Concept& definition) {
  const auto checked = CheckConcept(definition);
  if (checked) return {};
  EXPECT_EQ(checked.error().violations().size(), 1u);
  return checked.error().violations().at(0).field + " " + std::string(CodeName(checked.error().code()));
}

std::string VerdictOnAlias(const std::string& alias, const std::string& language_code = "en") {
  Concept definition = Valid();
  definition.labels = {{language_code, "ALROSA", {"fine", alias}, ""}};
  return Verdict(definition);
}

TEST(CheckConcept, AcceptsWhatIsWellFormed) {
  for (const Concept& definition : SampleConcepts()) EXPECT_EQ(Verdict(definition), "");
  Concept definition = Valid();
  definition.key = "-a--1";
  definition.labels[0].slug.clear();
  EXPECT_EQ(Verdict(definition), "");
}

TEST(CheckConcept, NamesTheFieldThatBreaksItsRule) {
  Concept definition = Valid();
  for (const char* key : {"", "Alrosa", "al rosa", "алроса"}) {
    definition.key = key;
    EXPECT_EQ(Verdict(definition), "definition.key INVALID_ARGUMENT") << key;
  }
  definition.key = std::string(81, 'a');
  EXPECT_EQ(Verdict(definition), "definition.key INVALID_ARGUMENT");

  definition = Valid();
  definition.kind = Kind::kUnspecified;
  EXPECT_EQ(Verdict(definition), "definition.kind INVALID_ARGUMENT");

  definition = Valid();
  definition.labels.clear();
  EXPECT_EQ(Verdict(definition), "definition.labels INVALID_ARGUMENT");

  definition = Valid();
  definition.labels[1].language_code = "rus";
  EXPECT_EQ(Verdict(definition), "definition.labels[1].language_code INVALID_ARGUMENT");
  definition.labels[1].language_code = "en";
  EXPECT_EQ(Verdict(definition), "definition.labels[1].language_code INVALID_ARGUMENT");

  definition = Valid();
  definition.labels[2].slug = "Al_Rosa";
  EXPECT_EQ(Verdict(definition), "definition.labels[2].slug INVALID_ARGUMENT");
}

TEST(CheckConcept, RefusesLabelsThatReadersCannotRead) {
  Concept definition = Valid();
  for (const char* text : {"", "—!", "a\nb", "\u202Eabc"}) {
    definition.labels[0].text = text;
    EXPECT_EQ(Verdict(definition), "definition.labels[0].text INVALID_ARGUMENT") << text;
  }
  definition.labels[0].text = std::string(121, 'a');
  EXPECT_EQ(Verdict(definition), "definition.labels[0].text RESOURCE_EXHAUSTED");
  definition.labels[0].text = "X";
  EXPECT_EQ(Verdict(definition), "");
}

TEST(CheckConcept, RefusesAliasesThatWouldBeFoundEverywhereOrNowhere) {
  const std::string refused = "definition.labels[0].aliases[1] INVALID_ARGUMENT";
  EXPECT_EQ(VerdictOnAlias(""), refused);
  EXPECT_EQ(VerdictOnAlias("a"), refused);
  EXPECT_EQ(VerdictOnAlias("«я»", "ru"), refused);
  EXPECT_EQ(VerdictOnAlias("و", "ar"), refused);
  EXPECT_EQ(VerdictOnAlias("—…!"), refused);
  EXPECT_EQ(VerdictOnAlias("🦌"), refused);
  EXPECT_EQ(VerdictOnAlias("ab\u2066c"), refused);
  EXPECT_EQ(VerdictOnAlias("5G"), "");
  EXPECT_EQ(VerdictOnAlias("冰", "zh"), "");
  EXPECT_EQ(VerdictOnAlias("у о", "ru"), "");
  EXPECT_EQ(VerdictOnAlias(std::string(121, 'b')), "definition.labels[0].aliases[1] RESOURCE_EXHAUSTED");
}

TEST(CheckConcept, BoundsAliases) {
  Concept definition = Valid();
  definition.labels[0].aliases.assign(200, "diamond");
  EXPECT_EQ(Verdict(definition), "");
  definition.labels[0].aliases.emplace_back("diamond");
  EXPECT_EQ(Verdict(definition), "definition.labels[0].aliases RESOURCE_EXHAUSTED");
}

TEST(SlugChoice, ComesFromTheTextThenFromTheKey) {
  const Concept definition = Valid();
  EXPECT_EQ(SlugChoice({"sah", "саха тыла", {}, ""}, definition, 1), "sakha-tyla");
  EXPECT_EQ(SlugChoice({"ru", "якутский язык", {}, ""}, definition, 2), "yakutskiy-yazyk-2");
  EXPECT_EQ(SlugChoice({"en", "🦌", {}, ""}, definition, 1), "alrosa");
  const std::string longest = SlugChoice({"en", std::string(100, 'a'), {}, ""}, definition, 12);
  EXPECT_EQ(longest, std::string(77, 'a') + "-12");
}

TEST(Letters, KnowCapitalsOfScriptsThatHaveThem) {
  EXPECT_TRUE(BeginsWithCapital("Belgium"));
  EXPECT_TRUE(BeginsWithCapital("Ыһыах"));
  EXPECT_TRUE(BeginsWithCapital("Ҥ"));
  EXPECT_TRUE(BeginsWithCapital("École"));
  EXPECT_FALSE(BeginsWithCapital("ёлка"));
  EXPECT_FALSE(BeginsWithCapital("ألروسا"));
  EXPECT_FALSE(BeginsWithCapital("比利时"));
  EXPECT_TRUE(IsAllCapitals("G20"));
  EXPECT_TRUE(IsAllCapitals("ВОЛС"));
  EXPECT_FALSE(IsAllCapitals("2026"));
  EXPECT_FALSE(IsAllCapitals("АЛРОСАны"));
  EXPECT_FALSE(IsAllCapitals("أأ"));
  EXPECT_TRUE(IsLatin("Iakoutsk"));
  EXPECT_FALSE(IsLatin("АLROSA"));  // the first letter is Cyrillic
}

}  // namespace
}  // namespace kimberlite::tagging
