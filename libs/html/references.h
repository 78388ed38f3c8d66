#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kimberlite::html {

// What HTML's character reference of the name ("amp", without "&" and ";") stands for, in UTF-8; empty for a name that
// is none.
std::string_view NamedReference(std::string_view name);

// What a numeric reference means: windows-1252's characters for 0x80 to 0x9F, U+FFFD for what is no character.
std::uint32_t NumericReference(std::uint32_t point);

void AppendUtf8(std::string& out, std::uint32_t point);

// Appends text with its character references read as the HTML standard has them read (section 13.2.5.72) in text or in
// an attribute's value.
void AppendDecoded(std::string& out, std::string_view text, bool in_attribute);

}  // namespace kimberlite::html
