#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kimberlite::i18n {

enum class CharsetKind : std::uint8_t { kSingleByte, kMultiByte, kWide };  // wide: of UTF-16 or UTF-32

// A character encoding of the Web.
struct Charset {
  std::string_view name;  // in lower case, as the Encoding Standard has it: "windows-1251", "shift_jis", …
  const char* icu_name;
  CharsetKind kind;
  std::string_view labels;  // further names, each between spaces
};

// The charset that a label means by the table of the Encoding Standard ("latin1" and "us-ascii" are windows-1252,
// "gb2312" is gb18030, …), and UTF-32 besides. Null for an unknown label; UTF-7 is one, as it hides markup. White space
// around and capitals do not matter. The result lives for ever.
const Charset* FindCharset(std::string_view label);

// Text in UTF-8, and how many sequences of bytes were none of the charset and became U+FFFD.
struct ConvertedText {
  std::string text;
  int errors = 0;
};
ConvertedText ConvertToUtf8(std::string_view bytes, const Charset& charset);

// The charset that bytes look like, by the frequencies of letters; markup within is no hint. Never UTF-8 or a wide one;
// null when they look like none. Looks at the first 256 KiB.
const Charset* GuessCharset(std::string_view bytes);

}  // namespace kimberlite::i18n
