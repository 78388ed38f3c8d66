#include "libs/neardup/fingerprint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>

#include "libs/i18n/words.h"

namespace kimberlite::neardup {
namespace {

// FNV-1a, then the finalizer of MurmurHash3, so that every bit depends on every byte. Kept nowhere on disk.
std::uint64_t Mix(std::uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  return hash ^ hash >> 33;
}

std::uint64_t HashOf(std::string_view word) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : word) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  return Mix(hash);
}

void SortDistinct(std::vector<std::uint32_t>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

bool IsKept(std::uint32_t hash, int level) { return (hash & ((1U << level) - 1)) == 0; }

// Drops all but a sample, and returns its level.
std::uint8_t Thin(std::vector<std::uint32_t>& hashes) {
  SortDistinct(hashes);
  int level = 0;
  while (hashes.size() > Fingerprint::kMaxKept) {
    ++level;
    std::erase_if(hashes, [level](std::uint32_t hash) { return !IsKept(hash, level); });
  }
  hashes.shrink_to_fit();
  return static_cast<std::uint8_t>(level);
}

struct Weighed {
  double first = 0;
  double second = 0;
  double both = 0;
};

Weighed Weigh(const std::vector<std::uint32_t>& first, const std::vector<std::uint32_t>& second, int level,
              const WordWeights& weights) {
  Weighed weighed;
  for (auto a = first.begin(), b = second.begin(); a != first.end() || b != second.end();) {
    const bool in_first = b == second.end() || (a != first.end() && *a <= *b);
    const bool in_second = a == first.end() || (b != second.end() && *b <= *a);
    const std::uint32_t word = in_first ? *a : *b;
    a += in_first;
    b += in_second;
    if (!IsKept(word, level)) continue;
    const double weight = weights.Of(word);
    if (in_first) weighed.first += weight;
    if (in_second) weighed.second += weight;
    if (in_first && in_second) weighed.both += weight;
  }
  return weighed;
}

struct Counts {
  std::size_t first = 0;
  std::size_t second = 0;
  std::size_t both = 0;
};

Counts Intersect(const std::vector<std::uint32_t>& first, const std::vector<std::uint32_t>& second, int level) {
  Counts counts;
  for (const std::uint32_t hash : first) counts.first += IsKept(hash, level);
  for (const std::uint32_t hash : second) counts.second += IsKept(hash, level);
  for (auto a = first.begin(), b = second.begin(); a != first.end() && b != second.end();) {
    if (*a == *b) {
      counts.both += IsKept(*a, level);
      ++a;
      ++b;
    } else if (*a < *b) {
      ++a;
    } else {
      ++b;
    }
  }
  return counts;
}

double Part(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool HasDigit(std::string_view word) {
  return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

double WordWeights::Of(std::uint32_t word) const {
  const int with = texts_with_.empty() ? 0 : texts_with_[word % kCells];
  return std::max(0.01, std::log((texts_ + kAsIfTexts) / (with + 1.0)));
}

void WordWeights::Count(const Fingerprint& text, int change) {
  texts_with_.resize(kCells);
  texts_ += change;
  // Of a long text only a sample of its words was kept: each stands for several, but its own count is what matters.
  for (const std::uint32_t word : text.words) texts_with_[word % kCells] += change;
}

Fingerprint FingerprintOf(std::string_view text, std::string_view language) {
  if (text.size() > Fingerprint::kMaxRead) {
    text = text.substr(0, Fingerprint::kMaxRead);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.remove_suffix(1);
  }
  Fingerprint made;
  // Folded as one: case does not move the boundaries between words.
  const std::string folded = i18n::Fold(text);
  std::array<std::uint64_t, 2> before{};
  std::uint32_t count = 0;
  for (const i18n::Word word : i18n::SegmentWords(folded, language)) {
    const std::string_view spelled = word.In(folded);
    const std::uint64_t hash = HashOf(spelled);
    made.words.push_back(static_cast<std::uint32_t>(hash));
    if (HasDigit(spelled)) made.numbers.push_back(static_cast<std::uint32_t>(hash));
    if (++count >= 3) {
      made.shingles.push_back(static_cast<std::uint32_t>(Mix(hash + 3 * before[1] + 7 * before[0])));
    }
    before = {before[1], hash};
  }
  made.length = count;
  made.shingle_level = Thin(made.shingles);
  made.word_level = Thin(made.words);
  // Without a level: a table of thousands of numbers is compared by its smallest hashes only.
  SortDistinct(made.numbers);
  if (made.numbers.size() > Fingerprint::kMaxKept) made.numbers.resize(Fingerprint::kMaxKept);
  made.numbers.shrink_to_fit();
  return made;
}

Overlap Compare(const Fingerprint& first, const Fingerprint& second, const WordWeights& weights) {
  Overlap overlap;
  const int level = std::max(first.shingle_level, second.shingle_level);
  const Counts shingles = Intersect(first.shingles, second.shingles, level);
  overlap.shared_shingles = static_cast<std::uint32_t>(shingles.both << level);
  overlap.of_first = Part(shingles.both, shingles.first);
  overlap.of_second = Part(shingles.both, shingles.second);
  const Weighed words = Weigh(first.words, second.words, std::max(first.word_level, second.word_level), weights);
  const double whole = std::min(words.first, words.second);
  overlap.words = whole > 0 ? words.both / whole : 0;
  const Counts numbers = Intersect(first.numbers, second.numbers, 0);
  const std::size_t fewer = std::min(numbers.first, numbers.second);
  if (fewer >= kFewNumbers) overlap.numbers = Part(numbers.both, fewer);
  return overlap;
}

}  // namespace kimberlite::neardup
