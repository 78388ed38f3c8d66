#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "libs/base/error.h"

// Zstandard (RFC 8878), for what is kept.
namespace kimberlite::http {

// A frame that names its content's size. Level 3: about 300 MB/s.
std::string CompressZstd(std::string_view bytes, int level = 3);

// INVALID_ARGUMENT when it is no such frame; RESOURCE_EXHAUSTED when it would give more than `max_bytes`.
Result<std::string> DecompressZstd(std::string_view frame, std::size_t max_bytes);

}  // namespace kimberlite::http
