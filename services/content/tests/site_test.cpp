#include "services/content/core/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "services/content/core/rules.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {
namespace {

using ::testing::HasSubstr;

struct BadSite {
  std::function<void(Site&)> spoil;
  std::string field;
  std::string rule;
  Code code = Code::kInvalidArgument;
};

TEST(CheckSite, AcceptsAWholeSite) {
  const auto checked = CheckSite(SampleSite());
  EXPECT_TRUE(checked) << checked.error().ToString();
}

TEST(CheckSite, NamesTheFieldAndTheRuleOfBadInput) {
  const std::vector<BadSite> cases = {
      {[](Site& s) { s.public_url = "https://example.org/"; }, "site.public_url", "without a slash"},
      {[](Site& s) { s.public_url = "example.org"; }, "site.public_url", "scheme"},
      {[](Site& s) { s.languages.clear(); }, "site.languages", "at least one"},
      {[](Site& s) { s.languages[1].language_code = "ru_RU"; }, "site.languages[1].language_code", "ru-RU"},
      {[](Site& s) { s.languages[1].language_code = "en"; }, "site.languages[1].language_code", "twice"},
      {[](Site& s) { s.languages[2].native_name = ""; }, "site.languages[2].native_name", "empty"},
      {[](Site& s) { s.languages[2].fallback_language_codes = {"fr"}; }, "site.languages[2].fallback_language_codes[0]",
       "en, ru, sah, ar"},
      {[](Site& s) { s.languages[2].fallback_language_codes = {"sah"}; },
       "site.languages[2].fallback_language_codes[0]", "another"},
      {[](Site& s) { s.names.clear(); }, "site.names", "at least one"},
      {[](Site& s) { s.names["zh"] = "勒拿河"; }, "site.names[\"zh\"]", "en, ru, sah, ar"},
      {[](Site& s) { s.taglines["en"] = "a\nb"; }, "site.taglines[\"en\"]", "control"},
      {[](Site& s) { s.time_zone = "GMT+9"; }, "site.time_zone", ""},
      {[](Site& s) { s.social_accounts[0].url = "http://instagram.com/x"; }, "site.social_accounts[0].url", "https"},
      {[](Site& s) { s.social_accounts[0].label = ""; }, "site.social_accounts[0].label", "empty"},
      {[](Site& s) { s.sections.clear(); }, "site.sections", "at least one"},
      {[](Site& s) { s.sections[0].section_id = "Society"; }, "site.sections[0].section_id", "a-z"},
      {[](Site& s) { s.sections[0].section_id = "feeds"; }, "site.sections[0].section_id", "feeds"},
      {[](Site& s) { s.sections[1].section_id = "society"; }, "site.sections[1].section_id", "twice"},
      {[](Site& s) { s.sections[0].labels.clear(); }, "site.sections[0].labels", "at least one"},
      {[](Site& s) { s.sections[0].slugs["ru"] = "tag"; }, "site.sections[0].slugs[\"ru\"]", "tag"},
      {[](Site& s) { s.sections[0].slugs["ru"] = "ekonomika"; }, "site.sections[1].slugs[\"ru\"]", "society"},
      {[](Site& s) { s.sections[0].parent_section_id = "sport"; }, "site.sections[0].parent_section_id", "not exist",
       Code::kNotFound},
      {[](Site& s) { s.sections[0].parent_section_id = "economy", s.sections[1].parent_section_id = "society"; },
       "site.sections[0].parent_section_id", "back to"},
  };
  for (const BadSite& bad : cases) {
    Site site = SampleSite();
    bad.spoil(site);
    const auto checked = CheckSite(site);
    ASSERT_FALSE(checked) << bad.field << " " << bad.rule;
    EXPECT_EQ(checked.error().code(), bad.code);
    ASSERT_FALSE(checked.error().violations().empty()) << checked.error().ToString();
    EXPECT_EQ(checked.error().violations()[0].field, bad.field);
    EXPECT_THAT(checked.error().violations()[0].rule, HasSubstr(bad.rule));
  }
}

TEST(CheckSource, WantsASlugANameAndAUrl) {
  EXPECT_TRUE(CheckSource({"river-post", "River Post", ""}));
  EXPECT_EQ(CheckSource({"River", "River Post", ""}).error().violations()[0].field, "source.source_id");
  EXPECT_EQ(CheckSource({"river", "", ""}).error().violations()[0].field, "source.name");
  EXPECT_EQ(CheckSource({"river", "River", "ftp://river.example"}).error().violations()[0].field, "source.url");
}

TEST(Rules, HttpUrls) {
  for (const char* url : {"https://example.org", "http://example.org:8080/a?b=c#d", "https://пример.рф/путь"})
    EXPECT_TRUE(IsHttpUrl(url)) << url;
  for (const char* url : {"", "//example.org", "https://", "https:///a", "https://:80", "https://a@b.org",
                          "https://a b.org", "HTTPS://x", "javascript:x", "https://a.org/\"x", "https://a.org/\n"}) {
    EXPECT_FALSE(IsHttpUrl(url)) << url;
  }
}

TEST(Rules, IdempotencyKeysArePrintableAscii) {
  EXPECT_TRUE(CheckIdempotencyKey(""));
  EXPECT_TRUE(CheckIdempotencyKey("newsroom:ice road 7"));
  EXPECT_EQ(CheckIdempotencyKey("клю́ч").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(CheckIdempotencyKey("a\tb").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(CheckIdempotencyKey(std::string(201, 'k')).error().code(), Code::kResourceExhausted);
}

TEST(Rules, QuotedTextIsShortAndWhole) {
  EXPECT_EQ(Quoted("a\nb"), "\"a?b\"");
  const std::string quoted = Quoted(std::string(59, 'x') + "өөө");
  EXPECT_EQ(quoted, "\"" + std::string(59, 'x') + "…\"");
}

}  // namespace
}  // namespace kimberlite::content
