#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace kimberlite::html {

// An inline element around text. Text points to its innermost one; an element that goes on in several blocks is one
// Format.
struct Format {
  const Format* parent = nullptr;
  int depth = 1;  // elements from the outermost to this
  std::string_view tag;
  std::string attributes;  // escaped, each with a space before it
};

// The smallest part of a line: text, a <br> or a picture.
struct Leaf {
  enum class Kind : std::uint8_t { kText, kBreak, kImage };
  Kind kind = Kind::kText;
  std::string text;  // kText: decoded; kImage: attributes, escaped
  const Format* format = nullptr;
};

// A run of leaves, bare or in a <p>, or an element that holds blocks.
struct Block {
  enum class Kind : std::uint8_t { kBare, kParagraph, kElement };
  Kind kind = Kind::kElement;
  std::string_view tag;    // of kElement
  std::string attributes;  // escaped
  std::vector<Leaf> leaves;
  std::vector<Block> blocks;
};

// Foreign HTML brought into the allow-list's form (clean.h tells its rules). Whoever prints it has only to escape text.
struct Document {
  std::deque<Format> formats;  // addresses stay
  std::vector<Block> blocks;
};

enum class Embeds : std::uint8_t { kLinks, kNothing };

Document ReadDocument(std::string_view html, std::string_view base_url, Embeds embeds);

// The same with all elements but paragraphs unwrapped: at most kMaxTags / 2 of them.
Document ReadText(std::string_view html);

}  // namespace kimberlite::html
