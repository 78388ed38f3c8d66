#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

namespace kimberlite {

// Whether bytes are well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
bool IsValidUtf8(std::string_view text);

// Code points of well-formed UTF-8.
std::size_t CountCodePoints(std::string_view text);

// Checks a line of plain text that readers will see: valid UTF-8, no control characters (line breaks neither),
// no bidi overrides, embeddings or isolates (U+202A..202E, U+2066..2069), at least `min` and at most `max` code points
// (RESOURCE_EXHAUSTED above it). `field` names it in the error.
Result<void> CheckPlainText(std::string_view text, std::string field, std::size_t min, std::size_t max);

// Whether text is [a-z0-9] groups joined by single hyphens, 1 to max bytes.
bool IsSlug(std::string_view text, std::size_t max);

std::vector<std::string_view> Split(std::string_view text, char separator);
std::string_view TrimAscii(std::string_view text);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace kimberlite
