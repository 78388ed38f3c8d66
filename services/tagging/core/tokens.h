#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kimberlite::tagging {

// A word of a text or of a name, ready to be compared.
struct Token {
  std::uint32_t begin_byte = 0;
  std::uint32_t end_byte = 0;
  std::string key;  // folded; empty for what is longer than any word of a name can be

  std::string_view In(std::string_view text) const { return text.substr(begin_byte, end_byte - begin_byte); }
};

// Texts and names must be cut by the same language's rules. An English possessive's ending is not part of the word;
// French, Italian and Catalan articles before an apostrophe are words of their own.
std::vector<Token> Tokenise(std::string_view text, std::string_view language_code);

// Whether the language writes words without spaces between them, so that names are compared joined.
bool IsWrittenJoined(std::string_view language_code);

// Whether what stands between two words lets them belong to one name: spaces, hyphens, quotation marks; a full stop
// only after an abbreviation ("St. Petersburg"); never a line break, comma or end of a sentence.
bool MayJoin(std::string_view before, std::string_view gap);

// "zh" of "zh-Hant".
std::string_view PrimaryLanguage(std::string_view language_code);

}  // namespace kimberlite::tagging
