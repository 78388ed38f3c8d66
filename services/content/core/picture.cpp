#include "services/content/core/picture.h"

#include <algorithm>
#include <cstdint>

#include "libs/base/text.h"

namespace kimberlite::content {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kMaxSide = 65'535;

std::uint64_t BigEndian(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::uint64_t LittleEndian(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = length; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

std::optional<PictureInfo> Info(std::string_view type, std::string_view extension, std::uint64_t width,
                                std::uint64_t height) {
  if (width == 0 || height == 0 || width > kMaxSide || height > kMaxSide) return std::nullopt;
  return PictureInfo{std::string(type), std::string(extension), static_cast<std::int32_t>(width),
                     static_cast<std::int32_t>(height)};
}

// Signature, then the IHDR chunk: length, type, width, height.
std::optional<PictureInfo> Png(std::string_view bytes) {
  if (bytes.size() < 24 || bytes.substr(12, 4) != "IHDR") return std::nullopt;
  return Info("image/png", "png", BigEndian(bytes, 16, 4), BigEndian(bytes, 20, 4));
}

// Segments up to the start of a frame, which says the size.
std::optional<PictureInfo> Jpeg(std::string_view bytes) {
  std::size_t at = 2;
  while (at + 4 <= bytes.size()) {
    if (bytes[at] != '\xFF') return std::nullopt;
    const auto marker = static_cast<unsigned char>(bytes[at + 1]);
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    if (marker == 0xD8 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) {  // markers without a segment
      at += 2;
      continue;
    }
    if (marker == 0xD9 || marker == 0xDA) return std::nullopt;  // the data begin before any frame did
    const std::uint64_t length = BigEndian(bytes, at + 2, 2);
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) {
      if (at + 9 > bytes.size()) return std::nullopt;
      return Info("image/jpeg", "jpg", BigEndian(bytes, at + 7, 2), BigEndian(bytes, at + 5, 2));
    }
    if (length < 2) return std::nullopt;
    at += 2 + length;
  }
  return std::nullopt;
}

// RIFF container whose first chunk is VP8 (lossy), VP8L (lossless) or VP8X (extended).
std::optional<PictureInfo> WebP(std::string_view bytes) {
  if (bytes.size() < 30) return std::nullopt;
  const std::string_view chunk = bytes.substr(12, 4);
  if (chunk == "VP8X") {
    return Info("image/webp", "webp", LittleEndian(bytes, 24, 3) + 1, LittleEndian(bytes, 27, 3) + 1);
  }
  if (chunk == "VP8L" && bytes[20] == '\x2F') {
    const std::uint64_t packed = LittleEndian(bytes, 21, 4);
    return Info("image/webp", "webp", (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1);
  }
  if (chunk == "VP8 " && bytes.substr(23, 3) == "\x9D\x01\x2A"sv) {
    return Info("image/webp", "webp", LittleEndian(bytes, 26, 2) & 0x3FFF, LittleEndian(bytes, 28, 2) & 0x3FFF);
  }
  return std::nullopt;
}

// The largest image spatial extent (ispe) in a chain of boxes: thumbnails and the tiles of a grid have smaller ones.
void LargestExtent(std::string_view boxes, int depth, std::uint64_t& width, std::uint64_t& height) {
  while (boxes.size() >= 8) {
    std::uint64_t size = BigEndian(boxes, 0, 4);
    const std::string_view type = boxes.substr(4, 4);
    std::size_t header = 8;
    if (size == 1) {
      if (boxes.size() < 16) return;
      size = BigEndian(boxes, 8, 8);
      header = 16;
    } else if (size == 0) {
      size = boxes.size();
    }
    if (size < header || size > boxes.size()) return;
    std::string_view content = boxes.substr(header, size - header);
    if (type == "ispe" && content.size() >= 12) {
      const std::uint64_t own_width = BigEndian(content, 4, 4);
      const std::uint64_t own_height = BigEndian(content, 8, 4);
      if (own_width * own_height > width * height) width = own_width, height = own_height;
    } else if (depth < 4 && (type == "meta" || type == "iprp" || type == "ipco")) {
      if (type == "meta") content = content.substr(std::min<std::size_t>(4, content.size()));  // version and flags
      LargestExtent(content, depth + 1, width, height);
    }
    boxes.remove_prefix(size);
  }
}

std::optional<PictureInfo> Avif(std::string_view bytes) {
  const std::uint64_t size = BigEndian(bytes, 0, 4);
  if (size < 16 || size > bytes.size()) return std::nullopt;
  bool avif = false;
  for (std::size_t at = 8; at + 4 <= size; at += 4) {
    const std::string_view brand = bytes.substr(at, 4);
    if (at != 12 && (brand == "avif" || brand == "avis")) avif = true;  // at 12 stands the minor version
  }
  if (!avif) return std::nullopt;
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  LargestExtent(bytes, 0, width, height);
  return Info("image/avif", "avif", width, height);
}

}  // namespace

std::optional<PictureInfo> SniffPicture(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv)) return Png(bytes);
  if (bytes.starts_with("\xFF\xD8\xFF"sv)) return Jpeg(bytes);
  if (bytes.size() >= 16 && bytes.starts_with("RIFF"sv) && bytes.substr(8, 4) == "WEBP") return WebP(bytes);
  if (bytes.size() >= 16 && bytes.substr(4, 4) == "ftyp") return Avif(bytes);
  return std::nullopt;
}

bool LooksLikeXml(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF"sv)) bytes.remove_prefix(3);
  return TrimAscii(bytes.substr(0, 1024)).starts_with('<');
}

}  // namespace kimberlite::content
