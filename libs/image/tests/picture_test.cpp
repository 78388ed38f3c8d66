#include "libs/image/picture.h"

#include <gmock/gmock.h>

#include "libs/image/tests/sample.h"

namespace kimberlite::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Sizes(const Prepared& prepared) {
  std::vector<std::string> sizes;
  for (const Encoded& variant : prepared.variants)
    sizes.push_back(variant.extension + " " + std::to_string(variant.width) + "x" + std::to_string(variant.height));
  return sizes;
}

TEST(Prepare, MakesVariantsThatAreNarrowerThanThePicture) {
  const auto prepared = Prepare(SamplePicture(".jpg", 900, 600), {320, 640, 900, 960}, "data");
  ASSERT_TRUE(prepared) << prepared.error().ToString();
  EXPECT_EQ(prepared->picture.content_type, "image/jpeg");
  EXPECT_EQ(prepared->picture.width, 900);
  EXPECT_THAT(Sizes(*prepared), ElementsAre("avif 320x213", "avif 640x427", "jpg 320x213", "jpg 640x427"));
  for (const Encoded& variant : prepared->variants) {
    const auto again = Prepare(variant.data, {}, "data");
    ASSERT_TRUE(again) << again.error().ToString();
    EXPECT_EQ(again->picture.content_type, variant.content_type);
    EXPECT_EQ(again->picture.width, variant.width);
  }
}

TEST(Prepare, TurnsItUprightAndForgetsWhereItWasTaken) {
  const std::string lying = SamplePicture(".jpg", 400, 300, 6);
  ASSERT_THAT(lying, HasSubstr(kSamplePlace));
  const auto prepared = Prepare(lying, {100}, "data");
  ASSERT_TRUE(prepared) << prepared.error().ToString();
  EXPECT_EQ(prepared->picture.width, 300);
  EXPECT_EQ(prepared->picture.height, 400);
  EXPECT_THAT(prepared->picture.data, ::testing::Not(HasSubstr(kSamplePlace)));
  EXPECT_THAT(prepared->picture.data, ::testing::Not(HasSubstr("Exif")));
  EXPECT_EQ(prepared->variants.front().height, 133);
}

TEST(Prepare, TakesEveryType) {
  for (const char* suffix : {".png", ".webp", ".jpg", ".avif"}) {
    const auto prepared = Prepare(SamplePicture(suffix, 64, 48), {32}, "data");
    ASSERT_TRUE(prepared) << suffix << prepared.error().ToString();
    EXPECT_EQ(prepared->variants.size(), 2u) << suffix;
    EXPECT_EQ("." + prepared->picture.extension, suffix);
  }
}

TEST(Prepare, GivesTheSameForTheSame) {
  const std::string picture = SamplePicture(".png", 64, 48);
  EXPECT_EQ(Prepare(picture, {32}, "data")->variants[0].data, Prepare(picture, {32}, "data")->variants[0].data);
}

TEST(Prepare, RefusesWhatDoesNotDecode) {
  std::string broken = SamplePicture(".png", 200, 200);
  broken[broken.size() / 2] ^= 0x55;
  for (const std::string& bytes :
       {std::string(), std::string("GIF89a"), std::string("\xFF\xD8\xFF\xE0"), broken,
        SamplePicture(".jpg", 200, 200).substr(0, 300), std::string("\x89PNG\r\n\x1A\n\0\0\0", 11),
        std::string("<svg xmlns='http://www.w3.org/2000/svg'/>"), std::string("%PDF-1.4")}) {
    const auto refused = Prepare(bytes, {320}, "chunk");
    ASSERT_FALSE(refused) << bytes.substr(0, 8);
    EXPECT_EQ(refused.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(refused.error().message(), HasSubstr("chunk: must be a"));
  }
}

// A few kilobytes that say they are a gigabyte.
TEST(Prepare, RefusesABombBeforeItIsDecoded) {
  std::string bomb = SamplePicture(".jpg", 64, 48);
  const std::size_t frame = bomb.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  bomb.replace(frame + 5, 4, "\x4E\x20\x4E\x20");  // 20,000 × 20,000
  const auto refused = Prepare(bomb, {320}, "data");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_THAT(refused.error().message(), HasSubstr("at most 60 million pixels"));
}

}  // namespace
}  // namespace kimberlite::image
