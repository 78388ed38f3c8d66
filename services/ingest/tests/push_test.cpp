#include "services/ingest/core/push.h"

#include <gtest/gtest.h>

namespace kimberlite::ingest {
namespace {

Source ASource() {
  Source source;
  source.source_id = "desk";
  source.name = "Редакция";
  source.home_url = "https://desk.example/";
  source.default_language_code = "sah";
  return source;
}

PushedItem AnItem() {
  PushedItem item;
  item.external_id = "1";
  item.headline = "Саха сирэ < Якутия & Co";
  item.body_html = "<p onclick=\"x()\">Текст <a href=\"/a\">тут</a><script>x</script></p>";
  item.summary = "1 < 2";
  item.link = "https://desk.example/1?utm_source=x";
  item.authors = {"Анна"};
  item.categories = {"Экономика"};
  return item;
}

TEST(RecognisePushed, MakesWhatAFeedWouldGive) {
  const auto item = RecognisePushed(AnItem(), ASource());
  ASSERT_TRUE(item) << item.error().ToString();
  EXPECT_EQ(item->external_id, "1");
  EXPECT_EQ(item->headline, "Саха сирэ < Якутия & Co");
  EXPECT_EQ(item->summary, "1 < 2");
  EXPECT_EQ(item->body_html, "<p>Текст <a href=\"https://desk.example/a\">тут</a></p>");
  EXPECT_EQ(item->language_code, "sah");
  EXPECT_EQ(item->credit_name, "Редакция");
  EXPECT_EQ(item->credit_url, "https://desk.example/");
  PushedItem other = AnItem();
  other.external_id = "";
  EXPECT_EQ(RecognisePushed(other, ASource())->external_id, "https://desk.example/1");
}

std::string FieldOf(const PushedItem& item, const Source& source = ASource()) {
  const auto recognised = RecognisePushed(item, source);
  if (recognised || recognised.error().violations().empty()) return {};
  return recognised.error().violations()[0].field;
}

TEST(RecognisePushed, NamesTheFieldThatBreaksItsRule) {
  const auto with = [](auto change) {
    PushedItem item = AnItem();
    change(item);
    return FieldOf(item);
  };
  EXPECT_EQ(with([](PushedItem&) {}), "");
  EXPECT_EQ(with([](PushedItem& item) { item.external_id = std::string(501, 'x'); }), "item.external_id");
  EXPECT_EQ(with([](PushedItem& item) { item.external_id = "a\nb"; }), "item.external_id");
  EXPECT_EQ(with([](PushedItem& item) { item.headline = ""; }), "item.headline");
  EXPECT_EQ(with([](PushedItem& item) { item.headline = "\xff"; }), "item.headline");
  EXPECT_EQ(with([](PushedItem& item) { item.headline = std::string(301, 'x'); }), "item.headline");
  EXPECT_EQ(with([](PushedItem& item) { item.headline = "   "; }), "item.headline");
  EXPECT_EQ(with([](PushedItem& item) { item.summary = "a\nb"; }), "item.summary");
  EXPECT_EQ(with([](PushedItem& item) { item.body_html = "\xff"; }), "item.body_html");
  EXPECT_EQ(with([](PushedItem& item) { item.body_html = std::string((1 << 20) + 1, 'x'); }), "item.body_html");
  EXPECT_EQ(with([](PushedItem& item) { item.link = "javascript:alert(1)"; }), "item.link");
  EXPECT_EQ(with([](PushedItem& item) { item.credit_url = "/x"; }), "item.credit_url");
  EXPECT_EQ(with([](PushedItem& item) { item.language_code = "not a language"; }), "item.language_code");
  EXPECT_EQ(with([](PushedItem& item) { item.authors = std::vector<std::string>(21, "x"); }), "item.authors");
  EXPECT_EQ(with([](PushedItem& item) { item.authors = {"a", ""}; }), "item.authors[1]");
  EXPECT_EQ(with([](PushedItem& item) { item.categories = {"\u202E"}; }), "item.categories[0]");
  Source without = ASource();
  without.default_language_code = "";
  EXPECT_EQ(FieldOf(AnItem(), without), "item.language_code");
}

TEST(CheckIdempotencyKey, TakesPrintableAsciiWithoutSpaces) {
  EXPECT_TRUE(CheckIdempotencyKey(""));
  EXPECT_TRUE(CheckIdempotencyKey(std::string(200, '~')));
  for (const std::string& bad : {std::string("a b"), std::string("ключ"), std::string("a\n"), std::string(201, 'x')})
    EXPECT_FALSE(CheckIdempotencyKey(bad)) << bad;
}

}  // namespace
}  // namespace kimberlite::ingest
