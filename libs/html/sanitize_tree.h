#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kimberlite::html {

// The sanitized form of HTML that gumbo has mended; absent when it has more than kMaxTags tags.
std::optional<std::string> SanitizeTree(std::string_view html, std::string_view base_url);

}  // namespace kimberlite::html
