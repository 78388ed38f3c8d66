#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "services/tagging/core/tokens.h"

// Learning from articles that editors tagged.
namespace kimberlite::tagging::learn {

// An article as it is read.
struct Article {
  std::string id;
  std::string language;
  std::string title;
  std::string summary;
  std::string content;
  std::vector<std::string> tags;  // as typed; empty where they are asked for
};

inline constexpr std::size_t kFields = 3;
inline constexpr std::string_view kFieldNames[kFields] = {"title", "summary", "content"};
inline constexpr std::size_t kMaxFieldBytes = 200'000;  // of a field that are read

// An article cut into folded words once, for all that looks at it.
struct Document {
  std::vector<Token> tokens[kFields];
  std::string_view text[kFields];

  // Points into the article.
  static Document Of(const Article& article);
};

// A sparse vector: features in growing order with weights, of length 1.
struct Vector {
  std::vector<std::pair<std::uint32_t, float>> entries;
};
float Dot(const Vector& a, const Vector& b);

// Words (their beginnings, so that inflected forms meet) and pairs of neighbours, weighed by rarity; what stands in the
// title and summary weighs more.
class Terms {
 public:
  // Counts in how many documents each term is. Once, for all; then Close().
  void Count(const Document& document);
  void Close();
  Vector VectorOf(const Document& document) const;
  std::size_t size() const { return rarity_.size(); }

 private:
  template <typename Visit>
  static void ForEachTerm(const Document& document, Visit visit);

  std::unordered_map<std::uint64_t, std::uint32_t> documents_with_;
  std::unordered_map<std::uint64_t, std::uint32_t> features_;
  std::vector<float> rarity_;
  std::uint32_t documents_ = 0;
};

}  // namespace kimberlite::tagging::learn
