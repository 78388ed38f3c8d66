#include "libs/http/zstd.h"

#include <gtest/gtest.h>

namespace kimberlite::http {
namespace {

TEST(Zstd, GivesBackWhatItTook) {
  for (const std::string& bytes : {std::string(), std::string("лёд\0x", 8), std::string(1'000'000, 'a')}) {
    const std::string frame = CompressZstd(bytes);
    EXPECT_EQ(DecompressZstd(frame, 1'000'000), bytes);
  }
  EXPECT_LT(CompressZstd(std::string(1'000'000, 'a')).size(), 1000u);
}

TEST(Zstd, RefusesWhatIsTooLargeOrDamaged) {
  std::string frame = CompressZstd(std::string(1001, 'a'));
  EXPECT_EQ(DecompressZstd(frame, 1000).error().code(), Code::kResourceExhausted);
  EXPECT_EQ(DecompressZstd("no frame", 1000).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(DecompressZstd("", 1000).error().code(), Code::kInvalidArgument);
  frame.resize(frame.size() - 2);
  EXPECT_EQ(DecompressZstd(frame, 2000).error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace kimberlite::http
