#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

// Pictures from strangers, through libvips.
namespace kimberlite::image {

inline constexpr std::int64_t kMaxPixels = 60'000'000;  // of a picture that is taken in
inline constexpr int kMaxSide = 20'000;                 // pixels

struct Encoded {
  std::string data;
  std::string content_type;  // "image/jpeg", "image/png", "image/webp", "image/avif"
  std::string extension;     // "jpg", "png", "webp", "avif"
  int width = 0;             // pixels
  int height = 0;
};

struct Prepared {
  Encoded picture;
  std::vector<Encoded> variants;  // AVIF then JPEG, narrowest first
};

// Decodes the whole picture (PNG, JPEG, WebP or AVIF; of an animation the first frame) and encodes it anew in its own
// type: upright as its orientation says, in sRGB, without any metadata, so without the place where it was taken.
// Variants are made in AVIF and JPEG for each of `widths` that is less than its own. INVALID_ARGUMENT for `field` when
// it is none of the types or does not decode; RESOURCE_EXHAUSTED when the header tells of more pixels than the limits,
// before anything is decoded. Memory: about 10 bytes a pixel. At most two at once in a process; others wait. The same
// bytes give the same result under one version of libvips and its encoders.
Result<Prepared> Prepare(std::string_view bytes, const std::vector<int>& widths, const std::string& field);

}  // namespace kimberlite::image
