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

// Enough concepts that they are built as one layer, and changes as another.
TEST(Vocabulary, ChangesAfterManyConceptsReplaceWhatWasThere) {
  std::vector<Concept> many;
  for (int i = 1000; i < 3000; ++i)
    many.push_back(ConceptOf(i, "key", Kind::kTopic, {{"en", "topic" + std::to_string(i), {"all"}, ""}}));
  Vocabulary vocabulary;
  vocabulary.Apply(many);
  const auto find = [&](std::string_view text) {
    std::vector<std::int64_t> ids;
    for (const Hit& hit : vocabulary.matcher()->Find(text, "en")) ids.push_back(hit.found->definition.concept_id);
    return ids;
  };
  EXPECT_THAT(find("topic1000 topic2999 all"), ElementsAre(1000, 2999, 1000));

  Concept renamed = ConceptOf(1000, "key", Kind::kTopic, {{"en", "other", {"topic2999 all"}, ""}});
  renamed.sequence = 2;
  vocabulary.Apply(std::vector{renamed});
  // The old names are gone, the longest name wins whichever layer has it, and a label still goes before an alias.
  EXPECT_THAT(find("topic1000, other, topic2999 all, all"), ElementsAre(1000, 1000, 1001));
  Concept rival = ConceptOf(7, "rival", Kind::kTopic, {{"en", "rival", {"topic2000", "all"}, ""}});
  vocabulary.Apply(std::vector{rival});
  EXPECT_THAT(find("topic2000, all"), ElementsAre(2000, 7));

  // Changes one by one until all is built anew.
  for (Concept& each : many) {
    if (each.concept_id < 1100) continue;
    each.sequence = 2;
    each.labels[0].text = "new" + std::to_string(each.concept_id);
    vocabulary.Apply({&each, 1});
  }
  EXPECT_THAT(find("new1100 new1200 new2999 topic2999 topic1001"), ElementsAre(1100, 1200, 2999, 1001));
}

}  // namespace
}  // namespace kimberlite::tagging
