#include "services/ingest/core/xml_reader.h"

#include <gtest/gtest.h>

#include "services/ingest/core/xml_scanner.h"

namespace kimberlite::ingest {
namespace {

using namespace std::literals;

// The document in a form that shows what was understood: (name|attribute=value|text…).
std::string Show(const XmlNode& node) {
  if (node.name.empty()) return std::string(node.text);
  std::string text = "(" + std::string(node.name);
  for (const XmlAttribute& attribute : node.attributes)
    text += " " + std::string(attribute.name) + "=" + std::string(attribute.value);
  text += "|";
  for (const XmlNode& child : node.children()) text += Show(child);
  return text + ")";
}

std::string Read(std::string_view text) {
  const auto document = ReadXmlTree(text, "", 1000);
  return document ? Show(*document->root) : "none";
}

bool IsWellFormed(std::string_view text) {
  const auto document = ReadXmlTree(text, "", 1000);
  return document && document->warnings.empty();
}

TEST(ReadXml, ReadsWellFormedXml) {
  EXPECT_EQ(Read("<a b=\"c &amp; d\" e='&lt;'>т &lt;&#1234;&#x4E2D;<![CDATA[<b>&nbsp;]]><f/></a>"),
            "(a b=c & d e=<|т <\u04D2中<b>&nbsp;(f|))");
  EXPECT_EQ(Read("<a\n b\n=\n'c'\n>x</a\n>"), "(a b=c|x)");
  EXPECT_EQ(Read("<a>x<!-- <b> -->y<?p <c>?>z</a>"), "(a|xyz)");
  EXPECT_EQ(Read("<a>x\r\ny\rz</a>"), "(a|x\ny\nz)");
  EXPECT_TRUE(IsWellFormed("<?xml version='1.0'?>\n<!DOCTYPE a>\n<a b='>'>x &amp; y<c/>\r\n</a>\n<!-- -->\n"));
}

TEST(ReadXml, DoesNotObeyADoctype) {
  EXPECT_EQ(Read("<!DOCTYPE rss PUBLIC \"-//N//DTD > RSS//EN\" \"http://example.org/x.dtd\"><rss>&nbsp;</rss>"),
            "(rss|\u00A0)");
  EXPECT_EQ(Read("<!DOCTYPE r [<!ENTITY a \"]>\"><!-- ]> --><!ENTITY b SYSTEM 'file:///etc/passwd'>]><r>&a;&b;</r>"),
            "(r|&a;&b;)");
  EXPECT_EQ(Read("<!doctype html><html/>"), "(html|)");
  EXPECT_EQ(Read("<!DOCTYPE r [ <!ENTITY"), "none");
}

TEST(ReadXml, KnowsHtmlsEntitiesButReportsThem) {
  EXPECT_EQ(Read("<t>&laquo;&mdash;&raquo;&copy;&hellip;</t>"), "(t|«—»©…)");
  EXPECT_EQ(Read("<t a=\"&eacute;\">&CounterClockwiseContourIntegral;</t>"), "(t a=é|∳)");
  EXPECT_FALSE(IsWellFormed("<t>&laquo;</t>"));
}

TEST(ReadXml, MakesStrayMarkupText) {
  EXPECT_EQ(Read("<t>AT&T &unknown; & < 5 <3 &#; &</t>"), "(t|AT&T &unknown; & < 5 <3 &#; &)");
  EXPECT_EQ(Read("<t a=\"x<y&z\"/>"), "(t a=x<y&z|)");
  EXPECT_FALSE(IsWellFormed("<t>AT&T</t>"));
}

TEST(ReadXml, DropsCharactersThatXmlForbids) {
  EXPECT_EQ(Read("<t>a\0b\x01 c\x1F\td</t>"sv), "(t|ab c\td)");
  EXPECT_EQ(Read("<t><![CDATA[a\x0B"
                 "b]]></t>"),
            "(t|ab)");
  EXPECT_EQ(Read("<t>&#0;&#x1F;&#xFFFE;&#xD800;&#99999999999;</t>"), "(t|\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD)");
  EXPECT_EQ(Read("<t>&#150;&#x93;&#60;&#38;</t>"), "(t|–“<&)");
}

TEST(ReadXml, MendsTagsAndNesting) {
  EXPECT_EQ(Read("<a><b>x</a>"), "(a|(b|x))");
  EXPECT_EQ(Read("<a><b>x</c>y</b></a>"), "(a|(b|xy))");
  EXPECT_EQ(Read("<a><b><c>x</b>y</a>"), "(a|(b|(c|x))y)");
  EXPECT_EQ(Read("<a b=c d e='f g=\"h\">x</a>"), "(a b=c d= e=f g=\"h\"|x)");
  EXPECT_EQ(Read("<a b=c/>x"), "(a b=c|)");
  EXPECT_EQ(Read("<a><b x='1' <c>y</c></b></a>"), "(a|(b x=1|(c|y)))");
  EXPECT_EQ(Read("<A>x</a>"), "(a|x)");
}

TEST(ReadXml, KeepsAnAttributesFirst256) {
  std::string attributes;
  for (int i = 0; i < 300; ++i) attributes += " a" + std::to_string(i) + "='1'";
  const std::string text = "<t" + attributes + ">x</t>";
  const auto document = ReadXmlTree(text, "", 1000);
  EXPECT_EQ(document->root->attributes.size(), 256u);
  EXPECT_EQ(document->root->Text(), "x");
}

TEST(ReadXml, BoundsDepthAndNodes) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  const auto document = ReadXmlTree(deep, "", 5000);
  EXPECT_TRUE(document->truncated);
  std::string wide = "<r>";
  for (int i = 0; i < 1000; ++i) wide += "<a/>";
  EXPECT_TRUE(ReadXmlTree(wide, "", 500)->truncated);
}

TEST(AppendXmlText, SaysWhatIsWrong) {
  std::string out;
  EXPECT_EQ(AppendXmlText(out, "a &amp; &#65;"), "");
  EXPECT_NE(AppendXmlText(out, " & "), "");
  EXPECT_NE(AppendXmlText(out, "&nbsp;"), "");
}

}  // namespace
}  // namespace kimberlite::ingest
