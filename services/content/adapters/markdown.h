#pragma once

#include <string>
#include <string_view>

namespace kimberlite::content {

// HTML of CommonMark (cmark-gfm) with tables and bare links. Raw HTML passes: what comes out is foreign
// HTML and must be cleaned. The text is UTF-8.
std::string HtmlOfMarkdown(std::string_view markdown);

}  // namespace kimberlite::content
