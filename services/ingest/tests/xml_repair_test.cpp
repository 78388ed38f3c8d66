#include "services/ingest/core/xml_repair.h"

#include <gtest/gtest.h>

namespace kimberlite::ingest {
namespace {

using namespace std::literals;

std::string Repair(std::string_view text) { return RepairXml(text).text; }

TEST(RepairXml, LeavesGoodXmlAsItIs) {
  const std::string_view good = "<a b=\"c &amp; d\" e='&lt;'>т &lt;&#1234;&#x4E2D;<![CDATA[<b>&nbsp;]]></a>";
  const RepairedXml repaired = RepairXml(good);
  EXPECT_EQ(repaired.text, "<a b=\"c &amp; d\" e='&lt;'>т &lt;\u04D2中<![CDATA[<b>&nbsp;]]></a>");
  EXPECT_FALSE(repaired.repaired);
}

TEST(RepairXml, DropsWhatIsNoContent) {
  EXPECT_EQ(Repair("\n <?xml version='1.0'?><!-- a > b --><?xml-stylesheet href='x'?><a/>"), "<a/>");
  EXPECT_EQ(Repair("warning: something\n<a/>"), "<a/>");
  EXPECT_EQ(Repair("<a><!-- never closed"), "<a>");
}

TEST(RepairXml, DoesNotObeyADoctype) {
  EXPECT_EQ(Repair("<!DOCTYPE rss PUBLIC \"-//N//DTD > RSS//EN\" \"http://example.org/x.dtd\"><rss>&nbsp;</rss>"),
            "<rss>\u00A0</rss>");
  EXPECT_EQ(Repair("<!DOCTYPE r [<!ENTITY a \"]>\"><!-- ]> --><!ENTITY b SYSTEM 'file:///etc/passwd'>]><r>&a;&b;</r>"),
            "<r>&amp;a;&amp;b;</r>");
  EXPECT_EQ(Repair("<!doctype html><html/>"), "<html/>");
  EXPECT_EQ(Repair("<!DOCTYPE r [ <!ENTITY"), "");
}

TEST(RepairXml, KnowsHtmlsEntities) {
  EXPECT_EQ(Repair("<t>&laquo;&mdash;&raquo;&copy;&hellip;</t>"), "<t>«—»©…</t>");
  EXPECT_EQ(Repair("<t a=\"&eacute;\">&CounterClockwiseContourIntegral;</t>"), "<t a=\"é\">∳</t>");
}

TEST(RepairXml, MakesStrayMarkupText) {
  EXPECT_EQ(Repair("<t>AT&T &unknown; & < 5 <3 &#; &</t>"),
            "<t>AT&amp;T &amp;unknown; &amp; &lt; 5 &lt;3 &amp;#; &amp;</t>");
  EXPECT_EQ(Repair("<t a=\"x<y&z\"/>"), "<t a=\"x&lt;y&amp;z\"/>");
  EXPECT_TRUE(RepairXml("<t>AT&T</t>").repaired);
}

TEST(RepairXml, DropsCharactersThatXmlForbids) {
  EXPECT_EQ(Repair("<t>a\0b\x01 c\x1F\td\xEF\xBF\xBE</t>"sv), "<t>ab c\td</t>");
  EXPECT_EQ(Repair("<t><![CDATA[a\x0B"
                   "b]]></t>"),
            "<t><![CDATA[ab]]></t>");
  EXPECT_EQ(Repair("<t>&#0;&#x1F;&#xFFFE;&#xD800;&#99999999999;</t>"), "<t>\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD</t>");
  EXPECT_EQ(Repair("<t>&#150;&#x93;&#60;&#38;&#10;</t>"), "<t>–“&#60;&#38;&#10;</t>");
}

TEST(RepairXml, LimitsTheAttributesOfATag) {
  std::string attributes;
  for (int i = 0; i < 256; ++i) attributes += " a" + std::to_string(i) + "=\"\"";
  EXPECT_EQ(Repair("<t" + attributes + ">x</t>"), "<t" + attributes + ">x</t>");
  EXPECT_EQ(Repair("<t" + attributes + " b='>' c=\"/>\"/>x"), "<t" + attributes + "/>x");
  EXPECT_EQ(Repair("<t" + attributes + " b='>' c"), "<t" + attributes);
}

TEST(RepairXml, ClosesWhatWasCutOff) {
  EXPECT_EQ(Repair("<t><![CDATA[abc"), "<t><![CDATA[abc]]>");
  EXPECT_EQ(Repair("<t a=\"b"), "<t a=\"b");
  EXPECT_EQ(Repair("<t <u>"), "<t ><u>");
  EXPECT_EQ(Repair(""), "");
  EXPECT_EQ(Repair("no markup"), "");
}

}  // namespace
}  // namespace kimberlite::ingest
