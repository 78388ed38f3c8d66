#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kimberlite::ingest {

struct DecodedText {
  std::string_view text;  // well-formed UTF-8 without a byte order mark: the bytes themselves where they are that
  std::string charset;    // what it was read as, in WHATWG's names: "utf-8", "windows-1251", …
  std::string warning;    // empty, or a sentence: the label was wrong, bytes were replaced
  std::unique_ptr<std::string> converted;  // what `text` is a view of where it is not the bytes
};

// Reads the bytes of a document as text. In this order (RFC 7303 section 3, WHATWG Encoding labels): byte order mark,
// charset of the Content-Type header, XML declaration, UTF-8. Two lies are so common that they are seen through: a
// label of a single-byte charset or US-ASCII on what is plainly UTF-8, and UTF-8 claimed for what is not (then the
// other label, else a guess from the bytes). UTF-7 and other unknown labels count as none. `content_type` may be empty.
DecodedText DecodeText(std::string_view bytes, std::string_view content_type);

}  // namespace kimberlite::ingest
