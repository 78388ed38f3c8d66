#pragma once

#include <string>
#include <string_view>

namespace kimberlite::rendering {

// Appends text for element content and quoted attributes: & < > " ' become references. NUL, which HTML cannot hold,
// becomes U+FFFD.
void AppendHtml(std::string& out, std::string_view text);

// Appends text for the inside of a JSON string that stands in a <script>: besides what JSON asks for, < > & and the
// line separators U+2028 and U+2029 are written as \u escapes, so that neither an HTML parser nor a JavaScript one ends
// early.
void AppendJson(std::string& out, std::string_view text);

// Whether a link may go there: relative, or http, https or mailto. No control characters and no surrounding spaces,
// which browsers would drop before they look at the scheme.
bool IsSafeUrl(std::string_view url);

// Appends a URL as a quoted attribute's value; "#" when it is not safe.
void AppendUrl(std::string& out, std::string_view url);

// Appends candidates ("/a.avif 480w, /b.avif 960w") as the value of a quoted srcset; nothing when one is not safe.
void AppendSrcset(std::string& out, std::string_view candidates);

}  // namespace kimberlite::rendering
