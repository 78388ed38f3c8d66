#pragma once

#include <string>

// Pictures to try things on.
namespace kimberlite::image {

inline constexpr const char* kSamplePlace = "the place where it was taken";

// A gradient with kSamplePlace in its EXIF; lying on its side when `orientation` is 6. suffix: ".jpg", ".png[…]", ….
std::string SamplePicture(const std::string& suffix, int width, int height, int orientation = 1);
std::string SampleJpeg(int width, int height);

}  // namespace kimberlite::image
