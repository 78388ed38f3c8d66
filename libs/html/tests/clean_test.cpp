#include "libs/html/clean.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimberlite::html {
namespace {

constexpr std::string_view kBase = "https://example.org/news/7";

std::string C(std::string_view html) { return Clean(html, kBase); }

TEST(Clean, KeepsTheAllowList) {
  for (const char* html : {
           "<p>a <strong>b</strong> <em>c</em> <b>d</b> <i>e</i> <code>f</code> H<sub>2</sub>O x<sup>2</sup></p>",
           "<h2>a</h2><h3>b</h3><h4>c</h4><hr><pre>x  y\n  z</pre>",
           "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>",
           "<blockquote><p>a</p></blockquote>",
           "<table><caption>t</caption><thead><tr><th scope=\"col\">a</th><th>b</th></tr></thead><tbody><tr><td "
           "colspan=\"2\">c</td></tr></tbody></table>",
           "<figure><img src=\"https://e.org/a.jpg\" alt=\"x\" width=\"600\" "
           "height=\"400\"><figcaption>c</figcaption></figure>",
           "<p><abbr title=\"Sakha\">YA</abbr> <cite>c</cite> <q>d</q> <time "
           "datetime=\"2026-11-24T18:30+09:00\">e</time> <bdi>f</bdi><br>g</p>",
           "<p><a href=\"https://e.org/\">a</a> <a href=\"mailto:a@b.org\">b</a></p>",
           "<p lang=\"ar\" dir=\"rtl\">نص</p>",
       }) {
    EXPECT_EQ(C(html), html);
  }
}

TEST(Clean, KeepsTextOfEveryScript) {
  for (const char* text :
       {"Өлүөнэ өрүс ыһыаҕа", "Объявление «Ёлка»", "صحيفة الاقتصاد", "北京新闻", "👩‍👩‍👧 a\u00A0b"}) {
    EXPECT_EQ(C(text), "<p>" + std::string(text) + "</p>");
  }
}

TEST(Clean, MovesHeadingsIntoTheArticle) {
  EXPECT_EQ(C("<h1>a</h1><h5>b</h5><h6>c</h6>"), "<h2>a</h2><h4>b</h4><h4>c</h4>");
  EXPECT_EQ(C("<h2>a<div>b</div><p>c</p></h2>"), "<h2>a b c</h2>");
  EXPECT_EQ(C("<h2></h2><h3> &nbsp; </h3>"), "");
  EXPECT_EQ(C("<h2><img src=a.jpg></h2>"), "<p><img src=\"https://example.org/news/a.jpg\" alt=\"\"></p>");
}

TEST(Clean, WrapsLooseTextIntoParagraphs) {
  EXPECT_EQ(C("a <b>b</b>"), "<p>a <b>b</b></p>");
  EXPECT_EQ(C("<div>a<p>b</p>c</div>d"), "<p>a</p><p>b</p><p>c</p><p>d</p>");
  EXPECT_EQ(C("<blockquote>a</blockquote>"), "<blockquote><p>a</p></blockquote>");
  EXPECT_EQ(C("<section><article>a</article><article>b</article></section>"), "<p>a</p><p>b</p>");
}

TEST(Clean, MakesParagraphsOfPlainText) {
  EXPECT_EQ(C("one\ntwo\n\n three &amp; four\r\n\r\n\n<five"), "<p>one two</p><p>three &amp; four</p>");
  EXPECT_EQ(C("a < b\n\n1 > 0"), "<p>a &lt; b</p><p>1 &gt; 0</p>");
  EXPECT_EQ(C(""), "");
  EXPECT_EQ(C(" \n\n \n"), "");
}

TEST(Clean, PartsParagraphsAtTwoLineBreaks) {
  EXPECT_EQ(C("<p>a<br>b<br> <br/>c<br></p>"), "<p>a<br>b</p><p>c</p>");
  EXPECT_EQ(C("<br><br>a<br>&nbsp;<br>b"), "<p>a</p><p>b</p>");
  EXPECT_EQ(C("<li>a<br><br>b"), "<p>a</p><p>b</p>");
  EXPECT_EQ(C("<ul><li>a<br><br>b</ul>"), "<ul><li><p>a</p><p>b</p></li></ul>");
}

TEST(Clean, DropsWhatIsEmpty) {
  EXPECT_EQ(
      C("<p></p><p>&nbsp;</p><ul><li></li></ul><blockquote> </blockquote><figure></figure><table></table><b></b>"), "");
  EXPECT_EQ(C("<table><tr><td></td><td>a</td></tr></table>"),
            "<table><tbody><tr><td></td><td>a</td></tr></tbody></table>");
}

TEST(Clean, FoldsWhiteSpaceButNotInPre) {
  EXPECT_EQ(C("<p>  a\n\t b <b> c</b> </p>\n"), "<p>a b <b>c</b></p>");
  EXPECT_EQ(C("<pre>\n\n  a\n    b <b>c</b>\n</pre>"), "<pre>  a\n    b <b>c</b></pre>");
}

TEST(Clean, BringsFormattingIntoBlocks) {
  EXPECT_EQ(C("<a href='/x'><h2>a</h2><p>b</p></a>"),
            "<h2><a href=\"https://example.org/x\">a</a></h2><p><a href=\"https://example.org/x\">b</a></p>");
  EXPECT_EQ(C("<p><b>a<p>b</b>c"), "<p><b>a</b></p><p><b>b</b>c</p>");
  EXPECT_EQ(C("<b>1<i>2</b>3</i>"), "<p><b>1<i>2</i></b><i>3</i></p>");
  EXPECT_EQ(C("<b>a<strong>b<b>c</b></strong></b>"), "<p><b>a<strong>bc</strong></b></p>");
}

TEST(Clean, MendsLists) {
  EXPECT_EQ(C("<ul>a<li>b<ul><li>c</ul><ol><li>d</ol></ul>"),
            "<ul><li>a</li><li>b<ul><li>c</li></ul><ol><li>d</li></ol></li></ul>");
  EXPECT_EQ(C("<ul><ul><li>a</ul></ul>"), "<ul><li><ul><li>a</li></ul></li></ul>");
  EXPECT_EQ(C("<ul><li><div>a</div><div>b</div></ul>"), "<ul><li><p>a</p><p>b</p></li></ul>");
  EXPECT_EQ(C("<dl><dt>a<dd>b</dl>"), "<p>a</p><p>b</p>");
}

TEST(Clean, MendsTables) {
  EXPECT_EQ(C("<table>x<tr><td>a<td>b<p>c"),
            "<p>x</p><table><tbody><tr><td>a</td><td>b<p>c</p></td></tr></tbody></table>");
  EXPECT_EQ(C("<td>a</td>"), "<p>a</p>");
  EXPECT_EQ(C("<table><tr><td rowspan=0 colspan=1 width=5>a<table><tr><td>b</table></table>"),
            "<table><tbody><tr><td>a<table><tbody><tr><td>b</td></tr></tbody></table></td></tr></tbody></table>");
}

TEST(Clean, KeepsTheCaptionOfATableWithoutRows) {
  EXPECT_EQ(C("<table><caption>a<div>b</div></caption></table>"), "<p>a b</p>");
}

TEST(Clean, PutsCaptionsLast) {
  EXPECT_EQ(C("<figure>a<figcaption>b</figcaption><img src=/c><figcaption>d</figcaption></figure>"),
            "<figure>a<p><img src=\"https://example.org/c\" alt=\"\"></p><p>d</p><figcaption>b</figcaption></figure>");
  EXPECT_EQ(C("<figcaption>a</figcaption>"), "<p>a</p>");
}

TEST(Clean, CarriesLanguageAndDirection) {
  EXPECT_EQ(C("<div lang=ar dir=rtl>a<ul><li>b</ul></div>c"),
            "<p lang=\"ar\" dir=\"rtl\">a</p><ul lang=\"ar\" dir=\"rtl\"><li>b</li></ul><p>c</p>");
  EXPECT_EQ(C("<p>a <span lang='sah'>b</span> <span class=x>c</span>"), "<p>a <bdi lang=\"sah\">b</bdi> c</p>");
  EXPECT_EQ(C("<p lang='\"><script>' dir=up>a"), "<p>a</p>");
  EXPECT_EQ(C("<ul><li><div dir=rtl>a</div></ul>"), "<ul><li><p dir=\"rtl\">a</p></li></ul>");
}

TEST(Clean, ResolvesLinksAndDropsTracking) {
  EXPECT_EQ(C("<a href='../x?utm_source=a&amp;id=1' target=_blank onclick=x rel=x>a</a>"),
            "<p><a href=\"https://example.org/x?id=1\">a</a></p>");
  EXPECT_EQ(C("<a name=x>a</a> <a href='tel:1'>b</a>"), "<p>a b</p>");
  EXPECT_EQ(Clean("<a href='/x'>a</a>", ""), "<p>a</p>");
  EXPECT_EQ(Clean("<a href='/x'>a</a>", "ftp://example.org/"), "<p>a</p>");
}

TEST(Clean, KeepsPicturesWithUsableAddresses) {
  EXPECT_EQ(C("<img src='/a b.jpg' alt='x \"y\"\n z' width=600px height=50% srcset=q onerror=x style=y>"),
            "<p><img src=\"https://example.org/a%20b.jpg\" alt=\"x &quot;y&quot; z\" width=\"600\"></p>");
  EXPECT_EQ(C("<img src='data:image/gif;base64,AA' data-src='/a.jpg'>"),
            "<p><img src=\"https://example.org/a.jpg\" alt=\"\"></p>");
  EXPECT_EQ(C("<picture><source srcset=/b.webp><img srcset='/a.jpg 1x, /b.jpg 2x'></picture>"),
            "<p><img src=\"https://example.org/a.jpg\" alt=\"\"></p>");
  EXPECT_EQ(C("a<img src=/p width=1 height=1><img src=/p height=0><img><img src='data:x'>"), "<p>a</p>");
}

TEST(Clean, KeepsOwnMediaOnlyWithoutABase) {
  EXPECT_EQ(Clean("<img src=/media/a.svg>", ""), "<p><img src=\"/media/a.svg\" alt=\"\"></p>");
  EXPECT_EQ(C("<img src=/media/a.svg>"), "<p><img src=\"https://example.org/media/a.svg\" alt=\"\"></p>");
  EXPECT_EQ(
      Clean("<img src=/media/../admin><img src=//media/x><img src=/mediax><img src=/media/%2e%2e/x onerror=a>", ""),
      "<p><img src=\"/media/%2e%2e/x\" alt=\"\"></p>");
}

TEST(Clean, MakesLinksOfEmbeds) {
  EXPECT_EQ(C("<p>a</p><iframe src='https://video.example/1?utm_a=b' title='Ice &amp; road'><p>x</p></iframe>b"),
            "<p>a</p><p><a href=\"https://video.example/1\">Ice &amp; road</a></p><p>b</p>");
  EXPECT_EQ(C("<video controls><source src=a.mp4><source src=b.webm>No video</video>"),
            "<p><a href=\"https://example.org/news/a.mp4\">example.org</a></p>");
  EXPECT_EQ(
      C("<audio src='//e.org/a.mp3'></audio><object data='https://e.org/b'><p>x</object><embed src='https://e.org/c'>"),
      "<p><a href=\"https://e.org/a.mp3\">e.org</a></p><p><a href=\"https://e.org/b\">e.org</a></p><p><a "
      "href=\"https://e.org/c\">e.org</a></p>");
  EXPECT_EQ(
      C("<iframe src='http://e.org/'></iframe><iframe src='javascript:x'></iframe><iframe srcdoc='<p>x'></iframe>"),
      "");
  EXPECT_EQ(C("<object><p>fallback</p></object>"), "<p>fallback</p>");
}

TEST(Clean, DropsMachineryWithItsContent) {
  EXPECT_EQ(
      C("a<script>b</script><style>c</style><svg><text>d</text></svg><math><mi>e</mi></math><template><p>f</template>"
        "<select><option>g</select><textarea>h</textarea><button>i</button><noscript>j</noscript><title>k</title>l"),
      "<p>al</p>");
  EXPECT_EQ(C("<button>share<p>text"), "<p>share</p><p>text</p>");
}

TEST(Clean, ReadsCdataThatFeedsWrapTwice) { EXPECT_EQ(C("<![CDATA[<p>a</p>]]>"), "<p>a</p>"); }

TEST(Clean, KeepsTimesOnlyWhenTheyAreSome) {
  for (const char* time :
       {"2026", "2026-11", "2026-11-24", "2026-11-24T18:30", "2026-11-24 18:30:05.123Z", "2026-11-24T18:30:05-03:30"}) {
    EXPECT_EQ(C("<time datetime='" + std::string(time) + "'>x</time>"),
              "<p><time datetime=\"" + std::string(time) + "\">x</time></p>");
  }
  for (const char* time : {"", "yesterday", "2026-1", "2026-13", "2026-11-00", "2026-11-24T24:00", "2026-11-24T18",
                           "2026-11-24Z", "2026-11-24T18:30+9", "2026-11-24T18:30:05.Z"}) {
    EXPECT_EQ(C("<time datetime='" + std::string(time) + "'>x</time>"), "<p>x</p>") << time;
  }
}

TEST(Clean, DecodesEntitiesOnce) {
  EXPECT_EQ(C("<p>&lt;b&gt; &amp;lt; &eacute; &#1105; &nbsp;x"), "<p>&lt;b&gt; &amp;lt; é ё \u00A0x</p>");
}

}  // namespace
}  // namespace kimberlite::html
