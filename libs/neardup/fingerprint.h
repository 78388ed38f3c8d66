#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kimberlite::neardup {

// What is kept of a text to compare it with others: about 3 KiB for an article, never more than kMaxBytes.
//
// Words are Unicode's (UAX 29, with ICU's dictionaries where a language writes no spaces), case folded, without
// punctuation. A shingle is three words that follow each other. Of long texts only the shingles whose hash ends in
// `shingle_level` zero bits are kept, so that samples of two texts can be compared at the higher of their levels.
struct Fingerprint {
  std::vector<std::uint32_t> shingles;  // sorted, distinct
  std::vector<std::uint32_t> words;     // sorted, distinct; at word_level
  std::vector<std::uint32_t> numbers;   // sorted, distinct: words that have a digit
  std::uint8_t shingle_level = 0;
  std::uint8_t word_level = 0;
  std::uint32_t length = 0;  // in words, of the part that was read

  static constexpr std::size_t kMaxKept = 512;      // of each of the three
  static constexpr std::size_t kMaxRead = 1 << 20;  // bytes of a text that are looked at
  static constexpr std::size_t kMaxBytes = 3 * kMaxKept * sizeof(std::uint32_t);
};

// `language` is BCP 47 and decides how words are cut. Bytes that are not UTF-8 separate words.
Fingerprint FingerprintOf(std::string_view text, std::string_view language);

// What two texts have in common, 0 to 1 each.
struct Overlap {
  std::uint32_t shared_shingles = 0;  // estimated from the samples where one is kept
  double of_first = 0;                // the part of the first text's shingles that the second has
  double of_second = 0;
  double words = 0;    // of the shorter text's distinct words, weighed by rarity, those that the other has
  double numbers = 1;  // the same of its numbers; 1 when it has fewer than kFewNumbers
};

// Fewer numbers than these tell nothing.
inline constexpr std::size_t kFewNumbers = 3;

// How much a word says: the rarer, the more.
class WordWeights {
 public:
  void Add(const Fingerprint& text) { Count(text, 1); }
  void Remove(const Fingerprint& text) { Count(text, -1); }
  // log((texts + kAsIfTexts) / (texts with the word + 1)), never 0: nearly the same for all words while texts are few.
  double Of(std::uint32_t word) const;

  std::size_t memory() const { return texts_with_.capacity() * sizeof(std::int32_t); }

 private:
  static constexpr double kAsIfTexts = 100;
  static constexpr std::size_t kCells = std::size_t{1} << 17;  // words share cells; a shared one weighs a little less

  void Count(const Fingerprint& text, int change);

  std::vector<std::int32_t> texts_with_;
  std::int32_t texts_ = 0;
};

Overlap Compare(const Fingerprint& first, const Fingerprint& second, const WordWeights& weights);

}  // namespace kimberlite::neardup
