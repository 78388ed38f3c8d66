#pragma once

#include <cstdint>
#include <string_view>

namespace kimberlite::html {

// What the prefilter does with an element. The order of the table's parts is their rank.
enum class Kind : std::uint8_t {
  kContainer,  // a block that holds blocks
  kList,       // ul, ol: a container that bounds the search for li
  kTable,
  kHeading,
  kParagraph,
  kItem,
  kDefinition,  // dt, dd
  kRowGroup,
  kRow,
  kCell,
  kCaption,
  kInline,
  kFormat,  // formatting elements of the HTML standard, which the parser reopens in later blocks
  kVoid,
  kEmbed,    // written as <embed>
  kMedia,    // video, audio: as <embed> of their own or their first source's address; content dropped
  kRawText,  // content is no markup; dropped
  kDropped,  // dropped with content
  // Known to the sanitizer alone.
  kPicture,   // picture: one picture made of its sources and its img
  kNoScript,  // only pictures within are taken
};

struct Rule {
  std::string_view name;
  Kind kind;
  std::string_view written;
};

// The rule for an element's lower-case name; null for elements that are dropped, their content kept.
const Rule* FindRule(std::string_view name);

// Whether document.cpp reads attributes of the name.
bool IsKnownAttribute(std::string_view name);

}  // namespace kimberlite::html
