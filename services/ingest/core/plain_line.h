#pragma once

#include <string>
#include <string_view>

namespace kimberlite::ingest {

// Text as one line that readers may see: runs of white space and control characters are one space, none at the ends;
// bidi overrides, embeddings and isolates are dropped. Takes and gives well-formed UTF-8. Reads the first 16 KiB.
std::string PlainLine(std::string_view text);

// The same of bytes that may not be UTF-8: what is not becomes U+FFFD.
std::string PlainLineOfBytes(std::string_view bytes);

// The same of HTML or of text that may hold HTML, such as an RSS title. Reads the first 64 KiB.
std::string PlainLineOfHtml(std::string_view html);

}  // namespace kimberlite::ingest
