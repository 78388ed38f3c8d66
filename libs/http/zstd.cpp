#include "libs/http/zstd.h"

#include <zstd.h>

#include <cstdlib>

namespace kimberlite::http {

std::string CompressZstd(std::string_view bytes, int level) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size)) std::abort();  // the room is enough by its own reckoning: out of memory
  frame.resize(size);
  return frame;
}

Result<std::string> DecompressZstd(std::string_view frame, std::size_t max_bytes) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
    return Fail(Code::kInvalidArgument, "the bytes are no zstd frame that names its size");
  if (size > max_bytes) {
    return Fail(Code::kResourceExhausted,
                "the zstd frame holds " + std::to_string(size) + " bytes, more than " + std::to_string(max_bytes));
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  const std::size_t got = ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) || got != bytes.size()) return Fail(Code::kInvalidArgument, "the zstd frame is damaged");
  return bytes;
}

}  // namespace kimberlite::http
