#include "libs/i18n/charset.h"

#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#include <iterator>
#include <memory>

#include "libs/base/text.h"

namespace kimberlite::i18n {
namespace {

constexpr Charset kCharsets[] = {
    {"utf-8", "UTF-8", CharsetKind::kMultiByte,
     " utf8 utf_8 cp65001 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 "},
    {"utf-16le", "UTF-16LE", CharsetKind::kWide,
     " utf-16 utf_16 utf16 utf-16-le u16 ucs-2 iso-10646-ucs-2 unicode csunicode unicodefeff "},
    {"utf-16be", "UTF-16BE", CharsetKind::kWide, " unicodefffe utf-16-be "},
    {"utf-32le", "UTF-32LE", CharsetKind::kWide, " utf-32 utf32 "},
    {"utf-32be", "UTF-32BE", CharsetKind::kWide, " "},
    {"windows-1251", "windows-1251", CharsetKind::kSingleByte, " cp1251 x-cp1251 win-1251 win1251 "},
    {"windows-1252", "windows-1252", CharsetKind::kSingleByte,
     " cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 iso-ir-100 latin1 latin-1 l1 us-ascii "
     "ascii "
     "ansi_x3.4-1968 cp819 ibm819 csisolatin1 "},
    {"koi8-r", "KOI8-R", CharsetKind::kSingleByte, " koi koi8r koi8 koi8_r cskoi8r "},
    {"koi8-u", "KOI8-U", CharsetKind::kSingleByte, " koi8-ru "},
    {"ibm866", "ibm-866", CharsetKind::kSingleByte, " 866 cp866 ibm-866 csibm866 "},
    {"iso-8859-5", "ISO-8859-5", CharsetKind::kSingleByte,
     " iso8859-5 iso88595 iso_8859-5 cyrillic iso-ir-144 csisolatincyrillic "},
    {"x-mac-cyrillic", "x-mac-cyrillic", CharsetKind::kSingleByte, " x-mac-ukrainian "},
    {"macintosh", "macintosh", CharsetKind::kSingleByte, " mac x-mac-roman csmacintosh "},
    {"windows-1250", "windows-1250", CharsetKind::kSingleByte, " cp1250 x-cp1250 "},
    {"windows-1253", "windows-1253", CharsetKind::kSingleByte, " cp1253 x-cp1253 "},
    {"windows-1254", "windows-1254", CharsetKind::kSingleByte,
     " cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5 iso-ir-148 "},
    {"windows-1255", "windows-1255", CharsetKind::kSingleByte, " cp1255 x-cp1255 "},
    {"windows-1256", "windows-1256", CharsetKind::kSingleByte, " cp1256 x-cp1256 "},
    {"windows-1257", "windows-1257", CharsetKind::kSingleByte, " cp1257 x-cp1257 "},
    {"windows-1258", "windows-1258", CharsetKind::kSingleByte, " cp1258 x-cp1258 "},
    {"windows-874", "windows-874-2000", CharsetKind::kSingleByte, " dos-874 tis-620 iso-8859-11 iso8859-11 iso885911 "},
    {"iso-8859-2", "ISO-8859-2", CharsetKind::kSingleByte,
     " iso8859-2 iso88592 iso_8859-2 latin2 l2 iso-ir-101 csisolatin2 "},
    {"iso-8859-3", "ISO-8859-3", CharsetKind::kSingleByte, " iso8859-3 iso88593 iso_8859-3 latin3 l3 iso-ir-109 "},
    {"iso-8859-4", "ISO-8859-4", CharsetKind::kSingleByte, " iso8859-4 iso88594 iso_8859-4 latin4 l4 iso-ir-110 "},
    {"iso-8859-6", "ISO-8859-6", CharsetKind::kSingleByte,
     " iso8859-6 iso88596 iso_8859-6 arabic ecma-114 asmo-708 iso-8859-6-e iso-8859-6-i "},
    {"iso-8859-7", "ISO-8859-7", CharsetKind::kSingleByte,
     " iso8859-7 iso88597 iso_8859-7 greek greek8 ecma-118 elot_928 "},
    {"iso-8859-8", "ISO-8859-8", CharsetKind::kSingleByte,
     " iso8859-8 iso88598 iso_8859-8 hebrew visual iso-8859-8-e iso-8859-8-i logical "},
    {"iso-8859-10", "iso-8859_10-1998", CharsetKind::kSingleByte, " iso8859-10 iso885910 latin6 l6 iso-ir-157 "},
    {"iso-8859-13", "ISO-8859-13", CharsetKind::kSingleByte, " iso8859-13 iso885913 "},
    {"iso-8859-14", "iso-8859_14-1998", CharsetKind::kSingleByte, " iso8859-14 iso885914 "},
    {"iso-8859-16", "iso-8859_16-2001", CharsetKind::kSingleByte, " iso8859-16 iso885916 "},
    {"iso-8859-15", "ISO-8859-15", CharsetKind::kSingleByte,
     " iso8859-15 iso885915 iso_8859-15 latin9 l9 csisolatin9 "},
    {"gb18030", "gb18030", CharsetKind::kMultiByte,
     " gbk cp936 ms936 windows-936 gb_18030-2000 gb2312 gb_2312 gb_2312-80 chinese x-gbk csgb2312 iso-ir-58 "},
    {"big5", "Big5-HKSCS", CharsetKind::kMultiByte, " big5hkscs cp950 big-5 big5-hkscs cn-big5 x-x-big5 csbig5 "},
    {"shift_jis", "windows-31j", CharsetKind::kMultiByte,
     " sjis cp932 shiftjis shift-jis x-sjis ms_kanji ms932 windows-31j csshiftjis "},
    {"euc-jp", "EUC-JP", CharsetKind::kMultiByte, " eucjp euc_jp x-euc-jp cseucpkdfmtjapanese "},
    {"iso-2022-jp", "ISO-2022-JP", CharsetKind::kMultiByte, " csiso2022jp "},
    {"euc-kr", "windows-949", CharsetKind::kMultiByte,
     " euckr euc_kr cp949 ms949 ksc5601-1987 ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 "
     "iso-ir-149 cseuckr "},
};

void U_CALLCONV CountAndSubstitute(const void* context, UConverterToUnicodeArgs* args, const char* units,
                                   int32_t length, UConverterCallbackReason reason, UErrorCode* status) {
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

}  // namespace

const Charset* FindCharset(std::string_view label) {
  std::string name(TrimAscii(label));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (name.empty() || name.contains(' ')) return nullptr;
  for (const Charset& charset : kCharsets) {
    if (charset.name == name || charset.labels.contains(" " + name + " ")) return &charset;
  }
  return nullptr;
}

ConvertedText ConvertToUtf8(std::string_view bytes, const Charset& charset) {
  ConvertedText result;
  const Converter source = OpenConverter(charset.icu_name);
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
    ucnv_convertEx(target.get(), source.get(), &out, piece.data() + kPiece, &in, in_end, pivot, &pivot_source,
                   &pivot_target, pivot + std::size(pivot), reset, true, &status);
    reset = false;
    result.text.append(piece.data(), static_cast<std::size_t>(out - piece.data()));
    if (status != U_BUFFER_OVERFLOW_ERROR) break;
  }
  if (U_FAILURE(status)) ++result.errors;
  return result;
}

const Charset* GuessCharset(std::string_view bytes) {
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
  const Charset* found = FindCharset(name);
  return found && found->name != "utf-8" && found->kind != CharsetKind::kWide ? found : nullptr;
}

}  // namespace kimberlite::i18n
