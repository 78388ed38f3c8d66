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
  const auto weights = [](const char* text) {
    const CodingWeights read = ReadAcceptEncoding(text);
    return std::vector<int>{read.brotli, read.gzip, read.identity};
  };
  using Weights = std::vector<int>;
  EXPECT_EQ(weights(""), (Weights{0, 0, 1}));
  EXPECT_EQ(weights("gzip, deflate, br, zstd"), (Weights{1000, 1000, 1}));
  EXPECT_EQ(weights("GZIP;q=0.5 , br ; Q=0.25"), (Weights{250, 500, 1}));
  EXPECT_EQ(weights("*"), (Weights{1000, 1000, 1000}));
  EXPECT_EQ(weights("*;q=0.1, br;q=0"), (Weights{0, 100, 100}));
  EXPECT_EQ(weights("br;q=0.000, identity;q=0"), (Weights{0, 0, 0}));
  EXPECT_EQ(weights("brotli, x-gzip"), (Weights{0, 1000, 1}));
  for (const char* bad : {"br;q=2", "br;q=1.001", "br;q=", "br;q=0.1234", "br;q=-1", "br;q=a", "br;q=1.5"}) {
    EXPECT_EQ(weights(bad)[0], 0) << bad;
  }
}

}  // namespace
}  // namespace kimberlite::http
