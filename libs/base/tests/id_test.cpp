#include "libs/base/id.h"

#include <gtest/gtest.h>

namespace kimberlite {
namespace {

TEST(Traceparent, ChildKeepsTheTraceAndChangesTheSpan) {
  const std::string parent = ChildTraceparent("");
  const std::string child = ChildTraceparent(parent);
  EXPECT_EQ(child.substr(0, 36), parent.substr(0, 36));
  EXPECT_NE(child, parent);
}

TEST(Traceparent, InvalidParentStartsANewTrace) {
  const std::string zeros = "00-00000000000000000000000000000000-0000000000000001-01";
  EXPECT_NE(ChildTraceparent(zeros).substr(3, 32), zeros.substr(3, 32));
}

TEST(Sha256, MatchesTheStandardsExample) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Uuid, HasVersionAndVariant) {
  const std::string uuid = NewUuid();
  EXPECT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
}

}  // namespace
}  // namespace kimberlite
