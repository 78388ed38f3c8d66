#include "libs/langid/model.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace kimberlite::langid {
namespace {

constexpr std::string_view kMagic = "KLID\x01";
constexpr std::size_t kName = 8;
constexpr std::size_t kHeader = kMagic.size() + 1 + sizeof(float);
constexpr std::size_t kRows = std::size_t{kBuckets} * kMaxLanguages;
static_assert(std::endian::native == std::endian::little);

// languages.model, by model_data.S
extern "C" const char kimberlite_langid_model[];
extern "C" const char kimberlite_langid_model_end[];

}  // namespace

Result<Model> Model::Parse(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return Fail(Code::kDataLoss, "the language model has another format");
  Model model;
  const std::size_t count = static_cast<unsigned char>(bytes[kMagic.size()]);
  if (count == 0 || count > kMaxLanguages || bytes.size() != kHeader + count * kName + kRows) {
    return Fail(Code::kDataLoss, "the language model is cut short");
  }
  std::memcpy(&model.scale_, bytes.data() + kMagic.size() + 1, sizeof(float));
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view name = bytes.substr(kHeader + i * kName, kName);
    model.languages_.emplace_back(name.substr(0, name.find('\0')));
  }
  model.rows_ = reinterpret_cast<const std::int8_t*>(bytes.data() + kHeader + count * kName);
  return model;
}

std::string Model::Write(const std::vector<std::string>& languages, float scale, const std::vector<std::int8_t>& rows) {
  std::string bytes(kMagic);
  bytes += static_cast<char>(languages.size());
  bytes.append(reinterpret_cast<const char*>(&scale), sizeof(scale));
  for (const std::string& language : languages) {
    std::string name = language;
    name.resize(kName);
    bytes += name;
  }
  bytes.append(reinterpret_cast<const char*>(rows.data()), rows.size());
  return bytes;
}

const Model& Model::BuiltIn() {
  static const Model model = [] {
    auto parsed = Parse(
        {kimberlite_langid_model, static_cast<std::size_t>(kimberlite_langid_model_end - kimberlite_langid_model)});
    if (!parsed) std::abort();  // built from another tree
    return *std::move(parsed);
  }();
  return model;
}

Scores Model::ScoresOf(const Features& features) const {
  Scores scores{};
  const std::vector<std::uint32_t>& rows = features.rows();
  if (rows.empty()) return scores;
  // Sums of 256 rows fit into 16 bits, where twice as many columns are added at once.
  constexpr std::size_t kBlock = 256;
  constexpr std::size_t kAhead = 24;
  std::array<std::int32_t, kMaxLanguages> sums{};
  for (std::size_t begin = 0; begin < rows.size(); begin += kBlock) {
    const std::size_t end = std::min(rows.size(), begin + kBlock);
    std::array<std::int16_t, kMaxLanguages> block{};
    for (std::size_t i = begin; i < end; ++i) {
      // The rows lie all over 4 MiB: ask for one before it is needed.
      if (i + kAhead < rows.size()) __builtin_prefetch(rows_ + std::size_t{rows[i + kAhead]} * kMaxLanguages);
      const std::int8_t* const row = rows_ + std::size_t{rows[i]} * kMaxLanguages;
      for (std::size_t c = 0; c < kMaxLanguages; ++c) block[c] = static_cast<std::int16_t>(block[c] + row[c]);
    }
    for (std::size_t c = 0; c < kMaxLanguages; ++c) sums[c] += block[c];
  }
  const float unit = scale_ / std::sqrt(static_cast<float>(rows.size()));
  for (std::size_t c = 0; c < kMaxLanguages; ++c) scores[c] = static_cast<float>(sums[c]) * unit;
  return scores;
}

}  // namespace kimberlite::langid
