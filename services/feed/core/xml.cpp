#include "services/feed/core/xml.h"

namespace kimberlite::feed {

std::string XmlText(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    switch (byte) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default:
        if (byte < 0x20 && byte != '\t' && byte != '\n') break;
        if (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF") {
          i += 2;
          break;
        }
        out += text[i];
    }
  }
  return out;
}

void XmlWriter::Element(std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out_ += '<';
  out_ += name;
  out_ += '>';
  out_ += XmlText(text);
  out_ += "</";
  // Attributes may follow the name in the opening tag.
  out_ += name.substr(0, name.find(' '));
  out_ += ">\n";
}

}  // namespace kimberlite::feed
