#include "libs/html/values.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/base/text.h"

namespace kimberlite::html {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::string DropControls(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && !IsSpace(text[i])) || byte == 0x7F) continue;
    if (text[i] == '\r' ||
        text[i] == '\f') {  // only from character references: XML has no form feed, and a bare CR is read as LF
      kept += text[i] == '\r' ? '\n' : ' ';
      continue;
    }
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      ++i;
      continue;
    }
    if (byte == 0xE2 || byte == 0xEF) {
      const std::string_view point = text.substr(i, 3);
      if (point == "\u202D" || point == "\u202E" || point == "\uFEFF" || point == "\uFFFE" || point == "\uFFFF") {
        i += 2;
        continue;
      }
    }
    kept += text[i];
  }
  return kept;
}

std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : DropControls(text)) {
    if (!IsSpace(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

bool IsBlank(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsSpace(text[i])) continue;
    if (text.substr(i, 2) != "\u00A0") return false;
    ++i;
  }
  return true;
}

std::optional<int> Number(std::string_view text, int min, int max) {
  text = TrimAscii(text);
  if (text.ends_with("px")) text.remove_suffix(2);
  if (text.empty() || text.size() > 6 || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  const int value = std::stoi(std::string(text));
  if (value < min || value > max) return std::nullopt;
  return value;
}

bool IsDateTime(std::string_view text) {
  // The shape of each place: 'd' a digit, anything else itself; prefixes that end at a mark are whole forms.
  static constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  std::size_t at = 0;
  for (; at < text.size() && at < kShape.size(); ++at) {
    const bool separator = kShape[at] == 'T' && (text[at] == 'T' || text[at] == ' ');
    const bool match = kShape[at] == 'd' ? IsDigit(text[at]) : text[at] == kShape[at] || separator;
    if (!match) break;
  }
  if (at != 4 && at != 7 && at != 10 && at != 16 && at != 19) return false;
  // Month, day, hour, minute and second, as far as they are there.
  static constexpr std::array<std::pair<std::size_t, std::pair<int, int>>, 5> kRanges = {
      {{5, {1, 12}}, {8, {1, 31}}, {11, {0, 23}}, {14, {0, 59}}, {17, {0, 59}}}};
  for (const auto& [from, range] : kRanges) {
    if (at >= from + 2 && !Number(text.substr(from, 2), range.first, range.second)) return false;
  }
  std::string_view rest = text.substr(at);
  if (at == 19 && rest.starts_with('.')) {
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (digits < 2 || digits > 4) return false;
    rest.remove_prefix(digits);
  }
  if (rest.empty()) return true;
  if (at < 16) return false;
  if (rest == "Z") return true;
  return rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && IsDigit(rest[1]) && IsDigit(rest[2]) &&
         rest[3] == ':' && IsDigit(rest[4]) && IsDigit(rest[5]);
}

bool IsLanguage(std::string_view text) {
  if (text.empty() || text.size() > 35) return false;
  const auto subtags = Split(text, '-');
  for (const std::string_view subtag : subtags) {
    if (subtag.empty() || subtag.size() > 8 || !std::all_of(subtag.begin(), subtag.end(), IsAlnum)) return false;
  }
  return subtags.front().size() >= 2 && std::none_of(subtags.front().begin(), subtags.front().end(), IsDigit);
}

}  // namespace kimberlite::html
