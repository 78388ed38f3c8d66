#include "libs/http/coding.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>

#include "libs/base/text.h"

namespace kimberlite::http {
namespace {

bool EqualsLower(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

// "0", "0.25", "1.000": thousandths; 0 for what is no weight.
int ReadWeight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return 0;
  int scale = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return 0;
    weight += (digit - '0') * scale;
    scale /= 10;
  }
  return weight > 1000 ? 0 : weight;
}

// Cuts the part before the separator off the front.
std::string_view Cut(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return TrimAscii(part);
}

}  // namespace

std::string CompressBrotli(std::string_view bytes, int quality) {
  std::size_t size = BrotliEncoderMaxCompressedSize(bytes.size());
  std::string compressed(size == 0 ? 16 : size, '\0');
  size = compressed.size();
  if (!BrotliEncoderCompress(quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, bytes.size(),
                             reinterpret_cast<const std::uint8_t*>(bytes.data()), &size,
                             reinterpret_cast<std::uint8_t*>(compressed.data()))) {
    std::abort();  // the room is enough by its own reckoning
  }
  compressed.resize(size);
  return compressed;
}

std::string CompressGzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  if (deflateInit2(&stream, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();  // out of memory
  std::string compressed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

CodingWeights ReadAcceptEncoding(std::string_view accept_encoding) {
  int brotli = -1, gzip = -1, identity = -1, star = -1;
  while (!accept_encoding.empty()) {
    std::string_view item = Cut(accept_encoding, ',');
    const std::string_view name = Cut(item, ';');
    int weight = 1000;
    while (!item.empty()) {
      std::string_view value = Cut(item, ';');
      if (EqualsLower(Cut(value, '='), "q")) weight = ReadWeight(TrimAscii(value));
    }
    if (EqualsLower(name, "br")) {
      brotli = weight;
    } else if (EqualsLower(name, "gzip") || EqualsLower(name, "x-gzip")) {
      gzip = weight;
    } else if (EqualsLower(name, "identity")) {
      identity = weight;
    } else if (name == "*") {
      star = weight;
    }
  }
  const auto of = [&](int named, int otherwise) { return named >= 0 ? named : star >= 0 ? star : otherwise; };
  // Identity is acceptable unless refused, but less than anything that is named.
  return {of(brotli, 0), of(gzip, 0), of(identity, 1)};
}

}  // namespace kimberlite::http
