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

DecodedText Owning(std::string text, std::string charset, std::string warning) {
  DecodedText decoded{{}, std::move(charset), std::move(warning), std::make_unique<std::string>(std::move(text))};
  decoded.text = *decoded.converted;
  return decoded;
}

std::string Replaced(int errors, std::string_view charset) {
  return std::to_string(errors) + " byte sequences are not " + std::string(charset) + " and were replaced";
}

DecodedText Read(std::string_view bytes, const Charset& encoding, std::string warning) {
  i18n::ConvertedText conversion = i18n::ConvertToUtf8(bytes, encoding);
  if (conversion.errors > 0 && warning.empty()) warning = Replaced(conversion.errors, encoding.name);
  return Owning(std::move(conversion.text), std::string(encoding.name), std::move(warning));
}

// Of bytes that are known to be UTF-8.
DecodedText AsItIs(std::string_view bytes, std::string warning) {
  return {bytes, "utf-8", std::move(warning), nullptr};
}

// Claimed to be UTF-8, or not labelled at all, and is not.
DecodedText ReadFalseUtf8(std::string_view bytes, const Charset* other) {
  // A few broken sequences in good UTF-8 are a fault of the text, not of the label.
  i18n::ConvertedText conversion = i18n::ConvertToUtf8(bytes, Utf8());
  const auto high = std::ranges::count_if(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  const bool false_label = static_cast<std::int64_t>(conversion.errors) * 20 > high;
  if (false_label && other && other != &Utf8())
    return Read(bytes, *other, "is " + std::string(other->name) + ", not utf-8");
  const Charset* guess = false_label ? i18n::GuessCharset(bytes) : nullptr;
  if (guess) return Read(bytes, *guess, "looks like " + std::string(guess->name) + ", not utf-8");
  return Owning(std::move(conversion.text), "utf-8", Replaced(conversion.errors, "utf-8"));
}

// Seven-bit bytes without a label that shift between alphabets are ISO-2022-JP.
DecodedText ReadShifted(std::string_view bytes) {
  const bool shifts = bytes.contains("\x1B$B") || bytes.contains("\x1B$@");
  if (shifts && !HasHighBytes(bytes)) return Read(bytes, Named("iso-2022-jp"), "looks like iso-2022-jp, not utf-8");
  return AsItIs(bytes, "");
}

}  // namespace

DecodedText DecodeText(std::string_view bytes, std::string_view content_type) {
  if (const Charset* mark = TakeByteOrderMark(bytes)) {
    return mark == &Utf8() && IsValidUtf8(bytes) ? AsItIs(bytes, "") : Read(bytes, *mark, "");
  }
  if (const Charset* wide = WideByZeros(bytes)) return Read(bytes, *wide, "");
  // What follows is a charset that has ASCII in its place: a label that says UTF-16 is wrong.
  const auto usable = [](const Charset* encoding) {
    return encoding && encoding->kind != CharsetKind::kWide ? encoding : nullptr;
  };
  const Charset* header = usable(i18n::FindCharset(CharsetOfContentType(content_type)));
  const Charset* declaration = usable(i18n::FindCharset(CharsetOfXmlDeclaration(bytes)));
  const Charset* label = header ? header : declaration;
  if (!label || label == &Utf8()) {
    if (IsValidUtf8(bytes)) return ReadShifted(bytes);
    return ReadFalseUtf8(bytes, declaration && declaration != &Utf8() ? declaration : header);
  }
  if (label->kind == CharsetKind::kSingleByte && HasHighBytes(bytes) && IsValidUtf8(bytes)) {
    return AsItIs(bytes, "is utf-8, not " + std::string(label->name));
  }
  if (label->kind == CharsetKind::kMultiByte && IsValidUtf8(bytes) && i18n::ConvertToUtf8(bytes, *label).errors > 0) {
    return AsItIs(bytes, "is utf-8, not " + std::string(label->name));
  }
  DecodedText decoded = Read(bytes, *label, "");
  if (!decoded.warning.empty() && header && declaration && header != declaration) {
    // The server does not know its files; the document knows itself.
    DecodedText declared = Read(bytes, *declaration, "");
    if (declared.warning.empty()) {
      declared.warning = "is " + declared.charset + ", not " + decoded.charset;
      return declared;
    }
  }
  return decoded;
}

}  // namespace kimberlite::ingest
