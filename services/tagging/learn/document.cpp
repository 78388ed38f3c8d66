#include "services/tagging/learn/document.h"

#include <algorithm>
#include <cmath>

namespace kimberlite::tagging::learn {
namespace {

constexpr std::size_t kBeginning = 6;  // letters of a word that count
constexpr std::uint32_t kLeastDocuments = 2;
constexpr std::uint32_t kLeastDocumentsOfPair = 4;
constexpr float kFieldWeight[kFields] = {3, 2, 1};
constexpr std::uint64_t kPair = std::uint64_t{1} << 63;

std::string_view BeginningOf(std::string_view word) {
  std::size_t letters = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if ((static_cast<unsigned char>(word[i]) & 0xC0) != 0x80 && letters++ == kBeginning) return word.substr(0, i);
  }
  return word;
}

std::uint64_t HashOf(std::string_view word) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : word) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  return (hash ^ hash >> 29) & ~kPair;
}

bool Tells(std::string_view word) {
  return word.size() > 2 &&
         (static_cast<unsigned char>(word[0]) >= 0xE0 || word.size() > 4 ||
          static_cast<unsigned char>(word[0]) < 0x80) &&
         !(word[0] >= '0' && word[0] <= '9');
}

std::string_view HeadOf(std::string_view text) {
  if (text.size() <= kMaxFieldBytes) return text;
  text = text.substr(0, kMaxFieldBytes);
  return text.substr(0, std::min(text.size(), text.rfind(' ')));
}

}  // namespace

Document Document::Of(const Article& article) {
  Document document;
  const std::string_view texts[kFields] = {article.title, article.summary, article.content};
  for (std::size_t field = 0; field < kFields; ++field) {
    document.text[field] = HeadOf(texts[field]);
    document.tokens[field] = Tokenise(document.text[field], article.language);
  }
  return document;
}

float Dot(const Vector& a, const Vector& b) {
  float sum = 0;
  for (auto x = a.entries.begin(), y = b.entries.begin(); x != a.entries.end() && y != b.entries.end();) {
    if (x->first == y->first) {
      sum += x->second * y->second;
      ++x;
      ++y;
    } else if (x->first < y->first) {
      ++x;
    } else {
      ++y;
    }
  }
  return sum;
}

template <typename Visit>
void Terms::ForEachTerm(const Document& document, Visit visit) {
  for (std::size_t field = 0; field < kFields; ++field) {
    std::uint64_t before = 0;
    for (const Token& token : document.tokens[field]) {
      if (!Tells(token.key)) {
        before = 0;
        continue;
      }
      const std::uint64_t hash = HashOf(BeginningOf(token.key));
      visit(hash, kFieldWeight[field]);
      if (before != 0) visit((before * 0x9E3779B97F4A7C15ULL + hash) | kPair, kFieldWeight[field]);
      before = hash;
    }
  }
}

void Terms::Count(const Document& document) {
  std::vector<std::uint64_t> terms;
  ForEachTerm(document, [&](std::uint64_t term, float) { terms.push_back(term); });
  std::ranges::sort(terms);
  const auto end = std::ranges::unique(terms).begin();
  for (auto term = terms.begin(); term != end; ++term) ++documents_with_[*term];
  ++documents_;
}

void Terms::Close() {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> kept;
  for (const auto& [term, with] : documents_with_) {
    const bool pair = (term & kPair) != 0;
    if (with >= (pair ? kLeastDocumentsOfPair : kLeastDocuments) && with * 2 <= documents_ + 1)
      kept.emplace_back(term, with);
  }
  // The order of a hash table is no order.
  std::ranges::sort(kept);
  for (const auto& [term, with] : kept) {
    features_[term] = static_cast<std::uint32_t>(rarity_.size());
    rarity_.push_back(std::log((1.0F + static_cast<float>(documents_)) / static_cast<float>(with)));
  }
  documents_with_.clear();
}

Vector Terms::VectorOf(const Document& document) const {
  Vector vector;
  ForEachTerm(document, [&](std::uint64_t term, float weight) {
    if (const auto known = features_.find(term); known != features_.end()) {
      vector.entries.emplace_back(known->second, weight);
    }
  });
  auto& entries = vector.entries;
  std::ranges::sort(entries, {}, &std::pair<std::uint32_t, float>::first);
  std::size_t used = 0;
  float squares = 0;
  for (std::size_t i = 0; i < entries.size();) {
    const std::uint32_t feature = entries[i].first;
    float count = 0;
    for (; i < entries.size() && entries[i].first == feature; ++i) count += entries[i].second;
    const float weight = (1 + std::log(count)) * rarity_[feature];
    squares += weight * weight;
    entries[used++] = {feature, weight};
  }
  entries.resize(used);
  for (auto& [feature, weight] : entries) weight /= std::sqrt(squares);
  return vector;
}

}  // namespace kimberlite::tagging::learn
