#include "libs/http/coding.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <cstdlib>

#include "libs/base/text.h"

namespace kimberlite::http {
namespace {

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// "q=0", "q=0.0", "q=0.000": not acceptable.
bool IsZeroWeight(std::string_view parameter) {
  parameter = TrimAscii(parameter);
  if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return false;
  return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
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

bool Accepts(std::string_view accept_encoding, std::string_view coding) {
  bool by_star = false;
  for (const std::string_view item : Split(accept_encoding, ',')) {
    const auto parts = Split(item, ';');
    const std::string_view name = TrimAscii(parts[0]);
    const bool refused = parts.size() > 1 && IsZeroWeight(parts[1]);
    if (EqualsIgnoringCase(name, coding)) return !refused;
    if (name == "*") by_star = !refused;
  }
  return by_star;
}

}  // namespace kimberlite::http
