#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace kimberlite::bench {

// A news text: a headline and paragraphs.
struct Article {
  std::string language;
  std::string headline;
  std::vector<std::string> paragraphs;

  std::string Text() const;
};

// Cuts a body at line breaks, or after every third sentence where it has none.
std::vector<std::string> ParagraphsOf(std::string_view body);

// Makes of an article what other newsrooms make of it. `words` is where changed words come from.
class Variants {
 public:
  Variants(std::vector<std::string> words, unsigned seed) : words_(std::move(words)), random_(seed) {}

  static const std::vector<std::string>& Kinds();
  Article Make(std::string_view kind, const Article& original);

  // A report by a pattern with its figures and names filled in: weather, rates, a table of results. Two of them are
  // never the same report.
  Article Report(std::string_view language, int pattern);

 private:
  Article Cut(Article article, double part);
  Article EditSentences(Article article);
  std::string Reword(std::string_view text, double part, bool joined);
  double Uniform(double from, double to) { return std::uniform_real_distribution<double>(from, to)(random_); }
  int Number(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  const std::string& Word() { return words_[static_cast<std::size_t>(Number(0, static_cast<int>(words_.size()) - 1))]; }

  std::vector<std::string> words_;
  std::mt19937 random_;
};

}  // namespace kimberlite::bench
