#include "services/rendering/core/receipt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimberlite::rendering {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

Time At(int second) { return Time(std::chrono::seconds(second)); }

AppliedRecord Record(std::int64_t sequence, std::vector<TranslationFacts> facts, std::map<std::string, Time> edges) {
  return {sequence, std::move(facts), std::move(edges)};
}

// Of one language, surface and edge; zero: none.
Time Since(const std::vector<SurfaceReceipt>& receipts, const std::string& language, Surface surface,
           const std::string& edge) {
  for (const SurfaceReceipt& one : receipts) {
    if (one.language_code == language && one.surface == surface && one.edge == edge) return one.visible_time;
  }
  return {};
}

const TranslationFacts kDraft{"sah", 1, false, false, "-"};
const TranslationFacts kPublic{"sah", 2, true, false, "aa"};
const TranslationFacts kTagged{"sah", 2, true, false, "bb"};
const TranslationFacts kRetitled{"sah", 3, true, false, "bb"};

TEST(Receipt, AVersionIsVisibleSinceTheFirstEventThatHadIt) {
  const std::vector<AppliedRecord> records = {
      Record(4, {kRetitled}, {{"a", At(40)}}), Record(3, {kTagged}, {{"a", At(30)}, {"b", At(31)}}),
      Record(2, {kPublic}, {{"a", At(20)}, {"b", At(21)}}), Record(1, {kDraft}, {{"a", At(10)}, {"b", At(11)}})};
  const auto third = ReceiptsOf(records, 3);
  EXPECT_EQ(Since(third, "sah", Surface::kPage, "a"), At(20));
  EXPECT_EQ(Since(third, "sah", Surface::kSitemap, "b"), At(21));
  // The lists came later: tags are no version.
  EXPECT_EQ(Since(third, "sah", Surface::kLists, "a"), At(30));
  EXPECT_EQ(Since(third, "sah", Surface::kFeeds, "b"), At(31));
  const auto fourth = ReceiptsOf(records, 4);
  EXPECT_EQ(Since(fourth, "sah", Surface::kPage, "a"), At(40));
  EXPECT_EQ(Since(fourth, "sah", Surface::kPage, "b"), Time{});  // not yet
  EXPECT_EQ(SequenceOfVersion(records, "sah", 2), 2);
  EXPECT_EQ(SequenceOfVersion(records, "sah", 4), 0);
  EXPECT_EQ(SequenceOfVersion(records, "en", 1), 0);
}

TEST(Receipt, WhatAnEdgeMissedIsVisibleThereSinceTheNextThatItApplied) {
  const std::vector<AppliedRecord> records = {Record(3, {kRetitled}, {{"a", At(30)}}),
                                              Record(2, {kPublic}, {{"b", At(20)}})};
  EXPECT_EQ(Since(ReceiptsOf(records, 2), "sah", Surface::kPage, "a"), At(30));
}

TEST(Receipt, DraftsAndUnknownSequencesHaveNone) {
  const std::vector<AppliedRecord> records = {Record(1, {kDraft}, {{"a", At(10)}})};
  EXPECT_THAT(ReceiptsOf(records, 1), IsEmpty());
  EXPECT_THAT(ReceiptsOf(records, 9), IsEmpty());
}

TEST(Receipt, WhatWasWithdrawnIsVisiblyGone) {
  const TranslationFacts gone{"sah", 3, false, true, "-"};
  const std::vector<AppliedRecord> records = {Record(2, {gone}, {{"a", At(20)}}),
                                              Record(1, {kPublic}, {{"a", At(10)}})};
  const auto receipts = ReceiptsOf(records, 2);
  ASSERT_THAT(receipts, SizeIs(4));
  EXPECT_TRUE(receipts[0].withdrawn);
  EXPECT_EQ(receipts[0].visible_time, At(20));
}

TEST(Receipt, FactsReadAsTheyWereWritten) {
  const std::vector<TranslationFacts> facts = {kDraft, kPublic, {"zh-hant", 7, false, true, "cc"}};
  EXPECT_EQ(ReadFacts(WriteFacts(facts)), facts);
  EXPECT_THAT(ReadFacts("nonsense\n\nsah x\n"), IsEmpty());
}

}  // namespace
}  // namespace kimberlite::rendering
