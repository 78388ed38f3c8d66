#include "tools/kimberlitectl/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/feed/v1/feed_service.pb.h"
#include "kimberlite/ingest/v1/ingest_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "tools/kimberlitectl/verbs.h"

namespace kimberlite::ctl {
namespace {

using ::testing::HasSubstr;

Result<std::string> ReadFileForTest(const std::string& name) {
  if (name == "absent") return Fail(Code::kInvalidArgument, "cannot read absent");
  return "content of " + name;
}

// The flags of a verb, applied to a request of type Request.
template <typename Request>
class Flags {
 public:
  explicit Flags(const std::string& method) {
    const auto verb = std::ranges::find(Verbs(), method, &Verb::method);
    flags_ = FlagsOf(*Request::descriptor(), verb->shape, comments_);
  }
  const Flag& Find(const std::string& name) const {
    for (const Flag& flag : flags_) {
      if (flag.name == name || std::ranges::count(flag.aliases, name) > 0) return flag;
    }
    throw std::runtime_error("no flag --" + name);
  }
  Result<void> Set(const std::string& name, const std::vector<std::string>& values) {
    return Apply(Find(name), values, ReadFileForTest, request);
  }

  Request request;

 private:
  Comments comments_;
  std::vector<Flag> flags_;
};

TEST(Flags, FillTheFirstTranslationOfANewArticle) {
  Flags<content::v1::CreateArticleRequest> flags("content/CreateArticle");
  ASSERT_TRUE(flags.Set("section", {"economy"}));
  ASSERT_TRUE(flags.Set("source", {"sandal-tv"}));
  ASSERT_TRUE(flags.Set("language", {"sah"}));
  ASSERT_TRUE(flags.Set("headline", {"Муус суол"}));
  ASSERT_TRUE(flags.Set("body-file", {"story.html"}));
  ASSERT_TRUE(flags.Set("author", {"Айта", "Bob"}));
  ASSERT_TRUE(flags.Set("concept", {"7", "12"}));
  ASSERT_TRUE(flags.Set("picture", {"ab.svg"}));
  ASSERT_TRUE(flags.Set("alt", {"en=A road = ice", "sah=Суол"}));
  ASSERT_TRUE(flags.Set("publish", {"true"}));
  content::v1::CreateArticleRequest expected;
  ASSERT_TRUE(MergeJson(R"({"section_id": "economy", "source_id": "sandal-tv", "concept_ids": [7, 12], "publish": true,
    "picture": {"media_id": "ab.svg", "alt": {"en": "A road = ice", "sah": "Суол"}},
    "translations": [{"language_code": "sah", "headline": "Муус суол", "body_html": "content of story.html", "authors": ["Айта", "Bob"]}]})",
                        expected));
  EXPECT_EQ(flags.request.DebugString(), expected.DebugString());
}

TEST(Flags, AnUpdateSaysWhichListsAreMeant) {
  Flags<content::v1::UpdateArticleRequest> flags("content/UpdateArticle");
  ASSERT_TRUE(flags.Set("author", {"Айта"}));
  EXPECT_TRUE(flags.request.translations(0).authors_set());
  EXPECT_FALSE(flags.request.concepts_set());
  ASSERT_TRUE(flags.Set("concept", {"7"}));
  EXPECT_TRUE(flags.request.concepts_set());
}

TEST(Flags, AnEmptyHeadlineIsPresent) {
  Flags<content::v1::UpdateArticleRequest> flags("content/UpdateArticle");
  ASSERT_TRUE(flags.Set("headline", {""}));
  EXPECT_TRUE(flags.request.translations(0).has_headline());
  EXPECT_FALSE(flags.request.translations(0).has_slug());
}

TEST(Flags, LabelsGoToTheEntryOfTheirLanguage) {
  Flags<tagging::v1::PutConceptRequest> flags("tagging/PutConcept");
  ASSERT_TRUE(flags.Set("kind", {"topic"}));
  ASSERT_TRUE(flags.Set("alias", {"ru=зимника", "ru=зимнику"}));
  ASSERT_TRUE(flags.Set("label", {"en=ice road", "ru=зимник"}));
  tagging::v1::PutConceptRequest expected;
  ASSERT_TRUE(MergeJson(R"({"definition": {"kind": "CONCEPT_KIND_TOPIC", "labels": [
    {"language_code": "ru", "text": "зимник", "aliases": ["зимника", "зимнику"]}, {"language_code": "en", "text": "ice road"}]}})",
                        expected));
  EXPECT_EQ(flags.request.DebugString(), expected.DebugString());
  EXPECT_THROW(flags.Find("sequence"), std::runtime_error);
}

TEST(Flags, TakeDurationsEnumsAndFiles) {
  Flags<ingest::v1::PutSourceRequest> source("ingest/PutSource");
  ASSERT_TRUE(source.Set("poll-interval", {"1500ms"}));
  EXPECT_EQ(source.request.source().poll_interval().seconds(), 1);
  EXPECT_EQ(source.request.source().poll_interval().nanos(), 500000000);
  Flags<feed::v1::GetFeedRequest> feed("feed/GetFeed");
  ASSERT_TRUE(feed.Set("format", {"news-sitemap"}));
  EXPECT_EQ(feed.request.format(), feed::v1::FEED_FORMAT_NEWS_SITEMAP);
  ASSERT_TRUE(feed.Set("format", {"FEED_FORMAT_ATOM"}));
  EXPECT_EQ(feed.request.format(), feed::v1::FEED_FORMAT_ATOM);
  Flags<content::v1::PutMediaRequest> media("content/PutMedia");
  ASSERT_TRUE(media.Set("data", {"river.svg"}));
  EXPECT_EQ(media.request.data(), "content of river.svg");
}

TEST(Flags, NameThemselvesAndTheRule) {
  const auto refusal = [](auto result) { return result ? "accepted" : result.error().message(); };
  Flags<content::v1::UpdateArticleRequest> update("content/UpdateArticle");
  EXPECT_EQ(refusal(update.Set("expected-version", {"one"})), "--expected-version: must be a number");
  EXPECT_EQ(refusal(update.Set("expected-version", {"99999999999"})), "--expected-version: must be a number");
  EXPECT_EQ(refusal(update.Set("headline", {"\xFF"})), "--headline: must be valid UTF-8");
  EXPECT_EQ(refusal(update.Set("alt", {"no pair"})), "--alt: must look like KEY=TEXT");
  EXPECT_EQ(refusal(update.Set("body-file", {"absent"})), "--body-file: cannot read absent");
  Flags<feed::v1::GetFeedRequest> feed("feed/GetFeed");
  EXPECT_EQ(refusal(feed.Set("format", {"pdf"})), "--format: must be one of rss|atom|json|sitemap|news-sitemap|opml");
  Flags<content::v1::UpdateSiteRequest> site("content/UpdateSite");
  EXPECT_THAT(refusal(site.Set("languages", {R"({"langage_code": "en"})"})),
              HasSubstr("--languages: is not the JSON of a SiteLanguage"));
}

TEST(MergeJson, RefusesWhatItDoesNotKnow) {
  content::v1::GetArticleRequest request;
  const auto merged = MergeJson("{\"article_id\": 1,\n \"nonsense\": 2}", request);
  ASSERT_FALSE(merged);
  EXPECT_THAT(merged.error().message(), HasSubstr("nonsense"));
  EXPECT_EQ(merged.error().message().find('\n'), std::string::npos);
  EXPECT_FALSE(MergeJson("{", request));
  EXPECT_FALSE(MergeJson("[]", request));
}

}  // namespace
}  // namespace kimberlite::ctl
