#include "services/ingest/core/charset.h"

#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#include <algorithm>
#include <memory>
#include <span>

#include "libs/base/text.h"

namespace kimberlite::ingest {
namespace {

// WHATWG's name of an encoding, the name that ICU has for it, and the labels that mean it.
struct Encoding {
  std::string_view name;
  const char* icu;
  bool single_byte;
  std::string_view labels;  // between spaces; the name itself need not be repeated
};

constexpr Encoding kEncodings[] = {
    {"utf-8", "UTF-8", false, " utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 "},
    {"utf-16le", "UTF-16LE", false, " utf-16 utf16 ucs-2 iso-10646-ucs-2 unicode csunicode unicodefeff "},
    {"utf-16be", "UTF-16BE", false, " unicodefffe "},
    {"utf-32le", "UTF-32LE", false, " utf-32 utf32 "},
    {"utf-32be", "UTF-32BE", false, " "},
    {"windows-1251", "windows-1251", true, " cp1251 x-cp1251 win-1251 win1251 "},
    {"windows-1252", "windows-1252", true,
     " cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 iso-ir-100 latin1 latin-1 l1 us-ascii ascii "
     "ansi_x3.4-1968 cp819 ibm819 csisolatin1 "},
    {"koi8-r", "KOI8-R", true, " koi koi8 koi8_r cskoi8r "},
    {"koi8-u", "KOI8-U", true, " koi8-ru "},
    {"ibm866", "ibm-866", true, " 866 cp866 csibm866 "},
    {"iso-8859-5", "ISO-8859-5", true, " iso8859-5 iso88595 iso_8859-5 cyrillic iso-ir-144 csisolatincyrillic "},
    {"x-mac-cyrillic", "x-mac-cyrillic", true, " x-mac-ukrainian "},
    {"macintosh", "macintosh", true, " mac x-mac-roman csmacintosh "},
    {"windows-1250", "windows-1250", true, " cp1250 x-cp1250 "},
    {"windows-1253", "windows-1253", true, " cp1253 x-cp1253 "},
    {"windows-1254", "windows-1254", true, " cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5 iso-ir-148 "},
    {"windows-1255", "windows-1255", true, " cp1255 x-cp1255 "},
    {"windows-1256", "windows-1256", true, " cp1256 x-cp1256 "},
    {"windows-1257", "windows-1257", true, " cp1257 x-cp1257 "},
    {"windows-1258", "windows-1258", true, " cp1258 x-cp1258 "},
    {"windows-874", "windows-874-2000", true, " dos-874 tis-620 iso-8859-11 iso8859-11 iso885911 "},
    {"iso-8859-2", "ISO-8859-2", true, " iso8859-2 iso88592 iso_8859-2 latin2 l2 iso-ir-101 csisolatin2 "},
    {"iso-8859-3", "ISO-8859-3", true, " iso8859-3 iso88593 iso_8859-3 latin3 l3 iso-ir-109 "},
    {"iso-8859-4", "ISO-8859-4", true, " iso8859-4 iso88594 iso_8859-4 latin4 l4 iso-ir-110 "},
    {"iso-8859-6", "ISO-8859-6", true, " iso8859-6 iso88596 iso_8859-6 arabic ecma-114 asmo-708 iso-8859-6-e iso-8859-6-i "},
    {"iso-8859-7", "ISO-8859-7", true, " iso8859-7 iso88597 iso_8859-7 greek greek8 ecma-118 elot_928 "},
    {"iso-8859-8", "ISO-8859-8", true, " iso8859-8 iso88598 iso_8859-8 hebrew visual iso-8859-8-e iso-8859-8-i logical "},
    {"iso-8859-10", "iso-8859_10-1998", true, " iso8859-10 iso885910 latin6 l6 iso-ir-157 "},
    {"iso-8859-13", "ISO-8859-13", true, " iso8859-13 iso885913 "},
    {"iso-8859-14", "iso-8859_14-1998", true, " iso8859-14 iso885914 "},
    {"iso-8859-15", "ISO-8859-15", true, " iso8859-15 iso885915 iso_8859-15 latin9 l9 csisolatin9 "},
    {"gb18030", "gb18030", false, " gbk gb2312 gb_2312 gb_2312-80 chinese x-gbk csgb2312 iso-ir-58 "},
    {"big5", "Big5-HKSCS", false, " big5-hkscs cn-big5 x-x-big5 csbig5 "},
    {"shift_jis", "windows-31j", false, " sjis shift-jis x-sjis ms_kanji ms932 windows-31j csshiftjis "},
    {"euc-jp", "EUC-JP", false, " x-euc-jp cseucpkdfmtjapanese "},
    {"iso-2022-jp", "ISO-2022-JP", false, " csiso2022jp "},
    {"euc-kr", "windows-949", false, " ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 iso-ir-149 cseuckr "},
};

const Encoding& kUtf8 = kEncodings[0];
const Encoding& kUtf16Le = kEncodings[1];
const Encoding& kUtf16Be = kEncodings[2];
const Encoding& kUtf32Le = kEncodings[3];
const Encoding& kUtf32Be = kEncodings[4];

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

const Encoding* FindEncoding(std::string_view label) {
  const std::string name = Lower(TrimAscii(label));
  if (name.empty() || name.contains(' ')) return nullptr;
  for (const Encoding& encoding : kEncodings) {
    if (encoding.name == name || encoding.labels.contains(" " + name + " ")) return &encoding;
  }
  return nullptr;
}

bool IsWide(const Encoding& encoding) {
  return &encoding == &kUtf16Le || &encoding == &kUtf16Be || &encoding == &kUtf32Le || &encoding == &kUtf32Be;
}

// The encoding that a byte order mark names; drops the mark.
const Encoding* TakeByteOrderMark(std::string_view& bytes) {
  using namespace std::literals;
  static const std::pair<std::string_view, const Encoding*> kMarks[] = {
      {"\xEF\xBB\xBF"sv, &kUtf8},
      {"\xFF\xFE\0\0"sv, &kUtf32Le},
      {"\0\0\xFE\xFF"sv, &kUtf32Be},
      {"\xFF\xFE"sv, &kUtf16Le},
      {"\xFE\xFF"sv, &kUtf16Be},
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
const Encoding* WideByZeros(std::string_view bytes) {
  if (bytes.size() < 4) return nullptr;
  const auto zero = [&](int i) { return bytes[i] == '\0'; };
  if (zero(0) && zero(1) && zero(2) && !zero(3)) return &kUtf32Be;
  if (!zero(0) && zero(1) && zero(2) && zero(3)) return &kUtf32Le;
  if (zero(0) && !zero(1) && zero(2)) return &kUtf16Be;
  if (!zero(0) && zero(1) && !zero(2) && zero(3)) return &kUtf16Le;
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

struct Conversion {
  std::string text;
  int errors = 0;  // sequences that became U+FFFD
};

void U_CALLCONV CountAndSubstitute(const void* context, UConverterToUnicodeArgs* args, const char* units, int32_t length,
                                   UConverterCallbackReason reason, UErrorCode* status) {
  if (reason <= UCNV_IRREGULAR) ++*static_cast<int*>(const_cast<void*>(context));
  UCNV_TO_U_CALLBACK_SUBSTITUTE(nullptr, args, units, length, reason, status);
}

struct ConverterCloser {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, ConverterCloser>;

Converter OpenConverter(const char* name) {
  UErrorCode status = U_ZERO_ERROR;
  Converter converter(ucnv_open(name, &status));
  return U_FAILURE(status) ? nullptr : std::move(converter);
}

Conversion Convert(std::string_view bytes, const Encoding& encoding) {
  Conversion result;
  const Converter source = OpenConverter(encoding.icu);
  const Converter target = OpenConverter("UTF-8");
  if (!source || !target) {
    result.errors = 1;
    return result;
  }
  UErrorCode status = U_ZERO_ERROR;
  ucnv_setToUCallBack(source.get(), &CountAndSubstitute, &result.errors, nullptr, nullptr, &status);
  // Through a small pivot, so that no UTF-16 copy of the whole is made.
  constexpr std::size_t kPiece = 64 * 1024;
  UChar pivot[1024];
  UChar* pivot_source = pivot;
  UChar* pivot_target = pivot;
  const char* in = bytes.data();
  const char* const in_end = in + bytes.size();
  result.text.reserve(bytes.size() + bytes.size() / 2);
  std::string piece(kPiece, '\0');
  bool reset = true;
  while (true) {
    char* out = piece.data();
    status = U_ZERO_ERROR;
    ucnv_convertEx(target.get(), source.get(), &out, piece.data() + kPiece, &in, in_end, pivot, &pivot_source, &pivot_target,
                   pivot + std::size(pivot), reset, true, &status);
    reset = false;
    result.text.append(piece.data(), static_cast<std::size_t>(out - piece.data()));
    if (status != U_BUFFER_OVERFLOW_ERROR) break;
  }
  if (U_FAILURE(status)) ++result.errors;
  return result;
}

const Encoding* Guess(std::string_view bytes) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, decltype(&ucsdet_close)> detector(ucsdet_open(&status), &ucsdet_close);
  if (U_FAILURE(status)) return nullptr;
  ucsdet_enableInputFilter(detector.get(), true);  // tags are no hint of a language
  const std::string_view sample = bytes.substr(0, 256 * 1024);
  ucsdet_setText(detector.get(), sample.data(), static_cast<int32_t>(sample.size()), &status);
  const UCharsetMatch* match = ucsdet_detect(detector.get(), &status);
  if (U_FAILURE(status) || !match) return nullptr;
  const char* name = ucsdet_getName(match, &status);
  if (U_FAILURE(status)) return nullptr;
  const Encoding* found = FindEncoding(name);
  return found && found != &kUtf8 && !IsWide(*found) ? found : nullptr;
}

DecodedText Read(std::string_view bytes, const Encoding& encoding, std::string warning) {
  DecodedText decoded{{}, std::string(encoding.name), std::move(warning)};
  if (&encoding == &kUtf8 && IsValidUtf8(bytes)) {
    decoded.text = bytes;
    return decoded;
  }
  Conversion conversion = Convert(bytes, encoding);
  decoded.text = std::move(conversion.text);
  if (conversion.errors > 0 && decoded.warning.empty()) {
    decoded.warning = std::to_string(conversion.errors) + " byte sequences are not " + decoded.charset + " and were replaced";
  }
  return decoded;
}

// Claimed to be UTF-8, or not labelled at all, and is not.
DecodedText ReadFalseUtf8(std::string_view bytes, const Encoding* other) {
  if (other && other != &kUtf8) return Read(bytes, *other, "is " + std::string(other->name) + ", not utf-8");
  // A few broken sequences in good UTF-8 are a fault of the text, not of the label.
  Conversion conversion = Convert(bytes, kUtf8);
  const auto high = std::ranges::count_if(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  const Encoding* guess = conversion.errors * 20 > high ? Guess(bytes) : nullptr;
  if (guess) return Read(bytes, *guess, "looks like " + std::string(guess->name) + ", not utf-8");
  return {std::move(conversion.text), "utf-8", std::to_string(conversion.errors) + " byte sequences are not utf-8 and were replaced"};
}

}  // namespace

DecodedText DecodeText(std::string_view bytes, std::string_view content_type) {
  if (const Encoding* mark = TakeByteOrderMark(bytes)) return Read(bytes, *mark, "");
  if (const Encoding* wide = WideByZeros(bytes)) return Read(bytes, *wide, "");
  // What follows is a charset that has ASCII in its place: a label that says UTF-16 is wrong.
  const auto usable = [](const Encoding* encoding) { return encoding && !IsWide(*encoding) ? encoding : nullptr; };
  const Encoding* header = usable(FindEncoding(CharsetOfContentType(content_type)));
  const Encoding* declaration = usable(FindEncoding(CharsetOfXmlDeclaration(bytes)));
  const Encoding* label = header ? header : declaration;
  if (!label || label == &kUtf8) {
    return IsValidUtf8(bytes) ? Read(bytes, kUtf8, "") : ReadFalseUtf8(bytes, declaration);
  }
  if (label->single_byte && HasHighBytes(bytes) && IsValidUtf8(bytes)) {
    return Read(bytes, kUtf8, "is utf-8, not " + std::string(label->name));
  }
  if (!label->single_byte && IsValidUtf8(bytes) && Convert(bytes, *label).errors > 0) {
    return Read(bytes, kUtf8, "is utf-8, not " + std::string(label->name));
  }
  return Read(bytes, *label, "");
}

}  // namespace kimberlite::ingest
