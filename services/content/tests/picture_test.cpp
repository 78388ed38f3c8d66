#include "services/content/core/picture.h"

#include <gtest/gtest.h>

namespace kimberlite::content {
namespace {

std::string Big(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string Little(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string Png(std::uint32_t width, std::uint32_t height) {
  return std::string("\x89PNG\r\n\x1A\n") + Big(13, 4) + "IHDR" + Big(width, 4) + Big(height, 4) + Big(0x08060000, 4);
}

std::string Segment(unsigned char marker, const std::string& content) {
  return std::string("\xFF") + static_cast<char>(marker) + Big(static_cast<std::uint32_t>(content.size()) + 2, 2) +
         content;
}

std::string WebP(const std::string& chunk, const std::string& content) {
  return "RIFF" + Little(100, 4) + "WEBP" + chunk + Little(static_cast<std::uint32_t>(content.size()), 4) + content;
}

std::string Box(const std::string& type, const std::string& content) {
  return Big(static_cast<std::uint32_t>(content.size()) + 8, 4) + type + content;
}

std::string Ispe(std::uint32_t width, std::uint32_t height) {
  return Box("ispe", Big(0, 4) + Big(width, 4) + Big(height, 4));
}

TEST(SniffPicture, Png) { EXPECT_EQ(SniffPicture(Png(640, 480)), (PictureInfo{"image/png", "png", 640, 480})); }

TEST(SniffPicture, JpegWhateverStandsBeforeItsFrame) {
  const std::string frame = Segment(0xC2, std::string("\x08") + Big(480, 2) + Big(640, 2) + "\x03");
  const PictureInfo expected{"image/jpeg", "jpg", 640, 480};
  EXPECT_EQ(SniffPicture("\xFF\xD8" + Segment(0xE0, "JFIF") + frame), expected);
  // A thumbnail inside a segment is not taken for the picture; fill bytes are passed.
  EXPECT_EQ(SniffPicture("\xFF\xD8" + Segment(0xE1, "\xFF\xD8" + Segment(0xC0, std::string(6, '\1'))) + "\xFF" + frame),
            expected);
  EXPECT_FALSE(SniffPicture("\xFF\xD8" + Segment(0xDA, "data") + frame));
}

TEST(SniffPicture, WebPInItsThreeForms) {
  const PictureInfo expected{"image/webp", "webp", 640, 480};
  EXPECT_EQ(SniffPicture(WebP("VP8X", Big(0, 4) + Little(639, 3) + Little(479, 3))), expected);
  EXPECT_EQ(SniffPicture(WebP("VP8L", "\x2F" + Little(639 | 479 << 14, 4) + std::string(8, '\0'))), expected);
  EXPECT_EQ(SniffPicture(WebP("VP8 ", std::string(3, '\0') + "\x9D\x01\x2A" + Little(640, 2) + Little(480, 2))),
            expected);
}

TEST(SniffPicture, AvifBySizeOfItsLargestImage) {
  const std::string ftyp = Box("ftyp", "avif" + Big(0, 4) + "mif1");
  const std::string meta = Box("meta", Big(0, 4) + Box("iprp", Box("ipco", Ispe(160, 120) + Ispe(640, 480))));
  EXPECT_EQ(SniffPicture(ftyp + meta), (PictureInfo{"image/avif", "avif", 640, 480}));
  EXPECT_FALSE(SniffPicture(Box("ftyp", "isom" + Big(0, 4) + "mp41") + meta)) << "a film";
}

TEST(SniffPicture, RefusesWhatIsCutOffOrImpossible) {
  EXPECT_FALSE(SniffPicture(Png(0, 480)));
  EXPECT_FALSE(SniffPicture(Png(70'000, 480)));
  EXPECT_FALSE(SniffPicture("GIF89a..............................."));
  EXPECT_FALSE(SniffPicture(""));
  const std::string whole[] = {
      Png(640, 480), "\xFF\xD8" + Segment(0xC0, std::string("\x08") + Big(480, 2) + Big(640, 2)),
      WebP("VP8X", Big(0, 4) + Little(639, 3) + Little(479, 3)),
      Box("ftyp", "avif" + Big(0, 4) + "mif1") + Box("meta", Big(0, 4) + Box("iprp", Box("ipco", Ispe(640, 480))))};
  for (const std::string& bytes : whole) {
    ASSERT_TRUE(SniffPicture(bytes));
    const std::size_t header = bytes.starts_with("\x89PNG") ? 24 : bytes.size();
    for (std::size_t length = 0; length < header; ++length)
      EXPECT_FALSE(SniffPicture(bytes.substr(0, length))) << length;
  }
}

TEST(LooksLikeXml, PassesAMarkAndSpaces) {
  EXPECT_TRUE(LooksLikeXml("\xEF\xBB\xBF \n<svg/>"));
  EXPECT_FALSE(LooksLikeXml("svg"));
}

}  // namespace
}  // namespace kimberlite::content
