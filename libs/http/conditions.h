#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "libs/base/time.h"

// Conditions and ranges of HTTP.
namespace kimberlite::http {

// If-None-Match (RFC 9110 section 13.1.2): a list of tags or "*", compared weakly with a tag as it is sent.
bool TagListMatches(std::string_view list, std::string_view etag);

// An HTTP date (RFC 9110 section 5.6.7), IMF-fixdate alone: what FormatHttpDate writes and every client sends back.
std::optional<Time> ParseHttpDate(std::string_view text);

// Range (RFC 9110 section 14.2) of a representation of `size` bytes.
struct ByteRange {
  enum class Kind {
    kWhole,          // no range that is understood, or several: all of it is sent
    kPart,           // `first` to `last`, both included
    kUnsatisfiable,  // 416
  };
  Kind kind = Kind::kWhole;
  std::size_t first = 0;
  std::size_t last = 0;
};
ByteRange ReadRange(std::string_view range, std::size_t size);

}  // namespace kimberlite::http
