#pragma once

#include <string>
#include <string_view>

#include "libs/base/error.h"

namespace kimberlite::content {

// The HTML rebuilt from the allow-list of libs/html, at most 1 MiB before and after: RESOURCE_EXHAUSTED. `base_url` is
// where foreign HTML came from; empty for the newsroom's own.
Result<std::string> CleanBody(std::string_view html, std::string_view base_url, const std::string& field);

// CommonMark with tables and bare links (cmark-gfm) as HTML, then the same. Raw HTML in it goes through
// the same allow-list.
Result<std::string> MarkdownBody(std::string_view markdown, const std::string& field);

// Plain text as one paragraph; empty for empty text.
std::string ParagraphOf(std::string_view text);

}  // namespace kimberlite::content
