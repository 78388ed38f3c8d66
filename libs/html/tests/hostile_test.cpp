#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "libs/base/text.h"
#include "libs/html/clean.h"
#include "libs/html/prefilter.h"
#include "libs/html/text.h"

namespace kimberlite::html {
namespace {

using namespace std::string_literals;

// Reads the one form of HTML that Clean may write and tells what is wrong with it: a second opinion, with none of
// Clean's code.
class Checker {
 public:
  explicit Checker(std::string_view html) : rest_(html) {}

  std::string Problem() {
    if (!IsValidUtf8(rest_)) return "not UTF-8";
    while (!rest_.empty() && problem_.empty()) {
      if (rest_.front() == '<') {
        rest_.starts_with("</") ? EndTag() : StartTag();
      } else {
        Text();
      }
    }
    if (problem_.empty() && !open_.empty()) problem_ = "not closed: " + open_.back();
    return problem_;
  }

 private:
  static const std::map<std::string, std::set<std::string>>& AllowList() {
    static const auto* const list =
        new std::map<std::string, std::set<std::string>>{{"p", {}},
                                                         {"h2", {}},
                                                         {"h3", {}},
                                                         {"h4", {}},
                                                         {"ul", {}},
                                                         {"ol", {}},
                                                         {"li", {}},
                                                         {"blockquote", {}},
                                                         {"pre", {}},
                                                         {"hr", {}},
                                                         {"table", {}},
                                                         {"caption", {}},
                                                         {"thead", {}},
                                                         {"tbody", {}},
                                                         {"tr", {}},
                                                         {"td", {"colspan", "rowspan"}},
                                                         {"th", {"colspan", "rowspan", "scope"}},
                                                         {"figure", {}},
                                                         {"figcaption", {}},
                                                         {"img", {"src", "alt", "width", "height"}},
                                                         {"strong", {}},
                                                         {"em", {}},
                                                         {"b", {}},
                                                         {"i", {}},
                                                         {"code", {}},
                                                         {"sub", {}},
                                                         {"sup", {}},
                                                         {"abbr", {"title"}},
                                                         {"cite", {}},
                                                         {"q", {}},
                                                         {"time", {"datetime"}},
                                                         {"bdi", {}},
                                                         {"br", {}},
                                                         {"a", {"href"}}};
    return *list;
  }

  std::string Name() {
    const std::size_t end = std::min(rest_.find_first_not_of("abcdefghijklmnopqrstuvwxyz234"), rest_.size());
    const std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }

  void StartTag() {
    rest_.remove_prefix(1);
    const std::string name = Name();
    const auto rule = AllowList().find(name);
    if (rule == AllowList().end()) return Fail("element " + name);
    std::set<std::string> seen;
    while (rest_.starts_with(' ')) {
      rest_.remove_prefix(1);
      const std::string attribute = Name();
      if (!rule->second.contains(attribute) && attribute != "lang" && attribute != "dir")
        return Fail("attribute " + attribute);
      if (!seen.insert(attribute).second) return Fail("attribute twice");
      if (!rest_.starts_with("=\"")) return Fail("no quote");
      rest_.remove_prefix(2);
      const std::size_t end = rest_.find('"');
      if (end == std::string_view::npos) return Fail("open quote");
      const std::string_view value = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (value.find_first_of("<>'`") != std::string_view::npos && attribute != "alt" && attribute != "title")
        return Fail("value");
      if (value.find_first_of("<>\n\t") != std::string_view::npos) return Fail("value");
      const bool web = value.starts_with("http://") || value.starts_with("https://");
      if (attribute == "href" && !web && !value.starts_with("mailto:")) return Fail("href " + std::string(value));
      if (attribute == "src" && !web && !value.starts_with("/media/")) return Fail("src " + std::string(value));
    }
    if (!rest_.starts_with('>')) return Fail("tag " + name);
    rest_.remove_prefix(1);
    if (name != "br" && name != "hr" && name != "img") open_.push_back(name);
  }

  void EndTag() {
    rest_.remove_prefix(2);
    const std::string name = Name();
    if (open_.empty() || open_.back() != name || !rest_.starts_with('>')) return Fail("end of " + name);
    rest_.remove_prefix(1);
    open_.pop_back();
  }

  void Text() {
    if (open_.empty()) return Fail("text outside of blocks");
    const std::size_t end = std::min(rest_.find('<'), rest_.size());
    std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte == '>' || byte == 0x7F || (byte < 0x20 && byte != '\n' && byte != '\t')) return Fail("character");
      if (byte != '&') continue;
      const std::string_view entity = text.substr(i, 5);
      if (entity != "&amp;" && entity.substr(0, 4) != "&lt;" && entity.substr(0, 4) != "&gt;") return Fail("entity");
    }
  }

  void Fail(std::string problem) { problem_ = std::move(problem); }

  std::string_view rest_;
  std::vector<std::string> open_;
  std::string problem_;
};

constexpr std::string_view kBases[] = {"https://example.org/a/b", ""};

void Check(std::string_view html) {
  for (const std::string_view base : kBases) {
    const std::string once = Clean(html, base);
    ASSERT_EQ(Checker(once).Problem(), "") << html.substr(0, 2000) << "\n→ " << once.substr(0, 2000);
    const std::string twice = Clean(once, base);
    if (twice != once) {
      const std::size_t at = std::mismatch(once.begin(), once.end(), twice.begin(), twice.end()).first - once.begin();
      const std::size_t from = at < 200 ? 0 : at - 200;
      FAIL() << "not a fixed point at " << at << ": " << html.substr(0, 1000) << "\n1: " << once.substr(from, 400)
             << "\n2: " << twice.substr(from, 400);
    }
  }
}

const std::vector<std::string>& Payloads() {
  static const auto* const payloads = new std::vector<std::string>{
      // script in attributes and elements
      "<p onclick=alert(1) ONMOUSEOVER='x' style='background:url(javascript:x)'>a</p>", "<img src=x onerror=alert(1)>",
      "<img src=x onerror=alert(1)//", "<img/src='x'/onerror='x'>", "<img src='https://e.org/\" onerror=\"x'>",
      "<scr<script>ipt>alert(1)</scr</script>ipt>", "<script>alert(1)", "<script/src=//evil></script >x",
      "<SCRIPT\n>x</SCRIPT\t>y", "<script><!--<script></script>--></script><img src=x onerror=y>",
      "<b/onload=x/><body onload=x><html onload=x>",
      // addresses
      "<a href='javascript:alert(1)'>a</a>", "<a href='&#106;avascript:alert(1)'>a</a>",
      "<a href='&#x6A&#x61vascript&colon;x'>a</a>", "<a href='java&Tab;script:x'>a</a>",
      "<a href='java&NewLine;script&colon;x'>a</a>", "<a href='\x01javascript:x'>a</a>",
      "<a href=' &#14; javascript:x'>a</a>", "<a href='data:text/html;base64,PHN2Zz4='>a</a>",
      "<a href='vbscript:x'>a</a>", "<a href='https://e.org/&quot;onclick=&quot;x'>a</a>",
      "<a href='https://e.org/<script>'>a</a>", "<a href='//e.org\\@evil.org'>a</a>",
      "<a href=javascript&#58;alert(1)>a</a>", "<a href='mailto:a@b\" onclick=x'>a</a>", "<img src='javascript:x'>",
      "<img src='/media/\"onerror=x'>", "<img src=1 srcset='javascript:x 1x'>", "<a href='http://[::1]\"x'>a</a>",
      "<base href='https://evil/'><a href='x'>a</a>",
      // foreign content and mutation
      "<svg><script>alert(1)</script></svg>", "<svg onload=x><a xlink:href='javascript:x'><text>a</text></a></svg>",
      "<svg><p><style><img src=x onerror=y></style></p></svg>",
      "<math><mtext><table><mglyph><style><img src=x onerror=y>",
      "<math><annotation-xml encoding='text/html'><script>x</script></annotation-xml></math>",
      "<svg></p><style><a id='</style><img src=1 onerror=x>'>",
      "<form><math><mtext></form><form><mglyph><style></math><img src onerror=x>",
      "<svg><![CDATA[<img src=x onerror=y>]]></svg>", "<noscript><p title='</noscript><img src=x onerror=y>'>",
      "<noscript><style></noscript><img src=x onerror=y></style>", "<p title='</p><img src=x onerror=y>'>a",
      "<textarea><p title='</textarea><img src=x onerror=y>'>", "<xmp><p title='</xmp><img src=x onerror=y>'>",
      "<title><p title='</title><img src=x onerror=y>'>", "<iframe><p title='</iframe><img src=x onerror=y>'>",
      "<noembed><img title='</noembed><img src=x onerror=y>'>", "<template><script>x</script></template>",
      "<select><template><style><!--</style><a rel='--></style></template></select><img src=x onerror=y>'>",
      "<abbr title='`onmouseover=x'>a</abbr>", "<img src=/a alt='``onerror=x'>", "<p><plaintext><img src=x onerror=y>",
      "<listing>\n\n&lt;img onerror=x&gt;</listing>", "<pre>\n\n\n<b>\n</b>x</pre>",
      "<frameset><frame src='javascript:x'></frameset>a",
      // comments, declarations and broken syntax
      "<!--><img src=x onerror=y>-->", "<!---><img src=x onerror=y>-->", "<!-- --!><img src=x onerror=y> -->", "<!-- a",
      "<!--", "<!", "<", "</", "</>", "<a", "<a href=\"x", "<![CDATA[ <img src=x onerror=y> ]]>",
      "<?xml version='1.0'?><?php echo '<p>' ?>a", "<!DOCTYPE html [<!ENTITY x 'y'>]>&x;", "<<b>a<</b>", "< p>a",
      "a<3 b", "</p></br></div>a", "<p =\"x\" a='b\"c' \"=d>e", "<p/lang=ru/dir=rtl>a",
      "<p lang=ru lang=en dir dir=rtl>a", "<b><i></b></i><p></b></i>", "<a><a><a href=/x><a>b",
      "<img src=\0x onerror\0=y>a\0<\0script>b\0</scr\0ipt>"s, "<p>\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80</p>",
      "<p\xff>a</p\xff>", "&#0;&#1;&#x7f;&#x80;&#xD800;&#x110000;&#xFFFE;&#x202E;",
      "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;lt;script&amp;gt;", "&lt<b>;script&gt", "&am<!-- -->p;lt;",
      // structure
      "<table><form><input><tr><form><td></form></form>a</table>", "<table><a href=/x>a<tr><td><a href=/y>b",
      "<table><b><tr><td>a</b>b</table>c", "<table><caption><table><caption>a<tr><td>b", "<ul><table><li>a<td>b</ul>c",
      "<p><table><p>a", "<li><p><li><ul><p><li>", "<h1><h2>a<h3>b</h1>c", "<figure><figure><figcaption><figcaption>a",
      "<dl><dt><dl><dd>a", "<q><q><q>a", "<time datetime=2026><time datetime=2027>a",
      "<blockquote><pre><ul><li><h2><table><tr><td>a", "<a href=/x><table><tr><td><a href=/y>a<p>b",
      "<div><b><p><i><ul><li></b>a</i>b", "<nobr><font><big><u>a", "<button><p><button>a", "<video><video></video>a",
      "<object><object data='https://e.org/'>a", "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
      "<bdo dir=rtl>abc</bdo>", "<p dir=rtl><span dir=ltr><span lang=en>a", "<pre>&#13;&#10;a&#13;b&#12;c&#9;d</pre>",
      "<p>&#13;a&#12;b", "<pre>&#10;&#10;a", "<pre> <b>\n</b>a", "\r\n\r\na\r\n\r\n\r\nb",
      "<body><head><p>a</head></body>b</html>c"};
  return *payloads;
}

TEST(Hostile, PayloadsComeOutHarmlessAndStable) {
  for (const std::string& payload : Payloads()) Check(payload);
}

TEST(Hostile, PayloadsInsideOfEveryElementToo) {
  for (const char* around :
       {"<p>",           "<b>",         "<a href=/x>", "<table>",    "<table><tr><td>",      "<ul>",
        "<ul><li>",      "<h2>",        "<pre>",       "<figure>",   "<figure><figcaption>", "<svg>",
        "<math><mtext>", "<select>",    "<object>",    "<noscript>", "<template>",           "<style>",
        "<!--",          "<p title=\"", "<p title='"}) {
    for (const std::string& payload : Payloads()) Check(around + payload);
  }
}

TEST(Hostile, PairsOfPayloadsDoNotHelpEachOther) {
  std::mt19937 random(7);
  for (int i = 0; i < 4000; ++i) {
    std::string html;
    for (int part = 0; part < 3; ++part) {
      const std::string& payload = Payloads()[random() % Payloads().size()];
      const std::size_t begin = random() % 4 == 0 ? random() % payload.size() : 0;
      html += payload.substr(begin, random() % 4 == 0 ? random() % payload.size() : std::string::npos);
    }
    Check(html);
    if (HasFatalFailure()) return;
  }
}

TEST(Hostile, RandomSoupOfTagsComesOutHarmlessAndStable) {
  static constexpr const char* kPieces[] = {"<p>",
                                            "</p>",
                                            "<b>",
                                            "</b>",
                                            "<i>",
                                            "</i>",
                                            "<em>",
                                            "</em>",
                                            "<a href='/x?utm_a=1'>",
                                            "</a>",
                                            "<div lang=ru>",
                                            "</div>",
                                            "<ul>",
                                            "</ul>",
                                            "<ol>",
                                            "</ol>",
                                            "<li>",
                                            "</li>",
                                            "<table>",
                                            "</table>",
                                            "<tr>",
                                            "</tr>",
                                            "<td>",
                                            "</td>",
                                            "<th>",
                                            "<thead>",
                                            "</thead>",
                                            "<tbody>",
                                            "<caption>",
                                            "</caption>",
                                            "<h1>",
                                            "</h1>",
                                            "<h3>",
                                            "</h3>",
                                            "<blockquote>",
                                            "</blockquote>",
                                            "<pre>",
                                            "</pre>",
                                            "<figure>",
                                            "</figure>",
                                            "<figcaption>",
                                            "</figcaption>",
                                            "<img src=/a>",
                                            "<br>",
                                            "<hr>",
                                            "<span dir=rtl>",
                                            "</span>",
                                            "<span>",
                                            "<sub>",
                                            "</sub>",
                                            "<q>",
                                            "</q>",
                                            "<code>",
                                            "</code>",
                                            "<time datetime=2026>",
                                            "</time>",
                                            "<iframe src='https://e.org/'></iframe>",
                                            "<video src=/v>",
                                            "</video>",
                                            "<object>",
                                            "</object>",
                                            "<svg>",
                                            "</svg>",
                                            "<script>",
                                            "</script>",
                                            "<!--",
                                            "-->",
                                            "<button>",
                                            "</button>",
                                            " ",
                                            "\n",
                                            "&nbsp;",
                                            "a",
                                            "б ",
                                            "ө",
                                            "字",
                                            "<dd>",
                                            "</dd>"};
  std::mt19937 random(11);
  for (int i = 0; i < 15000; ++i) {
    std::string html;
    const int length = 2 + static_cast<int>(random() % 40);
    for (int piece = 0; piece < length; ++piece) html += kPieces[random() % std::size(kPieces)];
    Check(html);
    if (HasFatalFailure()) return;
  }
}

std::string Repeat(std::string_view piece, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + piece.size());
  while (text.size() < bytes) text += piece;
  return text;
}

// Each of these takes minutes, gigabytes or the stack where work grows with the square of the input or recursion with
// its depth; the test's time limit is the check.
TEST(Hostile, HugeInputsTakeLinearTime) {
  for (const char* piece : {"<div>",
                            "<b>",
                            "<p><b>",
                            "<a href=x>",
                            "<span>",
                            "<table><tr><td>",
                            "<ul><li>",
                            "<li>",
                            "<h2><a>",
                            "<blockquote><p>",
                            "</p>",
                            "</div>",
                            "<b><div></b>",
                            "<div><table><td></div></table>",
                            "<span><div></span>",
                            "<svg><p>",
                            "<svg>",
                            "<button>",
                            "<video>",
                            "<!--",
                            "<a b=",
                            "<script>",
                            "</script",
                            "<",
                            "&",
                            "&amp;",
                            "&#x",
                            "x\n\n",
                            "<br>",
                            "<i lang=ru>",
                            "<sub>",
                            "<q><p>x",
                            "]]>",
                            "<![CDATA[",
                            "\xff",
                            "<q>",
                            "<img src=/a>",
                            "<iframe src='https://e.org/'></iframe>",
                            "<p lang=ru>",
                            "<ul>",
                            "<table>",
                            "<figure><figcaption>",
                            "--",
                            "<!--->",
                            "<svg></svg>",
                            "<noscript><p>x</noscript>"}) {
    const std::string html = Repeat(piece, kMaxInput + 100);
    const std::string once = Clean(html, "https://example.org/");
    EXPECT_LE(once.size(), kMaxInput) << piece;
    EXPECT_EQ(Checker(once).Problem(), "") << piece;
    EXPECT_TRUE(Clean(once, "https://example.org/") == once) << piece;
  }
}

TEST(Hostile, JustUnderTheLimitOfTagsIsLinearToo) {
  for (const char* piece : {"<div>",
                            "<a href=/x>",
                            "<h2><a href=/x>",
                            "<p><b><i>",
                            "<b><div></b>",
                            "<a href=/x><div>",
                            "<table><tr><td><b>",
                            "<table><b>",
                            "<div><table><td></div></table>",
                            "<li><div>",
                            "<table><caption><div>",
                            "<ul><p>",
                            "<table><div></table>",
                            "<b><p></b>",
                            "<i><b><p></i></b>",
                            "<sub><p>",
                            "<sub><p></sub>",
                            "<bdi><div></bdi>",
                            "<td><table>",
                            "<figure><figcaption>",
                            "x<br>",
                            "<p><a href=/x><b><i><em><strong><code>"}) {
    std::string html = "<a href='https://example.org/" + std::string(1900, 'x') + "'><b>";
    const std::size_t tags = static_cast<std::size_t>(std::count(piece, piece + std::strlen(piece), '<'));
    for (std::size_t i = 0; i < (kMaxTags - 10) / tags; ++i) html += piece;
    const std::string once = Clean(html + "end", "https://example.org/");
    EXPECT_EQ(Checker(once).Problem(), "") << piece;
    EXPECT_TRUE(Clean(once, "https://example.org/") == once) << piece;
    EXPECT_TRUE(PlainText(html + "end").ends_with("end")) << piece;
  }
}

TEST(Hostile, ManyAttributesTakeLinearTime) {
  std::string html = "<p";
  for (int i = 0; html.size() < kMaxInput - 100; ++i) html += " a" + std::to_string(i) + "=b";
  EXPECT_EQ(Clean(html + ">x", ""), "<p>x</p>");
}

TEST(Hostile, DeepNestingIsFlattenedAndItsTextKept) {
  for (const char* piece : {"<blockquote>", "<ul><li>", "<table><tr><td>", "<sub>", "<div>", "<bdi>"}) {
    std::string html;
    for (int i = 0; i < 5000; ++i) html += piece;
    html += "core";
    EXPECT_EQ(PlainText(html), "core") << piece;
    Check(html);
  }
}

TEST(Hostile, FormattingReopenedEverywhereDoesNotMultiply) {
  std::string html =
      "<a href='https://example.org/" + std::string(1900, 'x') + "'><b><i><em><strong><code><sub><sup><q>";
  html += Repeat("<p>x", 1 << 20);
  const std::string once = Clean(html, "");
  EXPECT_LE(once.size(), kMaxInput);
  EXPECT_EQ(Checker(once).Problem(), "");
  EXPECT_TRUE(Clean(once, "") == once);
}

TEST(Hostile, TooManyTagsLeaveParagraphs) {
  std::string html;
  for (std::size_t i = 0; i < kMaxTags; ++i) html += "<p><b>x</b>";
  const std::string once = Clean(html, "");
  EXPECT_TRUE(once.starts_with("<p>x</p><p>x</p>"));
  EXPECT_EQ(once.find("<b>"), std::string::npos);
  EXPECT_TRUE(Clean(once, "") == once);
}

}  // namespace
}  // namespace kimberlite::html
