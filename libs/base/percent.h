#pragma once

#include <optional>
#include <string>
#include <string_view>

// Percent-encoding (RFC 3986 section 2.1).
namespace kimberlite {

// Every byte but the unreserved characters (section 2.3) becomes %XX.
std::string PercentEncode(std::string_view text);

// The byte that the escape at the front of `text` stands for; absent where no whole escape begins there.
std::optional<char> PercentEscape(std::string_view text);

}  // namespace kimberlite
