#pragma once

#include <string>
#include <string_view>

#include "libs/base/error.h"

// Content codings of HTTP.
namespace kimberlite::http {

// quality 0 to 11; 5 is quick enough to do while a reader waits.
std::string CompressBrotli(std::string_view bytes, int quality = 5);
std::string CompressGzip(std::string_view bytes);

// Whether an Accept-Encoding header (RFC 9110 section 12.5.3) takes the coding: named, or by "*", with q above 0.
bool Accepts(std::string_view accept_encoding, std::string_view coding);

}  // namespace kimberlite::http
