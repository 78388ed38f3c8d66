#include "services/ingest/core/charset.h"

#include <algorithm>

#include "libs/base/text.h"
#include "libs/i18n/charset.h"

namespace kimberlite::ingest {
namespace {

using i18n::Charset;
using i18n::CharsetKind;

const Charset& Named(std::string_view name) { return *i18n::FindCharset(name); }
const Charset& Utf8() { return Named("utf-8"); }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// The charset that a byte order mark names; drops the mark.
const Charset* TakeByteOrderMark(std::string_view& bytes) {
  using namespace std::literals;
  static const std::pair<std::string_view, const Charset*> kMarks[] = {
      {"\xEF\xBB\xBF"sv, &Utf8()},
      {"\xFF\xFE\0\0"sv, &Named("utf-32le")},
      {"\0\0\xFE\xFF"sv, &Named("utf-32be")},
      {"\xFF\xFE"sv, &Named("utf-16le")},
      {"\xFE\xFF"sv, &Named("utf-16be")},
  };
  for (const auto& [mark, encoding] : kMarks) {
    if (bytes.starts_with(mark)) {
      bytes.remove_prefix(mark.size());
      return encoding;
    }
  }
  return nullptr;
}

// UTF-16 and UTF-32 without a mark show in the first character of any feed: "<", "{" or a space.
const Charset* WideByZeros(std::string_view bytes) {
  if (bytes.size() < 4) return nullptr;
  const auto zero = [&](int i) { return bytes[i] == '\0'; };
  if (zero(0) && zero(1) && zero(2) && !zero(3)) return &Named("utf-32be");
  if (!zero(0) && zero(1) && zero(2) && zero(3)) return &Named("utf-32le");
  if (zero(0) && !zero(1) && zero(2)) return &Named("utf-16be");
  if (!zero(0) && zero(1) && !zero(2) && zero(3)) return &Named("utf-16le");
  return nullptr;
}

std::string_view CharsetOfContentType(std::string_view content_type) {
  for (std::string_view parameter : Split(content_type, ';')) {
    parameter = TrimAscii(parameter);
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || Lower(TrimAscii(parameter.substr(0, equals))) != "charset") continue;
    std::string_view value = TrimAscii(parameter.substr(equals + 1));
    while (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == '"' || value.back() == '\'')) value.remove_suffix(1);
    return value;
  }
  return {};
}

std::string_view CharsetOfXmlDeclaration(std::string_view bytes) {
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || !bytes.substr(begin).starts_with("<?xml")) return {};
  std::string_view declaration = bytes.substr(begin, 1000);
  declaration = declaration.substr(0, declaration.find("?>"));
  const std::size_t at = declaration.find("encoding");
  if (at == std::string_view::npos) return {};
  declaration = TrimAscii(declaration.substr(at + 8));
  if (!declaration.starts_with('=')) return {};
  declaration = TrimAscii(declaration.substr(1));
  if (declaration.empty() || (declaration[0] != '"' && declaration[0] != '\'')) return {};
  const std::size_t end = declaration.find(declaration[0], 1);
  return end == std::string_view::npos ? std::string_view() : declaration.substr(1, end - 1);
}

bool HasHighBytes(std::string_view bytes) {
  return std::ranges::any_of(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

DecodedText Read(std::string_view bytes, const Charset& encoding, std::string warning) {
  DecodedText decoded{{}, std::string(encoding.name), std::move(warning)};
  if (&encoding == &Utf8() && IsValidUtf8(bytes)) {
    decoded.text = bytes;
    return decoded;
  }
  i18n::ConvertedText conversion = i18n::ConvertToUtf8(bytes, encoding);
  decoded.text = std::move(conversion.text);
  if (conversion.errors > 0 && decoded.warning.empty()) {
    decoded.warning =
        std::to_string(conversion.errors) + " byte sequences are not " + decoded.charset + " and were replaced";
  }
  return decoded;
}

// Claimed to be UTF-8, or not labelled at all, and is not.
DecodedText ReadFalseUtf8(std::string_view bytes, const Charset* other) {
  if (other && other != &Utf8()) return Read(bytes, *other, "is " + std::string(other->name) + ", not utf-8");
  // A few broken sequences in good UTF-8 are a fault of the text, not of the label.
  i18n::ConvertedText conversion = i18n::ConvertToUtf8(bytes, Utf8());
  const auto high = std::ranges::count_if(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  const Charset* guess = conversion.errors * 20 > high ? i18n::GuessCharset(bytes) : nullptr;
  if (guess) return Read(bytes, *guess, "looks like " + std::string(guess->name) + ", not utf-8");
  return {std::move(conversion.text), "utf-8",
          std::to_string(conversion.errors) + " byte sequences are not utf-8 and were replaced"};
}

}  // namespace

DecodedText DecodeText(std::string_view bytes, std::string_view content_type) {
  if (const Charset* mark = TakeByteOrderMark(bytes)) return Read(bytes, *mark, "");
  if (const Charset* wide = WideByZeros(bytes)) return Read(bytes, *wide, "");
  // What follows is a charset that has ASCII in its place: a label that says UTF-16 is wrong.
  const auto usable = [](const Charset* encoding) {
    return encoding && encoding->kind != CharsetKind::kWide ? encoding : nullptr;
  };
  const Charset* header = usable(i18n::FindCharset(CharsetOfContentType(content_type)));
  const Charset* declaration = usable(i18n::FindCharset(CharsetOfXmlDeclaration(bytes)));
  const Charset* label = header ? header : declaration;
  if (!label || label == &Utf8()) {
    return IsValidUtf8(bytes) ? Read(bytes, Utf8(), "") : ReadFalseUtf8(bytes, declaration);
  }
  if (label->kind == CharsetKind::kSingleByte && HasHighBytes(bytes) && IsValidUtf8(bytes)) {
    return Read(bytes, Utf8(), "is utf-8, not " + std::string(label->name));
  }
  if (label->kind == CharsetKind::kMultiByte && IsValidUtf8(bytes) && i18n::ConvertToUtf8(bytes, *label).errors > 0) {
    return Read(bytes, Utf8(), "is utf-8, not " + std::string(label->name));
  }
  return Read(bytes, *label, "");
}

}  // namespace kimberlite::ingest
