#pragma once

#include <string>
#include <string_view>

namespace kimberlite::feed {

// Text for element content and attribute values in double quotes. What XML 1.0 cannot hold (control characters,
// U+FFFE, U+FFFF, section 2.2) is dropped, bytes that are not UTF-8 (unpaired surrogates too) become U+FFFD; "]]>" and
// all markup come out as text.
std::string XmlText(std::string_view text);

// A line without what turns the direction of everything after it (U+202A to U+202E, U+2066 to U+2069): a title stands
// among those of others in a reader's list.
std::string WithoutBidiControls(std::string_view text);

// Well-formed UTF-8: what is not becomes U+FFFD.
std::string ValidUtf8(std::string_view text);

// Writes elements one after another. The caller keeps them balanced.
class XmlWriter {
 public:
  XmlWriter() : out_("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n") {}
  void Raw(std::string_view markup) { out_ += markup; }
  // text as element content or attribute value.
  void Text(std::string_view text);
  // <name>text</name>; nothing for empty text.
  void Element(std::string_view name, std::string_view text);
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace kimberlite::feed
