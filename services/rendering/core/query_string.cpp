#include "services/rendering/core/query_string.h"

#include "libs/base/percent.h"
#include "libs/base/text.h"

namespace kimberlite::rendering {
namespace {

std::string Decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto byte = PercentEscape(text.substr(i))) {
      out += *byte;
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::string QueryParameter(std::string_view query, std::string_view name) {
  for (const std::string_view pair : Split(query, '&')) {
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && Decode(pair.substr(0, equals)) == name) {
      return Decode(pair.substr(equals + 1));
    }
  }
  return "";
}

std::string CleanQuery(std::string_view typed) {
  if (!IsValidUtf8(typed)) return "";
  std::string clean(typed);
  for (char& c : clean) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  return std::string(TrimAscii(clean));
}

}  // namespace kimberlite::rendering
