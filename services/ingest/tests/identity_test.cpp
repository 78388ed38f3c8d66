#include "services/ingest/core/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimberlite::ingest {
namespace {

using ::testing::ElementsAre;

RecognisedItem Item(const std::string& id, const std::string& link, const std::string& digest) {
  RecognisedItem item;
  item.external_id = id;
  item.link_key = link;
  item.digest = digest;
  item.headline = "the same title";
  return item;
}

// "id<external id of the item>" of each write, and the renames.
std::vector<std::string> Decide(const std::vector<RecognisedItem>& items, const std::vector<KnownItem>& known,
                                bool churn = false) {
  const ItemWrites decided = DecideWrites(items, known, churn);
  std::vector<std::string> said;
  for (const ItemWrite& write : decided.writes) said.push_back(write.external_id + "<" + write.item->external_id);
  said.push_back(std::to_string(decided.renamed));
  return said;
}

TEST(DecideWrites, WritesWhatIsNewOrMovedLastFirst) {
  EXPECT_THAT(
      Decide({Item("3", "c", "x"), Item("2", "b", "y2"), Item("1", "a", "z")}, {{"1", "z", "a"}, {"2", "y1", "b"}}),
      ElementsAre("2<2", "3<3", "0"));
}

TEST(DecideWrites, WritesWhatCameBack) {
  EXPECT_THAT(Decide({Item("1", "a", "z")}, {{"1", "z", "a", true}}), ElementsAre("1<1", "0"));
}

TEST(DecideWrites, KnowsAnItemUnderANewIdByLinkAndContent) {
  EXPECT_THAT(Decide({Item("9", "a", "z")}, {{"1", "z", "a"}}), ElementsAre("1"));
  // Other content, other link, no link: it is new. The title is the same in all.
  EXPECT_THAT(Decide({Item("9", "a", "other")}, {{"1", "z", "a"}}), ElementsAre("9<9", "0"));
  EXPECT_THAT(Decide({Item("9", "b", "z")}, {{"1", "z", "a"}}), ElementsAre("9<9", "0"));
  EXPECT_THAT(Decide({Item("9", "", "z")}, {{"1", "z", ""}}), ElementsAre("9<9", "0"));
  // The old one still stands in the document: there are two.
  EXPECT_THAT(Decide({Item("9", "a", "z"), Item("1", "a", "z")}, {{"1", "z", "a"}}), ElementsAre("9<9", "0"));
}

TEST(DecideWrites, BelievesLinksWhereIdsChurn) {
  EXPECT_THAT(Decide({Item("9", "a", "new")}, {{"1", "z", "a"}}, true), ElementsAre("1<9", "1"));
  // Two that it could be: it is neither.
  EXPECT_THAT(Decide({Item("9", "a", "new")}, {{"1", "z", "a"}, {"2", "y", "a"}}, true), ElementsAre("9<9", "0"));
  // Two new ids for one old item: written once.
  EXPECT_THAT(Decide({Item("9", "a", "new"), Item("8", "a", "newer")}, {{"1", "z", "a"}}, true),
              ElementsAre("1<8", "2"));
}

}  // namespace
}  // namespace kimberlite::ingest
