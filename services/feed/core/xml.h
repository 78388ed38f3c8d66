#pragma once

#include <string>
#include <string_view>

namespace kimberlite::feed {

// Text for element content and attribute values in double quotes. What XML 1.0 cannot hold (control characters,
// U+FFFE, U+FFFF, section 2.2) is dropped; "]]>" and all markup come out as text.
std::string XmlText(std::string_view text);

// Writes elements one after another. The caller keeps them balanced.
class XmlWriter {
 public:
  XmlWriter() : out_("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n") {}
  void Raw(std::string_view markup) { out_ += markup; }
  // <name>text</name>; nothing for empty text.
  void Element(std::string_view name, std::string_view text);
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace kimberlite::feed
