#pragma once

#include <string>
#include <string_view>

namespace kimberlite::rendering {

// A style sheet without comments and the white space that means nothing. Strings stay as they are.
std::string MinifyCss(std::string_view css);

// SHA-256 in base64, as Content-Security-Policy names the content of an inline element.
std::string Sha256Base64(std::string_view bytes);

}  // namespace kimberlite::rendering
