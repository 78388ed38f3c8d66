#pragma once

#include <string>
#include <string_view>

#include "libs/base/error.h"

// Content codings of HTTP.
namespace kimberlite::http {

// quality 0 to 11; 5 is quick enough to do while a reader waits.
std::string CompressBrotli(std::string_view bytes, int quality = 5);
std::string CompressGzip(std::string_view bytes);

// How much an Accept-Encoding header (RFC 9110 section 12.5.3) likes each coding, in thousandths; 0: not acceptable.
// Without the header identity alone is liked, since a client that decodes says so. A weight that is none counts as 0.
struct CodingWeights {
  int brotli = 0;
  int gzip = 0;
  int identity = 1000;
};
CodingWeights ReadAcceptEncoding(std::string_view accept_encoding);

}  // namespace kimberlite::http
