#include "services/feed/core/xml.h"

#include "libs/base/text.h"

namespace kimberlite::feed {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Bytes of the well-formed character at the front; 0 when there is none.
std::size_t CharacterLength(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  const std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
  return text.size() >= length && IsValidUtf8(text.substr(0, length)) ? length : 0;
}

// Whether a byte is written as it is, whatever follows.
constexpr bool IsPlain(unsigned char byte) {
  return byte >= 0x20 && byte != '<' && byte != '>' && byte != '&' && byte != '"' && byte != 0xEF;
}

void AppendXml(std::string_view text, std::string& out) {
  std::size_t begun = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (IsPlain(byte) || byte == '\t' || byte == '\n') continue;
    const bool noncharacter = byte == 0xEF && i + 2 < text.size() && text[i + 1] == '\xBF' &&
                              (text[i + 2] == '\xBE' || text[i + 2] == '\xBF');
    if (byte == 0xEF && !noncharacter) continue;
    out += text.substr(begun, i - begun);
    if (noncharacter) i += 2;
    begun = i + 1;
    switch (byte) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: break;  // dropped
    }
  }
  out += text.substr(begun);
}

}  // namespace

std::string ValidUtf8(std::string_view text) {
  if (IsValidUtf8(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string WithoutBidiControls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\xE2' && i + 2 < text.size()) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      const auto third = static_cast<unsigned char>(text[i + 2]);
      if ((second == 0x80 && third >= 0xAA && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9)) {
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::string XmlText(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  if (IsValidUtf8(text)) {
    AppendXml(text, out);
  } else {
    AppendXml(ValidUtf8(text), out);
  }
  return out;
}

void XmlWriter::Text(std::string_view text) {
  if (IsValidUtf8(text)) {
    AppendXml(text, out_);
  } else {
    AppendXml(ValidUtf8(text), out_);
  }
}

void XmlWriter::Element(std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out_ += '<';
  out_ += name;
  out_ += '>';
  Text(text);
  out_ += "</";
  // Attributes may follow the name in the opening tag.
  out_ += name.substr(0, name.find(' '));
  out_ += ">\n";
}

}  // namespace kimberlite::feed
