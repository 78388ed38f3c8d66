#pragma once

#include <string>
#include <string_view>

#include "libs/html/sanitize_rules.h"

namespace kimberlite::html {

// What the filter has let through, in the order of the source. Each function returns false to stop the filter.
class TokenSink {
 public:
  virtual ~TokenSink() = default;
  // An element of a kind from kContainer to kFormat; `written`: false when its tags are not to be written.
  virtual bool Start(const Element& element, std::string_view attributes, bool written) = 0;
  virtual bool End(const Element& element) = 0;
  virtual bool Void(const Element& element) = 0;  // br, hr, wbr
  // Text with its references decoded, without controls.
  virtual bool Text(std::string_view text) = 0;
  // Something finished, such as a picture, that stands in a line like a character; `in_link` instead of it within a
  // link.
  virtual bool Atom(std::string_view html, std::string_view in_link) = 0;
};

enum class Attributes : bool { kNone, kWritten };

// Reads HTML as tokens, drops what the sanitizer drops, and makes finished pieces of pictures, media and embeds; knows
// nothing of nesting. With Attributes::kNone no attribute is read and no atom is made. False when the sink stopped it.
bool FilterTokens(std::string_view html, std::string_view base_url, Attributes attributes, TokenSink& sink);

// Text in well-formed UTF-8 without controls and bidi overrides, CR as LF; a view of the text itself where that holds.
std::string_view Presentable(std::string_view text, std::string& scratch);

// Appends text with & < > escaped.
void AppendEscaped(std::string& out, std::string_view text);

}  // namespace kimberlite::html
