#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kimberlite::neardup {

// Which texts have a shingle: a table of pairs with linear probing, 8 bytes a pair at a load of at most 2/3. A shingle
// that kCommon texts have already is common: further texts are not entered under it.
class Postings {
 public:
  static constexpr std::size_t kCommon = 48;

  void Add(std::uint32_t shingle, std::uint32_t slot);
  // Nothing when it was not entered.
  void Remove(std::uint32_t shingle, std::uint32_t slot);

  // Calls visit(slot) for each text, and returns their number.
  template <typename Visit>
  std::size_t ForEach(std::uint32_t shingle, Visit visit) const {
    if (table_.empty()) return 0;
    std::size_t found = 0;
    for (std::size_t at = Home(shingle); table_[at] != kFree; at = Next(at)) {
      if (ShingleOf(table_[at]) != shingle) continue;
      visit(static_cast<std::uint32_t>(table_[at]));
      ++found;
    }
    return found;
  }

  std::size_t memory() const { return table_.capacity() * sizeof(std::uint64_t); }

 private:
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};  // no slot has the number 2³² − 1

  static std::uint32_t ShingleOf(std::uint64_t pair) { return static_cast<std::uint32_t>(pair >> 32); }
  std::size_t Next(std::size_t at) const { return (at + 1) & (table_.size() - 1); }
  // Low bits of kept shingles are zero: multiply, and take the high ones.
  std::size_t Home(std::uint32_t shingle) const {
    return static_cast<std::size_t>((shingle * 0x9E3779B97F4A7C15ULL) >> shift_);
  }
  void Grow();
  void Insert(std::uint64_t pair);

  std::vector<std::uint64_t> table_;  // a power of two
  int shift_ = 64;
  std::size_t used_ = 0;
};

}  // namespace kimberlite::neardup
