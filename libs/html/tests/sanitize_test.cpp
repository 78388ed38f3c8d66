#include "libs/html/sanitize.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "libs/html/text.h"

namespace kimberlite::html {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSlack = 10;
#else
constexpr double kSlack = 1;
#endif

constexpr std::string_view kBase = "https://example.org/news/7";

std::string S(std::string_view html) { return Sanitize(html, kBase); }

TEST(Sanitize, KeepsBenignMarkupAsItIs) {
  for (const char* html : {
           "text alone &amp; more",
           "<p>a <strong>b</strong> <em>c</em> <b>d</b> <i>e</i> <u>f</u> <s>g</s> H<sub>2</sub>O x<sup>2</sup></p>",
           "<h1>a</h1><h2>b</h2><h3>c</h3><h4>d</h4><h5>e</h5><h6>f</h6><hr><pre>x  y\n  z</pre>",
           "<ul><li>a</li><li>b<ol start=\"3\" type=\"a\"><li value=\"7\">c</li></ol></li></ul>",
           "<dl><dt>a</dt><dd>b</dd><dd><p>c</p></dd></dl>",
           "<blockquote cite=\"https://e.org/\"><p>a</p><footer>b <cite>c</cite></footer></blockquote>",
           "<table><caption>t</caption><thead><tr><th scope=\"col\">a</th><th>b</th></tr></thead><tbody><tr><td "
           "colspan=\"2\">c</td></tr></tbody><tfoot><tr><td>d</td></tr></tfoot></table>",
           "<figure><img src=\"https://e.org/a.jpg\" alt=\"x\" width=\"600\" height=\"400\"><figcaption>c</figcaption>"
           "</figure>",
           "<picture><source srcset=\"https://e.org/a.webp 1x, https://e.org/b.webp 2x\" type=\"image/webp\"><img "
           "src=\"https://e.org/a.jpg\" alt=\"\"></picture>",
           "<img src=\"https://e.org/a.jpg\" srcset=\"https://e.org/a.jpg 640w\" sizes=\"(max-width: 9em) 1px, 5vw\" "
           "alt=\"\">",
           "<video controls=\"\" poster=\"https://e.org/p.jpg\" width=\"640\"><source src=\"https://e.org/v.mp4\" "
           "type=\"video/mp4\"></video>",
           "<audio controls=\"\" src=\"https://e.org/a.mp3\"></audio>",
           "<details open=\"\"><summary>a</summary>b</details>",
           "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby> <bdi dir=\"rtl\">نص</bdi> <bdo dir=\"ltr\">x</bdo>",
           "<abbr title=\"Sakha\">YA</abbr> <q>d</q> <time datetime=\"2026-11-24T18:30+09:00\">e</time> "
           "<del cite=\"https://e.org/\" datetime=\"2026-11-24\">f</del> <ins>g</ins> <mark>h</mark> <kbd>i</kbd> "
           "<samp>j</samp> <var>k</var> <code>l</code> <small>m</small> <dfn>n</dfn> o<wbr>p<br>q",
           "<a href=\"https://e.org/\" title=\"t\">a</a> <a href=\"mailto:a@b.org\">b</a>",
           "<section><header>a</header><article>b</article><aside>c</aside></section>",
           "<p lang=\"ar\" dir=\"rtl\">نص</p>",
       }) {
    EXPECT_EQ(S(html), html);
    EXPECT_TRUE(IsSimple(html, kBase)) << html;
    EXPECT_EQ(SanitizeByTree(html, kBase), html);
  }
}

TEST(Sanitize, LeavesOutEndTagsOnlyTheParserNeeds) {
  for (const auto& [html, wanted] : std::vector<std::pair<const char*, const char*>>{
           {"<p>a<p>b", "<p>a</p><p>b</p>"},
           {"<P CLASS=x>a<UL><LI>b<LI>c</UL>", "<p>a</p><ul><li>b</li><li>c</li></ul>"},
           {"<ul><li><p>a<li>b</ul>", "<ul><li><p>a</p></li><li>b</li></ul>"},
           {"<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"},
           {"<table><tr><td>a<td>b<tr><td>c</table>d",
            "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>d"},
           {"<p><div>a</div></p>", "<p></p><div>a</div>"},
           {"a</div></b></td></p>b", "ab"},
           {"<blockquote><p>a</blockquote>b", "<blockquote><p>a</p></blockquote>b"},
           {"<pre>\n\na</pre>", "<pre>a</pre>"},
       }) {
    EXPECT_EQ(S(html), wanted);
    EXPECT_TRUE(IsSimple(html, kBase)) << html;
    EXPECT_EQ(SanitizeByTree(html, kBase), wanted);
  }
}

TEST(Sanitize, MendsWhatNeedsMending) {
  EXPECT_EQ(S("<p><b>a<p>b</b>c"), "<p><b>a</b></p><p><b>b</b>c</p>");
  EXPECT_EQ(S("<b>1<i>2</b>3</i>"), "<b>1<i>2</i></b><i>3</i>");
  EXPECT_EQ(S("<table><tr>x<td>a</table>"), "x<table><tbody><tr><td>a</td></tr></tbody></table>");
  EXPECT_EQ(S("<a href=/1>a<a href=/2>b</a></a>"),
            "<a href=\"https://example.org/1\">a</a><a href=\"https://example.org/2\">b</a>");
  EXPECT_EQ(S("<ruby>漢<rt>kan</ruby>x"), "<ruby>漢<rt>kan</rt></ruby>x");
}

TEST(Sanitize, DropsWhatRuns) {
  for (const auto& [html, wanted] : std::vector<std::pair<const char*, const char*>>{
           {"a<script>b</script>c", "ac"},
           {"a<SCRIPT/x>b</script >c", "ac"},
           {"a<script>b", "a"},
           {"<p onclick=x style='a:b' class=c id=d>a</p>", "<p>a</p>"},
           {"<p/onmouseover=x>a</p>", "<p>a</p>"},
           {"<img src=x onerror=alert(1)>", "<img src=\"https://example.org/news/x\" alt=\"\">"},
           {"<a href='javascript:x'>a</a>", "a"},
           {"<a href=' java\nscript:x'>a</a>", "a"},
           {"<a href='&#1;javascript:x'>a</a>", "a"},
           {"<a href='jav&#x09;ascript:x'>a</a>", "a"},
           {"<a href='&#106;avascript&colon;x'>a</a>", "a"},
           {"<a href='vbscript:x'>a</a><a href='data:text/html,x'>b</a>", "ab"},
           {"<img src='javascript:x'><img src='data:image/svg+xml,x'>", ""},
           {"<svg><script>x</script><a xlink:href='javascript:x'>b</a></svg>c", "c"},
           {"<math><mi//xlink:href='data:x,<script>alert(4)</script>'></math>c", "c"},
           {"<noscript><p title='</noscript><img src=x onerror=x>'></noscript>c", "c"},
           {"<template><img src=x onerror=x></template>c", "c"},
           {"<style><img src='</style><img src=x onerror=x>'></style>c",
            "<img src=\"https://example.org/news/x\" alt=\"\">'&gt;c"},
           {"<textarea><img title='</textarea><img src=x>'></textarea>c",
            "<img src=\"https://example.org/news/x\" alt=\"\">'&gt;c"},
           {"<title><b></title>c", "c"},
           {"<xmp><p title='</xmp>c'>", "c'&gt;"},
           {"a<plaintext>b<p>c", "a"},
           {"a<!-- b --!>c<!--> d --> e", "ac d --&gt; e"},
           {"<form action=x><input name=y><button formaction='javascript:x'>z</button>a</form>", "<div>a</div>"},
           {"<meta http-equiv=refresh content='0;url=javascript:x'><base href='javascript:x'><link rel=x>a", "a"},
           {"<p title='\"><script>x</script>'>a</p>", "<p title=\"&quot;&gt;&lt;script&gt;x&lt;/script&gt;\">a</p>"},
           {"&lt;script&gt;x&lt;/script&gt;", "&lt;script&gt;x&lt;/script&gt;"},
           {"<a href=\"https://e.org/`onmouseover=x\">a</a>", "<a href=\"https://e.org/%60onmouseover=x\">a</a>"},
       }) {
    EXPECT_EQ(S(html), wanted) << html;
    EXPECT_EQ(S(S(html)), wanted) << html;
  }
}

TEST(Sanitize, MakesAddressesAbsoluteAndDropsTracking) {
  EXPECT_EQ(S("<a href='../x?utm_source=a&amp;id=1&fbclid=2#c'>a</a>"),
            "<a href=\"https://example.org/x?id=1#c\">a</a>");
  EXPECT_EQ(S("<a href='?yclid=1&gclid=2&mc_eid=3'>a</a>"), "<a href=\"https://example.org/news/7\">a</a>");
  EXPECT_EQ(S("<img src=a.jpg srcset='a.jpg, /b.jpg 2x,c.jpg 3q, //e.org/d,e.jpg 640w'>"),
            "<img src=\"https://example.org/news/a.jpg\" srcset=\"https://example.org/news/a.jpg, "
            "https://example.org/b.jpg 2x, https://e.org/d,e.jpg 640w\" alt=\"\">");
  EXPECT_EQ(S("<video poster=p.jpg src=v.mp4 autoplay onplay=x>no</video>"),
            "<video controls=\"\" src=\"https://example.org/news/v.mp4\" "
            "poster=\"https://example.org/news/p.jpg\"></video>");
  EXPECT_EQ(Sanitize("<a href='/x'>a</a><img src=/a.jpg>", ""), "a");
}

TEST(Sanitize, DropsTrackers) {
  for (const char* html :
       {"<img src=/p width=1 height=1>", "<img src=/p height=0>", "<img src=/p style='display: none'>",
        "<img src=/p hidden>", "<img src='https://mc.yandex.ru/watch/1'>", "<img src=//www.facebook.com/tr?id=1>",
        "<img src=https://pixel.wp.com/b.gif>", "<noscript><img height=1 width=1 src=/x></noscript>",
        "<iframe src='https://www.googletagmanager.com/ns.html?id=1'></iframe>",
        "<iframe width=0 height=0 src=https://e.org/></iframe>",
        "<img src='http://feeds.feedburner.com/~r/x/~4/y' height='1' width='1'>"}) {
    EXPECT_EQ(S(html), "") << html;
  }
}

TEST(Sanitize, MakesLinksOfEmbeds) {
  EXPECT_EQ(S("<iframe src='https://www.youtube.com/embed/abc?rel=0' title='Ice &amp; road'></iframe>"),
            "<a href=\"https://www.youtube.com/watch?v=abc\">Ice &amp; road</a>");
  for (const auto& [embed, page] : std::vector<std::pair<const char*, const char*>>{
           {"//www.youtube-nocookie.com/embed/abc", "https://www.youtube.com/watch?v=abc"},
           {"https://player.vimeo.com/video/12?h=x", "https://vimeo.com/12"},
           {"https://rutube.ru/play/embed/12/", "https://rutube.ru/video/12/"},
           {"https://vk.com/video_ext.php?oid=-1&amp;id=2&amp;hash=3", "https://vk.com/video-1_2"},
           {"https://ok.ru/videoembed/12", "https://ok.ru/video/12"},
           {"https://w.soundcloud.com/player/?url=https%3A//soundcloud.com/a/b", "https://soundcloud.com/a/b"},
           {"https://www.instagram.com/p/abc/embed/", "https://www.instagram.com/p/abc/"},
           {"https://other.example/x", "https://other.example/x"},
       }) {
    const std::string html = S("<iframe src='" + std::string(embed) + "'></iframe>");
    EXPECT_TRUE(html.starts_with("<a href=\"" + std::string(page) + "\">")) << html;
    EXPECT_EQ(S(html), html);
  }
  EXPECT_EQ(S("<a href=/x><iframe src=https://e.org/ title=t></iframe></a>"),
            "<a href=\"https://example.org/x\">t</a>");
  EXPECT_EQ(S("<object data=https://e.org/a><embed src=https://e.org/a>x</object><object><p>y</object>"),
            "<a href=\"https://e.org/a\">e.org</a><p>y</p>");
  EXPECT_EQ(S("<blockquote class='twitter-tweet'><p>x</p>— A <a href='https://twitter.com/a/status/1?ref_src=x'>d</a>"
              "</blockquote><script async src=//platform.twitter.com/widgets.js></script>"),
            "<blockquote><p>x</p>— A <a href=\"https://twitter.com/a/status/1?ref_src=x\">d</a></blockquote>");
  EXPECT_EQ(S("<blockquote data-instgrm-permalink='https://www.instagram.com/p/a/?utm_source=x'></blockquote>"),
            "<blockquote><a href=\"https://www.instagram.com/p/a/\">www.instagram.com/p/a/</a></blockquote>");
  EXPECT_EQ(S("<iframe srcdoc='<script>x</script>'></iframe><iframe src='javascript:x'></iframe>"), "");
}

TEST(Sanitize, RecoversPicturesThatLoadLate) {
  const std::string picture = "<img src=\"https://example.org/a.jpg\" alt=\"\">";
  EXPECT_EQ(S("<img src='data:image/gif;base64,AA' data-src='/a.jpg'>"), picture);
  EXPECT_EQ(S("<img src='/blank.gif' data-lazy-src='/a.jpg'>"), picture);
  EXPECT_EQ(S("<img src='data:x'><noscript><img src='/a.jpg'>please</noscript>"), picture);
  EXPECT_EQ(S("<img src='/blank.gif' data-src='/a.jpg'><noscript><img src='/a.jpg'></noscript>"), picture);
  EXPECT_EQ(S("<img data-srcset='/a.jpg 1x'>"),
            "<img src=\"https://example.org/a.jpg\" srcset=\"https://example.org/a.jpg 1x\" alt=\"\">");
  EXPECT_EQ(S("<picture><source data-srcset='/b.webp'><img data-src=/a.jpg></picture>"),
            "<picture><source srcset=\"https://example.org/b.webp\">" + picture + "</picture>");
  EXPECT_EQ(S("<picture><source srcset='/a.jpg'></picture>"), picture);
}

TEST(Sanitize, KeepsTextOfEveryScriptWithoutWhatHides) {
  EXPECT_EQ(S("Өлүөнэ өрүс ыһыаҕа «Ёлка» صحيفة 北京新闻 👩‍👩‍👧 a\u00A0b"),
            "Өлүөнэ өрүс ыһыаҕа «Ёлка» صحيفة 北京新闻 👩‍👩‍👧 a\u00A0b");
  EXPECT_EQ(S("a\u202Eb\uFEFFc\x01"
              "d\u0085e\r\nf"),
            "abcde\nf");
  EXPECT_EQ(S("\xFF\xC3(&#0;&#x202E;&eacute;&CounterClockwiseContourIntegral;&copy2"), "\uFFFD\uFFFD(\uFFFDé∳©2");
}

// --- properties ------------------------------------------------------------------------------------------------------

std::string Random(std::mt19937& random, bool tidy) {
  static const std::vector<std::string> kTags = {
      "p",        "div",    "b",          "i",       "a href=/x", "span lang=ru", "ul",         "li",      "ol",
      "dl",       "dt",     "dd",         "h2",      "h3",        "table",        "tr",         "td",      "th",
      "tbody",    "thead",  "em",         "caption", "s",         "pre",          "blockquote", "figure",  "ruby",
      "rt",       "q",      "section",    "a",       "span",      "small",        "code",       "center",  "form",
      "tt",       "strike", "figcaption", "details", "u",         "sub",          "main",       "nav",     "summary",
      "address",  "tfoot",  "rp",         "menu",    "font",      "svg",          "math",       "select",  "button",
      "noscript", "object", "video",      "picture", "nobr",      "big",          "iframe",     "template"};
  static const std::vector<std::string> kLeaves = {"x",
                                                   " ",
                                                   "\n",
                                                   "&amp;",
                                                   "&lt;",
                                                   "<br>",
                                                   "<img src=a>",
                                                   "<hr>",
                                                   "y z",
                                                   "<wbr>",
                                                   "]]>",
                                                   "<![CDATA[",
                                                   "<!-- -->",
                                                   "<iframe src=//e.org></iframe>",
                                                   "</p>",
                                                   "</div>",
                                                   "\x01",
                                                   "ё",
                                                   "&#10;",
                                                   "<source src=s>",
                                                   "</br>",
                                                   "<script>1</script>",
                                                   "<video src=v></video>",
                                                   "<picture><img src=p></picture>"};
  std::string html;
  std::vector<std::string> open;
  const int size = 1 + static_cast<int>(random() % 14);
  for (int i = 0; i < size; ++i) {
    const auto kind = random() % 10;
    if (kind < 4) {
      const std::string& tag = kTags[random() % (tidy ? 51 : kTags.size())];
      html += "<" + tag + ">";
      open.push_back(tag.substr(0, tag.find(' ')));
    } else if (kind < 7 && !open.empty()) {
      const std::size_t which = tidy || random() % 4 != 0 ? open.size() - 1 : random() % open.size();
      html += "</" + open[which] + ">";
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
    } else {
      html += kLeaves[random() % kLeaves.size()];
    }
  }
  while (tidy && !open.empty()) {
    html += "</" + open.back() + ">";
    open.pop_back();
  }
  return html;
}

TEST(Sanitize, GivesTheSameInOnePassAsByTheTree) {
  std::mt19937 random(20261124);
  int simple = 0;
  for (int round = 0; round < 30'000; ++round) {
    const std::string html = Random(random, round % 2 == 0);
    const std::string clean = S(html);
    ASSERT_EQ(S(clean), clean) << html;
    if (!IsSimple(html, kBase)) continue;
    ++simple;
    ASSERT_EQ(SanitizeByTree(html, kBase), clean) << html;
  }
  EXPECT_GT(simple, 5'000);
}

TEST(Sanitize, StaysWithinTimeWhateverComes) {
  const auto repeat = [](const std::string& text, std::size_t bytes) {
    std::string all;
    while (all.size() < bytes) all += text;
    return all;
  };
  for (const char* part : {"<",
                           "<a",
                           "<b>",
                           "<div>",
                           "<p>",
                           "<a href=x>",
                           "<table>",
                           "<table><tr><td>",
                           "<ul><li>",
                           "<li>",
                           "<dd>",
                           "</p>",
                           "</b>",
                           "<!--",
                           "<![CDATA[",
                           "&",
                           "&#",
                           "&amp",
                           "<a b=\"",
                           "<script>",
                           "<svg>",
                           "<noscript>",
                           "<picture>",
                           "<video>",
                           "<object>",
                           "<object data=x>",
                           "<iframe>",
                           "<img srcset='",
                           "a,",
                           "<b><p>",
                           "<i><b></i>",
                           "<td>",
                           "<ruby><rt>",
                           "<select>",
                           "\xFF",
                           "\x01",
                           "<font color=x>",
                           "<nobr>",
                           "<p a=1 b=2 c=3>",
                           "<img src=x>",
                           "<h1>",
                           "</",
                           "<x "}) {
    const std::string html = repeat(part, 1 << 20);
    const std::clock_t begun = std::clock();
    const std::string clean = S(html);
    EXPECT_LT(static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC, 1.0 * kSlack) << part;
    EXPECT_EQ(S(clean), clean) << part;
  }
}

TEST(TextLine, ReadsAsPlainTextDoesInOneLine) {
  EXPECT_EQ(TextLine("<p>a <b>b</b></p><p>c<br>d &lt;e&gt; &nbsp; f<script>g</script></p>"), "a b c d <e> f");
  EXPECT_EQ(TextLine("5 < 6 & 7"), "5 < 6 & 7");
  EXPECT_EQ(TextLine("in<wbr>side <img src=x alt=y>"), "inside");
}

}  // namespace
}  // namespace kimberlite::html
