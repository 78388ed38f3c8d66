#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kimberlite::html {

// White space of HTML.
inline bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

// Drops what is neither seen nor allowed in XML: controls but white space, bidi overrides, non-characters, the byte
// order mark. A CR becomes LF, a form feed a space.
std::string DropControls(std::string_view text);

// Controls dropped, white space made single spaces, none at the ends.
std::string OneLine(std::string_view text);

// Whether text is nothing but white space and no-break spaces.
bool IsBlank(std::string_view text);

// A whole number from `min` to `max`; "px" may follow it.
std::optional<int> Number(std::string_view text, int min, int max);

// Whether text is a date or a date and time as HTML's <time> takes them: 2026, 2026-11, 2026-11-24,
// 2026-11-24T18:30+09:00.
bool IsDateTime(std::string_view text);

// Whether text has the shape of a BCP 47 language tag.
bool IsLanguage(std::string_view text);

}  // namespace kimberlite::html
