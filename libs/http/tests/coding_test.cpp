#include "libs/http/coding.h"

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace kimberlite::http {
namespace {

const std::string kText = "Өлүөнэ сонуна. " + std::string(5000, 'a');

TEST(Brotli, RoundTrips) {
  for (const std::string& text : {kText, std::string()}) {
    const std::string compressed = CompressBrotli(text);
    std::string plain(text.size() + 1, '\0');
    std::size_t size = plain.size();
    ASSERT_EQ(BrotliDecoderDecompress(compressed.size(), reinterpret_cast<const std::uint8_t*>(compressed.data()),
                                      &size, reinterpret_cast<std::uint8_t*>(plain.data())),
              BROTLI_DECODER_RESULT_SUCCESS);
    EXPECT_EQ(plain.substr(0, size), text);
  }
}

TEST(Gzip, RoundTripsAndIsReproducible) {
  const std::string compressed = CompressGzip(kText);
  EXPECT_EQ(compressed, CompressGzip(kText));
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string plain(kText.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  EXPECT_EQ(plain, kText);
}

TEST(AcceptEncoding, FollowsNamesWeightsAndStar) {
  EXPECT_TRUE(Accepts("gzip, deflate, br", "br"));
  EXPECT_TRUE(Accepts("GZIP;q=0.5", "gzip"));
  EXPECT_TRUE(Accepts("*", "br"));
  EXPECT_FALSE(Accepts("*, br;q=0", "br"));
  EXPECT_FALSE(Accepts("br;q=0.000", "br"));
  EXPECT_FALSE(Accepts("", "gzip"));
  EXPECT_FALSE(Accepts("brotli", "br"));
}

}  // namespace
}  // namespace kimberlite::http
