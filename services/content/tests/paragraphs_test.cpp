#include "services/content/core/paragraphs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/content/adapters/body.h"
#include "services/content/core/drift.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::int64_t> Ids(const std::vector<Paragraph>& paragraphs) {
  std::vector<std::int64_t> ids;
  for (const Paragraph& paragraph : paragraphs) ids.push_back(paragraph.id);
  return ids;
}

std::string Body(const std::vector<std::string>& words) {
  std::string body;
  for (const std::string& word : words) body += "<p>" + word + "</p>";
  return body;
}

std::vector<Paragraph> Start(const std::vector<std::string>& words) { return Align({}, Body(words), 0); }

TEST(Blocks, AreTheFirstLevel) {
  EXPECT_THAT(Blocks("<p>a <b>b</b></p><hr><ul><li>c</li><li><p>d</p></li></ul><figure><img src=\"/media/x\" "
                     "alt=\"1 &gt; 0\"><figcaption>e</figcaption></figure>"),
              ElementsAre("<p>a <b>b</b></p>", "<hr>", "<ul><li>c</li><li><p>d</p></li></ul>",
                          "<figure><img src=\"/media/x\" alt=\"1 &gt; 0\"><figcaption>e</figcaption></figure>"));
  EXPECT_THAT(Blocks(""), IsEmpty());
  EXPECT_THAT(Blocks("text"), ElementsAre("text"));
  EXPECT_THAT(Blocks("<p>cut"), ElementsAre("<p>cut"));
  EXPECT_THAT(Blocks("<"), ElementsAre("<"));
}

TEST(Align, KeepsIdsAcrossEdits) {
  const auto first = Start({"Өлүөнэ", "мууһа", "устар"});
  EXPECT_THAT(Ids(first), ElementsAre(1, 2, 3));
  EXPECT_THAT(Ids(Align(first, Body({"Өлүөнэ", "мууһа эрдэ", "устар"}), 3)), ElementsAre(1, 2, 3)) << "one was changed";
  EXPECT_THAT(Ids(Align(first, Body({"саҥа", "Өлүөнэ", "мууһа", "устар"}), 3)), ElementsAre(4, 1, 2, 3))
      << "one in front";
  EXPECT_THAT(Ids(Align(first, Body({"Өлүөнэ", "устар"}), 3)), ElementsAre(1, 3)) << "one removed";
  EXPECT_THAT(Ids(Align(first, Body({"устар", "Өлүөнэ", "мууһа"}), 3)), ElementsAre(4, 1, 2)) << "one moved is new";
  EXPECT_THAT(Ids(Align(first, Body({"Өлүөнэ", "a", "b", "устар", "c"}), 9)), ElementsAre(1, 2, 10, 3, 11));
  EXPECT_THAT(Ids(Align(first, "", 3)), IsEmpty());
}

TEST(Align, TellsEqualParagraphsApartByPlace) {
  const auto first = Start({"x", "x", "x"});
  EXPECT_THAT(Ids(first), ElementsAre(1, 2, 3));
  EXPECT_THAT(Ids(Align(first, Body({"x", "y", "x"}), 3)), ElementsAre(1, 2, 3));
}

TEST(Align, OfALargeRewriteEndsAndNamesEveryParagraphOnce) {
  std::vector<std::string> before;
  std::vector<std::string> after;
  for (int i = 0; i < 5000; ++i) {
    before.push_back("old " + std::to_string(i));
    after.push_back("new " + std::to_string(i));
  }
  std::vector<std::int64_t> ids = Ids(Align(Start(before), Body(after), 5000));
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::unique(ids).size(), 0U);
  EXPECT_EQ(ids.size(), 5000U);
}

TEST(Behind, CountsChangedNewAndRemoved) {
  const auto followed = Start({"a", "b", "c"});
  const auto original = Align(followed, Body({"a", "B", "d", "e"}), 3);
  EXPECT_THAT(Behind(original, followed), ElementsAre(2, 3, 4));
  EXPECT_THAT(Behind(followed, followed), IsEmpty());
  EXPECT_THAT(Behind(original, Follow(original, followed, {2})), ElementsAre(3, 4));
  const auto shorter = Align(followed, Body({"a"}), 3);
  EXPECT_THAT(Behind(shorter, followed), ElementsAre(2, 3));
  EXPECT_THAT(Behind(shorter, Follow(shorter, followed, {3})), ElementsAre(2));
}

Article Changed(const Article& article, const std::string& language, const std::string& body, int seconds) {
  return *UpdateArticle(SampleSite(), article,
                        {.translations = {{.language_code = language,
                                           .expected_version = article.Find(language)->version,
                                           .body_html = body}}},
                        At2026(seconds));
}

TEST(Drift, GrowsWithTheOriginalAndEndsWhenItIsFollowed) {
  const Article article = SampleArticle();
  EXPECT_EQ(DriftOf(article, *article.Find("en"))->behind, 0);
  EXPECT_FALSE(DriftOf(article, *article.Find("sah")));

  const Article moved = Changed(article, "sah", "<p>Сана</p><p>Өссө</p>", 10);
  EXPECT_EQ(DriftOf(moved, *moved.Find("en"))->behind, 1);
  EXPECT_EQ(DriftOf(moved, *moved.Find("en"))->total, 2);
  EXPECT_EQ(moved.Find("en")->behind_since, At2026(10));
  EXPECT_EQ(moved.Find("en")->version, 1) << "it is no version of the translation";
  EXPECT_EQ(Changed(moved, "sah", "<p>Уларыйбыт</p><p>Өссө</p>", 20).Find("en")->behind_since, At2026(10));
  EXPECT_EQ(Changed(moved, "sah", "<p>Сана</p>", 20).Find("en")->behind_since, std::nullopt) << "taken back";
  EXPECT_EQ(DriftOf(Changed(moved, "en", "<p>Ice.</p><p>More.</p>", 20), *moved.Find("en"))->behind, 1)
      << "only the translator says that it follows";

  const Article done = *MarkParagraphsDone(moved, "en", {2});
  EXPECT_EQ(DriftOf(done, *done.Find("en"))->behind, 0);
  EXPECT_EQ(done.Find("en")->behind_since, std::nullopt);
  EXPECT_EQ(done.sequence, moved.sequence + 1);
  EXPECT_EQ(*MarkParagraphsDone(done, "en", {}), done) << "nothing to do";
  EXPECT_EQ(MarkParagraphsDone(moved, "en", {7}).error().violations()[0].field, "paragraph_ids[0]");
  EXPECT_EQ(MarkParagraphsDone(moved, "sah", {}).error().violations()[0].field, "language_code");
  EXPECT_EQ(MarkParagraphsDone(moved, "ru", {}).error().code(), Code::kNotFound);
}

TEST(Drift, OfANewTranslationIsNone) {
  const Article moved = Changed(SampleArticle(), "sah", "<p>Сана</p><p>Өссө</p>", 10);
  const Article added = *UpdateArticle(
      SampleSite(), moved, {.translations = {{.language_code = "ru", .headline = "Лед", .body_html = "<p>Лед</p>"}}},
      At2026(11));
  EXPECT_EQ(DriftOf(added, *added.Find("ru"))->behind, 0);
  EXPECT_EQ(DriftOf(added, *added.Find("en"))->behind, 1);
}

TEST(MarkdownBody, IsCleanHtml) {
  EXPECT_EQ(
      *MarkdownBody("Өлүөнэ *мууһа*\n\n## Устар\n\n- a\n- b\n\n<script>x()</script>\n\nno https://a.example", "f"),
      "<p>Өлүөнэ <em>мууһа</em></p><h2>Устар</h2><ul><li>a</li><li>b</li></ul><p>no <a "
      "href=\"https://a.example/\">https://a.example</a></p>");
  EXPECT_EQ(*MarkdownBody("|a|b|\n|-|-|\n|1|2|\n", "f"),
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>");
  EXPECT_EQ(*MarkdownBody("[x](javascript:alert(1)) \u202Eevil", "f"), "<p>x evil</p>");
  EXPECT_EQ(MarkdownBody("a\xFF", "f").error().violations()[0].field, "f");
  EXPECT_EQ(MarkdownBody(std::string((1 << 20) + 1, 'a'), "f").error().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace kimberlite::content
