#include "libs/image/picture.h"

#include <vips/vips.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <semaphore>

namespace kimberlite::image {
namespace {

constexpr int kJpegQuality = 90;  // of a picture that is kept
constexpr int kVariantJpegQuality = 78;
constexpr int kVariantAvifQuality = 52;
constexpr int kAvifEffort = 1;  // of 9: each step about doubles the time

struct DeleteObject {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, DeleteObject>;

// Once in a process; never shut down, since threads of the library live until its end.
void Start() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (VIPS_INIT("kimberlite") != 0) std::abort();  // the library does not fit its header
    // What it has to say of a stranger's picture is in the error of the call.
    g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING, [](const char*, GLogLevelFlags, const char*, void*) {}, nullptr);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
  });
}

std::string LastError() {
  std::string text = vips_error_buffer();
  vips_error_clear();
  std::ranges::replace(text, '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text.substr(0, 200);
}

std::unexpected<Error> Bad(const std::string& field, const std::string& rule) {
  return Fail(Error::Field(Code::kInvalidArgument, field, rule));
}
std::unexpected<Error> Undecodable(const std::string& field) {
  return Bad(field, "must be a whole picture; decoding said: " + LastError());
}

enum class Type : std::uint8_t { kNone, kJpeg, kPng, kWebp, kAvif };

Type TypeOf(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xD8\xFF")) return Type::kJpeg;
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return Type::kPng;
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return Type::kWebp;
  const std::string_view brand = bytes.substr(std::min<std::size_t>(4, bytes.size()), 8);
  if (brand == "ftypavif" || brand == "ftypavis" || brand == "ftypmif1") return Type::kAvif;
  return Type::kNone;
}

// By its own loader, and no other of the many that the library has.
Image Load(Type type, std::string_view bytes) {
  void* data = const_cast<char*>(bytes.data());
  VipsImage* image = nullptr;
  int failed = 1;
  constexpr auto kFailOn = VIPS_FAIL_ON_ERROR;
  switch (type) {
    case Type::kJpeg: failed = vips_jpegload_buffer(data, bytes.size(), &image, "fail_on", kFailOn, nullptr); break;
    case Type::kPng: failed = vips_pngload_buffer(data, bytes.size(), &image, "fail_on", kFailOn, nullptr); break;
    case Type::kWebp: failed = vips_webpload_buffer(data, bytes.size(), &image, "fail_on", kFailOn, nullptr); break;
    case Type::kAvif: failed = vips_heifload_buffer(data, bytes.size(), &image, "fail_on", kFailOn, nullptr); break;
    case Type::kNone: break;
  }
  return Image(failed == 0 ? image : nullptr);
}

// Runs one operation of the library.
template <typename Operation>
Image Run(const Image& in, Operation operation) {
  VipsImage* out = nullptr;
  return Image(operation(in.get(), &out) == 0 ? out : nullptr);
}

// Decoded whole, upright, 8 bits a channel of sRGB.
Image Decode(Image image) {
  image = Run(image, [](VipsImage* in, VipsImage** out) { return vips_autorot(in, out, nullptr); });
  if (!image) return image;
  if (vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME) != 0) {
    Image converted = Run(image, [](VipsImage* in, VipsImage** out) {
      return vips_icc_transform(in, out, "srgb", "embedded", TRUE, "depth", 8, nullptr);
    });
    // A broken profile is no reason to refuse a picture that decodes.
    if (converted) {
      image = std::move(converted);
    } else {
      vips_error_clear();
    }
  }
  image = Run(image, [](VipsImage* in, VipsImage** out) {
    return vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, nullptr);
  });
  if (!image) return image;
  image = Run(image, [](VipsImage* in, VipsImage** out) { return vips_cast_uchar(in, out, nullptr); });
  if (!image) return image;
  return Image(vips_image_copy_memory(image.get()));
}

// The size of a picture to be written.
Encoded Named(const Image& image, std::string content_type, std::string extension) {
  return {.content_type = std::move(content_type),
          .extension = std::move(extension),
          .width = vips_image_get_width(image.get()),
          .height = vips_image_get_height(image.get())};
}

template <typename Save>
Result<void> SaveTo(Encoded& encoded, Save save) {
  void* buffer = nullptr;
  std::size_t size = 0;
  if (save(&buffer, &size) != 0) return Fail(Code::kInternal, "a picture was not encoded: " + LastError());
  encoded.data.assign(static_cast<const char*>(buffer), size);
  g_free(buffer);
  return {};
}

Result<Encoded> ToJpeg(const Image& image, int quality) {
  const Image flat = vips_image_hasalpha(image.get()) == 0 ? nullptr : Run(image, [](VipsImage* in, VipsImage** out) {
    const std::unique_ptr<VipsArrayDouble, void (*)(VipsArrayDouble*)> white(
        vips_array_double_newv(1, 255.0), [](VipsArrayDouble* array) { vips_area_unref(VIPS_AREA(array)); });
    return vips_flatten(in, out, "background", white.get(), nullptr);
  });
  VipsImage* const source = flat ? flat.get() : image.get();
  Encoded encoded = Named(image, "image/jpeg", "jpg");
  KIMBERLITE_RETURN_IF_ERROR(SaveTo(encoded, [&](void** buffer, std::size_t* size) {
    return vips_jpegsave_buffer(source, buffer, size, "Q", quality, "strip", TRUE, "optimize_coding", TRUE, "interlace",
                                TRUE, nullptr);
  }));
  return encoded;
}

Result<Encoded> ToAvif(const Image& image, int quality) {
  Encoded encoded = Named(image, "image/avif", "avif");
  KIMBERLITE_RETURN_IF_ERROR(SaveTo(encoded, [&](void** buffer, std::size_t* size) {
    return vips_heifsave_buffer(image.get(), buffer, size, "Q", quality, "compression",
                                VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", kAvifEffort, "strip", TRUE, nullptr);
  }));
  return encoded;
}

Result<Encoded> Again(Type type, const Image& image) {
  if (type == Type::kJpeg) return ToJpeg(image, kJpegQuality);
  if (type == Type::kAvif) return ToAvif(image, kJpegQuality - 20);
  Encoded encoded = type == Type::kPng ? Named(image, "image/png", "png") : Named(image, "image/webp", "webp");
  KIMBERLITE_RETURN_IF_ERROR(SaveTo(encoded, [&](void** buffer, std::size_t* size) {
    if (type == Type::kPng) return vips_pngsave_buffer(image.get(), buffer, size, "strip", TRUE, nullptr);
    return vips_webpsave_buffer(image.get(), buffer, size, "Q", kJpegQuality, "strip", TRUE, nullptr);
  }));
  return encoded;
}

Result<std::vector<Encoded>> Variants(const Image& whole, std::vector<int> widths) {
  std::ranges::sort(widths, std::greater());
  std::vector<Encoded> avif;
  std::vector<Encoded> jpeg;
  // Each from the next wider one, which costs a tenth of going back to the whole.
  Image previous;
  for (const int width : widths) {
    const Image& from = previous ? previous : whole;
    if (width < 1 || width >= vips_image_get_width(whole.get())) continue;
    const double scale = static_cast<double>(width) / vips_image_get_width(whole.get());
    const int height = std::max(1, static_cast<int>(std::lround(scale * vips_image_get_height(whole.get()))));
    Image smaller = Run(from, [&](VipsImage* in, VipsImage** out) {
      return vips_thumbnail_image(in, out, width, "height", height, "size", VIPS_SIZE_FORCE, nullptr);
    });
    if (smaller) smaller = Image(vips_image_copy_memory(smaller.get()));
    if (!smaller) return Fail(Code::kInternal, "a picture was not scaled: " + LastError());
    KIMBERLITE_ASSIGN_OR_RETURN(Encoded light, ToAvif(smaller, kVariantAvifQuality));
    KIMBERLITE_ASSIGN_OR_RETURN(Encoded plain, ToJpeg(smaller, kVariantJpegQuality));
    avif.insert(avif.begin(), std::move(light));
    jpeg.insert(jpeg.begin(), std::move(plain));
    previous = std::move(smaller);
  }
  avif.insert(avif.end(), std::make_move_iterator(jpeg.begin()), std::make_move_iterator(jpeg.end()));
  return avif;
}

}  // namespace

Result<Prepared> Prepare(std::string_view bytes, const std::vector<int>& widths, const std::string& field) {
  const Type type = TypeOf(bytes);
  if (type == Type::kNone) return Bad(field, "must be a PNG, JPEG, WebP or AVIF picture");
  Start();
  static std::counting_semaphore<> rooms(2);
  struct Room {
    Room() { rooms.acquire(); }
    ~Room() {
      vips_thread_shutdown();
      rooms.release();
    }
  } const room;

  Image header = Load(type, bytes);
  if (!header) return Undecodable(field);
  const std::int64_t width = vips_image_get_width(header.get());
  const std::int64_t height = vips_image_get_height(header.get());
  if (width > kMaxSide || height > kMaxSide || width * height > kMaxPixels) {
    return Fail(Error::Field(Code::kResourceExhausted, field,
                             "must be at most 60 million pixels and 20,000 on a side, this is " +
                                 std::to_string(width) + " × " + std::to_string(height)));
  }
  const Image whole = Decode(std::move(header));
  if (!whole) return Undecodable(field);
  Prepared prepared;
  KIMBERLITE_ASSIGN_OR_RETURN(prepared.picture, Again(type, whole));
  KIMBERLITE_ASSIGN_OR_RETURN(prepared.variants, Variants(whole, widths));
  return prepared;
}

}  // namespace kimberlite::image
