#include "libs/html/text.h"

#include <gtest/gtest.h>

#include "libs/html/clean.h"

namespace kimberlite::html {
namespace {

TEST(PlainText, HasALineForEachBlock) {
  EXPECT_EQ(PlainText("<h2>a</h2><p>b <b>c</b><br>d</p><ul><li>e<ul><li>f</ul></ul><table><tr><td>g<td>h</table>"),
            "a\nb c\nd\ne\nf\ng\nh");
}

TEST(PlainText, DecodesEntitiesAndFoldsSpace) {
  EXPECT_EQ(PlainText("  Ыһыах &amp;\n \t&laquo;Өлүөнэ&raquo;&nbsp;&nbsp;2026 &lt;b&gt; "),
            "Ыһыах & «Өлүөнэ» 2026 <b>");
  EXPECT_EQ(PlainText("<pre>a  b\n\tc</pre>"), "a b\nc");
}

TEST(PlainText, LeavesOutWhatNobodyReads) {
  EXPECT_EQ(
      PlainText("a<script>b</script><style>c</style><!-- d --><img src=x alt=e><iframe src='https://e.org/'></iframe>"),
      "a");
  EXPECT_EQ(PlainText(""), "");
}

TEST(PlainText, IsTheSameAfterCleaning) {
  for (const char* html :
       {"<div>a<p>b</p><h1>c<div>d</div></h1></div>", "<pre>\n\n x\n y </pre>", "<b>a<p>b</b>c", "a\n\nb", "<td>x<tr>y",
        "<ul>a<li>b</ul>", "a&nbsp;<br>&nbsp;<br>b", "<figure><figcaption>a</figcaption>b</figure>"}) {
    EXPECT_EQ(PlainText(Clean(html, "")), PlainText(html)) << html;
  }
}

TEST(Escape, LeavesNoMarkup) {
  EXPECT_EQ(EscapeText("<a href=\"x\">&amp;'"), "&lt;a href=\"x\"&gt;&amp;amp;'");
  EXPECT_EQ(EscapeAttribute("\"><'&"), "&quot;&gt;&lt;&#39;&amp;");
}

}  // namespace
}  // namespace kimberlite::html
