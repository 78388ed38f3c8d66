#pragma once

#include <string>
#include <string_view>

namespace kimberlite::html {

// The text that a reader sees: entities decoded, runs of white space one space, a "\n" between blocks and for <br>,
// none at the ends; scripts, styles and all that Clean drops are left out. The same for HTML and for its Clean form,
// but for embeds. Limits as Clean's.
std::string PlainText(std::string_view html);

// The same in one line, blocks parted by a space; fast, as no tree is built. What an unclosed element would take in is
// text all the same.
std::string TextLine(std::string_view html);

// For element content: & < > escaped.
std::string EscapeText(std::string_view text);

// For attribute values within double quotes: & < > " ' escaped.
std::string EscapeAttribute(std::string_view text);

}  // namespace kimberlite::html
