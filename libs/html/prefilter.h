#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kimberlite::html {

inline constexpr std::size_t kMaxInput = 4 << 20;  // bytes
inline constexpr std::size_t kMaxTags = 20'000;
// The parser's bound is above the writer's, since the parser itself adds levels (implied elements, reopened
// formatting).
inline constexpr int kMaxParsedDepth = 256;
inline constexpr int kMaxWrittenDepth = 200;

enum class Keep : unsigned char {
  kElements,
  // Only text, with <p> where blocks begin and end, at most kMaxTags / 2 of them.
  kText,
};

struct Prefiltered {
  std::string html;
  // More than kMaxTags elements: `html` ends early and is not to be used.
  bool too_many_tags = false;
};

// What stands between foreign bytes and the HTML5 parser. HTML's tree construction takes time and memory that grow with
// the square of the input for some inputs (unclosed elements, thousands of attributes) and gumbo recurses as deep as
// elements nest, so this reads the input's tokens by HTML's own rules and writes on only what the parser can take in
// linear time: the elements that document.cpp knows (synonyms made one, everything else dropped, with its content where
// that is no text of the page), their useful attributes, nested at most kMaxParsedDepth deep. It keeps nothing safe:
// what comes out is still foreign, and only the writer's allow-list decides what is published.
Prefiltered Prefilter(std::string_view html, Keep keep);

// The first kMaxInput bytes with malformed UTF-8 as U+FFFD: a view of the text itself where nothing is malformed.
std::string_view MendUtf8(std::string_view text, std::string& scratch);

}  // namespace kimberlite::html
