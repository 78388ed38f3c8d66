#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kimberlite::ingest {

// The bytes that base64 (RFC 4648 section 4, and section 5's letters too) stands for; white space within and missing
// padding do not matter. Absent when the text is none.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace kimberlite::ingest
