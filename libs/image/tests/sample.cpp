#include "libs/image/tests/sample.h"

#include <vips/vips.h>

#include <cstdlib>

namespace kimberlite::image {
namespace {

void Check(int failed) {
  if (failed != 0) std::abort();
}

}  // namespace

std::string SamplePicture(const std::string& suffix, int width, int height, int orientation) {
  if (VIPS_INIT("test") != 0) std::abort();
  VipsImage* gradient = nullptr;
  VipsImage* bytes = nullptr;
  VipsImage* coloured = nullptr;
  VipsImage* image = nullptr;
  Check(vips_grey(&gradient, width, height, "uchar", TRUE, nullptr));
  Check(vips_bandjoin_const1(gradient, &bytes, 90, nullptr));
  Check(vips_bandjoin_const1(bytes, &coloured, 30, nullptr));
  Check(vips_copy(coloured, &image, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr));
  vips_image_set_int(image, VIPS_META_ORIENTATION, orientation);
  vips_image_set_string(image, "exif-ifd0-ImageDescription", kSamplePlace);
  void* data = nullptr;
  std::size_t size = 0;
  Check(vips_image_write_to_buffer(image, suffix.c_str(), &data, &size, nullptr));
  std::string made(static_cast<const char*>(data), size);
  g_free(data);
  for (VipsImage* each : {gradient, bytes, coloured, image}) g_object_unref(each);
  return made;
}

std::string SampleJpeg(int width, int height) { return SamplePicture(".jpg", width, height, 1); }

}  // namespace kimberlite::image
