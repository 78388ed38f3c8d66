#include "services/tagging/core/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/tagging/tests/samples.h"

namespace kimberlite::tagging {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

Concept Mammoth(std::int64_t sequence, std::string language_code, std::string text) {
  Concept definition = ConceptOf(7, "mammoth", Kind::kTopic, {{std::move(language_code), std::move(text), {}, ""}});
  definition.sequence = sequence;
  return definition;
}

TEST(Vocabulary, SwapsTheMatcherWhenAConceptIsNewer) {
  Vocabulary vocabulary;
  EXPECT_EQ(vocabulary.Apply(std::vector{Mammoth(1, "en", "mammoth")}), 1u);
  const auto before = vocabulary.matcher();
  EXPECT_EQ(vocabulary.Apply(std::vector{Mammoth(3, "fr", "mammouth")}), 1u);
  const auto after = vocabulary.matcher();
  EXPECT_THAT(after->Find("mammoth", "en"), IsEmpty());
  EXPECT_THAT(after->Find("mammouth", "fr"), SizeIs(1));
  // Whoever holds the old one reads on in it.
  EXPECT_THAT(before->Find("mammoth", "en"), SizeIs(1));
}

TEST(Vocabulary, KeepsTheNewerConcept) {
  Vocabulary vocabulary;
  vocabulary.Apply(std::vector{Mammoth(3, "fr", "mammouth")});
  EXPECT_EQ(vocabulary.Apply(std::vector{Mammoth(2, "en", "mammoth"), Mammoth(3, "en", "mammoth")}), 0u);
  EXPECT_THAT(vocabulary.matcher()->Find("mammouth", "fr"), SizeIs(1));
  EXPECT_THAT(vocabulary.Sequences(), ElementsAre(Pair(7, 3)));
}

TEST(Vocabulary, LeavesOtherConceptsFindable) {
  Vocabulary vocabulary;
  vocabulary.Apply(SampleConcepts());
  vocabulary.Apply(std::vector{Mammoth(1, "en", "mammoth")});
  EXPECT_THAT(vocabulary.matcher()->Find("A mammoth in Belgium", "en"), SizeIs(2));
}

}  // namespace
}  // namespace kimberlite::tagging
