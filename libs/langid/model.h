#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "libs/langid/features.h"

namespace kimberlite::langid {

inline constexpr std::size_t kMaxLanguages = 32;
using Scores = std::array<float, kMaxLanguages>;

// A linear model over the features of a text: a row of small whole numbers for each, a column per language. Points into
// the bytes that it was made from.
class Model {
 public:
  // File: "KLID", version 1, languages (u8 each), scale (f32, little endian), names of eight bytes each, rows of
  // kMaxLanguages bytes.
  static Result<Model> Parse(std::string_view bytes);
  static std::string Write(const std::vector<std::string>& languages, float scale,
                           const std::vector<std::int8_t>& rows);

  // The one that is built in.
  static const Model& BuiltIn();

  const std::vector<std::string>& languages() const { return languages_; }

  // Before the softmax; columns beyond languages() mean nothing.
  Scores ScoresOf(const Features& features) const;

 private:
  std::vector<std::string> languages_;
  float scale_ = 0;
  const std::int8_t* rows_ = nullptr;
};

}  // namespace kimberlite::langid
