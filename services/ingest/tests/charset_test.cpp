#include "services/ingest/core/charset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimberlite::ingest {
namespace {

using namespace std::literals;
using ::testing::HasSubstr;

std::string Document(std::string_view label, std::string_view bytes) {
  return "<?xml version=\"1.0\" encoding=\"" + std::string(label) + "\"?><t>" + std::string(bytes) + "</t>";
}

struct Case {
  std::string_view label;    // as declared
  std::string_view charset;  // as recognised
  std::string_view bytes;
  std::string_view text;
};

constexpr Case kCases[] = {
    {"utf-8", "utf-8", "Өрөспүүбүлүкэ", "Өрөспүүбүлүкэ"},
    {"windows-1251", "windows-1251", "\xc0\xeb\xec\xe0\xe7", "Алмаз"},
    {"CP1251", "windows-1251", "\xc0\xeb\xec\xe0\xe7", "Алмаз"},
    {"koi8-r", "koi8-r", "\xe1\xcc\xcd\xc1\xda", "Алмаз"},
    {"ibm866", "ibm866", "\x80\xab\xac\xa0\xa7", "Алмаз"},
    {"iso-8859-5", "iso-8859-5", "\xb0\xdb\xdc\xd0\xd7", "Алмаз"},
    {"x-mac-cyrillic", "x-mac-cyrillic", "\x80\xeb\xec\xe0\xe7", "Алмаз"},
    {"Shift_JIS", "shift_jis", "\x83\x5f\x83\x43\x83\x84", "ダイヤ"},
    {"x-sjis", "shift_jis", "\x83\x5f\x83\x43\x83\x84", "ダイヤ"},
    {"euc-jp", "euc-jp", "\xa5\xc0\xa5\xa4\xa5\xe4", "ダイヤ"},
    {"iso-2022-jp", "iso-2022-jp", "\x1b\x24\x42\x25\x40\x25\x24\x25\x64\x1b\x28\x42", "ダイヤ"},
    {"gb2312", "gb18030", "\xd7\xea\xca\xaf", "钻石"},
    {"GB18030", "gb18030", "\xd7\xea\xca\xaf", "钻石"},
    {"big5", "big5", "\xc6\x70\xa5\xdb", "鑽石"},
    {"euc-kr", "euc-kr", "\xb4\xd9\xc0\xcc\xbe\xc6", "다이아"},
    {"windows-1256", "windows-1256", "\xc3\xe1\xe3\xc7\xd3", "ألماس"},
    // By WHATWG's table Latin-1 and ASCII are windows-1252.
    {"iso-8859-1", "windows-1252", "\x93\x43\x61\x66\xe9\x94", "“Café”"},
    {"us-ascii", "windows-1252", "Z\xfcrich", "Zürich"},
};

TEST(DecodeText, ReadsWhatTheXmlDeclarationNames) {
  for (const Case& one : kCases) {
    const DecodedText decoded = DecodeText(Document(one.label, one.bytes), "application/xml");
    EXPECT_EQ(decoded.charset, one.charset) << one.label;
    EXPECT_THAT(decoded.text, HasSubstr("<t>" + std::string(one.text) + "</t>")) << one.label;
    EXPECT_EQ(decoded.warning, "") << one.label;
  }
}

TEST(DecodeText, ReadsWhatTheHeaderNames) {
  for (const Case& one : kCases) {
    const DecodedText decoded = DecodeText("<t>" + std::string(one.bytes) + "</t>",
                                           "text/xml; version=1; Charset=\"" + std::string(one.label) + "\"");
    EXPECT_EQ(decoded.text, "<t>" + std::string(one.text) + "</t>") << one.label;
  }
}

TEST(DecodeText, BelievesTheHeaderMoreThanTheDeclaration) {
  EXPECT_THAT(DecodeText(Document("koi8-r", "\xc0\xeb\xec\xe0\xe7"), "text/xml; charset=windows-1251").text,
              HasSubstr("Алмаз"));
}

TEST(DecodeText, BelievesTheByteOrderMarkMost) {
  const std::string word = "Өрөс";
  EXPECT_EQ(DecodeText("\xEF\xBB\xBF<t>" + word + "</t>", "text/xml; charset=windows-1251").text,
            "<t>" + word + "</t>");
  EXPECT_EQ(DecodeText("\xFF\xFE<\0\xe8\x04"sv, "text/xml; charset=utf-8").text, "<Ө");
  EXPECT_EQ(DecodeText("\xFE\xFF\0<\x04\xe8"sv, "").text, "<Ө");
  EXPECT_EQ(DecodeText("\xFF\xFE\0\0<\0\0\0\xe8\x04\0\0"sv, "").text, "<Ө");
  EXPECT_EQ(DecodeText("\0\0\xFE\xFF\0\0\0<\0\0\x04\xe8"sv, "").text, "<Ө");
}

TEST(DecodeText, KnowsWideCharactersWithoutAMark) {
  EXPECT_EQ(DecodeText("<\0?\0\xe8\x04"sv, "text/xml; charset=utf-16").text, "<?Ө");
  EXPECT_EQ(DecodeText("\0<\0?\x04\xe8"sv, "").text, "<?Ө");
}

TEST(DecodeText, SeesThroughALabelOfWideCharactersOnOneByteText) {
  const DecodedText decoded = DecodeText(Document("utf-16", "Алмаз"), "");
  EXPECT_THAT(decoded.text, HasSubstr("Алмаз"));
  EXPECT_EQ(decoded.charset, "utf-8");
}

TEST(DecodeText, SeesThroughALabelThatIsWrong) {
  for (const char* label : {"windows-1251", "iso-8859-1", "us-ascii", "shift_jis"}) {
    const DecodedText decoded = DecodeText(Document(label, "Сахалыы «тыл» — 钻石"), "");
    EXPECT_THAT(decoded.text, HasSubstr("Сахалыы «тыл» — 钻石")) << label;
    EXPECT_THAT(decoded.warning, HasSubstr("is utf-8")) << label;
  }
  // Says utf-8 in the header and the truth in the declaration.
  const DecodedText decoded = DecodeText(Document("windows-1251", "\xc0\xeb\xec\xe0\xe7"), "text/xml; charset=utf-8");
  EXPECT_THAT(decoded.text, HasSubstr("Алмаз"));
  EXPECT_THAT(decoded.warning, HasSubstr("windows-1251"));
}

TEST(DecodeText, GuessesWhatNobodyNamed) {
  // "На открытом аукционе продали алмаз" in windows-1251, several times over.
  std::string bytes;
  for (int i = 0; i < 5; ++i) {
    bytes +=
        "<t>\xcd\xe0 \xee\xf2\xea\xf0\xfb\xf2\xee\xec \xe0\xf3\xea\xf6\xe8\xee\xed\xe5 \xef\xf0\xee\xe4\xe0\xeb\xe8 "
        "\xe0\xeb\xec\xe0\xe7</t>";
  }
  const DecodedText decoded = DecodeText(bytes, "");
  EXPECT_EQ(decoded.charset, "windows-1251");
  EXPECT_THAT(decoded.text, HasSubstr("На открытом аукционе продали алмаз"));
  EXPECT_NE(decoded.warning, "");
}

TEST(DecodeText, ReplacesAFewBrokenBytesAndSaysSo) {
  const DecodedText decoded = DecodeText("<t>Алмаз весом сто два карата продали \xD0 на торгах в Якутске</t>", "");
  EXPECT_EQ(decoded.text, "<t>Алмаз весом сто два карата продали \uFFFD на торгах в Якутске</t>");
  EXPECT_THAT(decoded.warning, HasSubstr("1 byte sequences"));
}

TEST(DecodeText, TakesUnknownLabelsForNone) {
  // UTF-7 would turn harmless ASCII into markup.
  EXPECT_EQ(DecodeText("<t>+ADw-script+AD4-</t>", "text/xml; charset=utf-7").text, "<t>+ADw-script+AD4-</t>");
  EXPECT_EQ(DecodeText("<t>Алмаз</t>", "text/xml; charset=martian").text, "<t>Алмаз</t>");
  EXPECT_EQ(DecodeText("", "").text, "");
}

}  // namespace
}  // namespace kimberlite::ingest
