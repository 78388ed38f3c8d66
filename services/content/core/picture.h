#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kimberlite::content {

// What the first bytes of a picture say.
struct PictureInfo {
  std::string content_type;
  std::string extension;
  std::int32_t width = 0;  // pixels, greater than 0
  std::int32_t height = 0;

  bool operator==(const PictureInfo&) const = default;
};

// Type and size of a PNG, JPEG, WebP or AVIF, read from its bytes alone. Absent when it is none of them, is cut off
// before its size, or has a side of 0 or more than 65,535 pixels. The picture itself is not decoded.
std::optional<PictureInfo> SniffPicture(std::string_view bytes);

// Whether the bytes look like the beginning of an XML document: then it may be SVG.
bool LooksLikeXml(std::string_view bytes);

}  // namespace kimberlite::content
