#include "libs/neardup/postings.h"

#include <bit>
#include <utility>

namespace kimberlite::neardup {
namespace {

constexpr std::size_t kSmallest = 1024;

}  // namespace

void Postings::Add(std::uint32_t shingle, std::uint32_t slot) {
  if ((used_ + 1) * 3 > table_.size() * 2) Grow();
  if (ForEach(shingle, [](std::uint32_t) {}) >= kCommon) return;
  Insert(static_cast<std::uint64_t>(shingle) << 32 | slot);
  ++used_;
}

void Postings::Remove(std::uint32_t shingle, std::uint32_t slot) {
  if (table_.empty()) return;
  const std::uint64_t pair = static_cast<std::uint64_t>(shingle) << 32 | slot;
  std::size_t gap = Home(shingle);
  while (table_[gap] != pair) {
    if (table_[gap] == kFree) return;
    gap = Next(gap);
  }
  --used_;
  // What follows moves up unless it would stand before its home (Knuth, vol. 3, 6.4, algorithm R).
  for (std::size_t at = Next(gap); table_[at] != kFree; at = Next(at)) {
    const std::size_t mask = table_.size() - 1;
    const std::size_t from_home = (at - Home(ShingleOf(table_[at]))) & mask;
    const std::size_t from_gap = (at - gap) & mask;
    if (from_home < from_gap) continue;
    table_[gap] = table_[at];
    gap = at;
  }
  table_[gap] = kFree;
}

void Postings::Grow() {
  const std::vector<std::uint64_t> old = std::move(table_);
  table_.assign(old.empty() ? kSmallest : old.size() * 2, kFree);
  shift_ = 64 - std::countr_zero(table_.size());
  for (const std::uint64_t pair : old) {
    if (pair != kFree) Insert(pair);
  }
}

void Postings::Insert(std::uint64_t pair) {
  std::size_t at = Home(ShingleOf(pair));
  while (table_[at] != kFree) at = Next(at);
  table_[at] = pair;
}

}  // namespace kimberlite::neardup
