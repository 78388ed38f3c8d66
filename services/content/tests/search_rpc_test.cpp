// Search through a real server on a real PostgreSQL, with what the follower writes.
#include <gmock/gmock.h>

#include "services/content/adapters/change_follower.h"
#include "services/content/adapters/pg_search_index.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SearchRpcTest : public ContentRpcTest {
 protected:
  void SetUp() override {
    ContentRpcTest::SetUp();
    LoadSite();
  }

  std::int64_t Write(const std::string& language, const std::string& headline, const std::string& body,
                     const std::vector<std::int64_t>& concepts = {}) {
    v1::CreateArticleRequest request;
    request.set_section_id("economy");
    v1::NewTranslation& translation = *request.add_translations();
    translation.set_language_code(language);
    translation.set_headline(headline);
    translation.set_body_html("<p>" + body + "</p>");
    for (const std::int64_t concept_id : concepts) request.add_concept_ids(concept_id);
    request.set_publish(true);
    return Create(request).article_id();
  }

  void CatchUp() {
    const auto done = ChangeFollower::CatchUp(database_.pool());
    ASSERT_TRUE(done) << done.error().ToString();
  }

  v1::SearchArticlesResponse Ask(const std::string& language, const std::string& query, std::int64_t concept_id = 0,
                                 int page_size = 0, const std::string& token = "") {
    v1::SearchArticlesRequest request;
    request.set_language_code(language);
    request.set_query(query);
    request.set_concept_id(concept_id);
    request.set_page_size(page_size);
    request.set_page_token(token);
    const auto answer = Call<v1::SearchArticlesResponse>(request, TokensFile::kService);
    EXPECT_TRUE(answer) << query << ": " << answer.error().ToString();
    return answer ? *answer : v1::SearchArticlesResponse();
  }

  static std::vector<std::int64_t> IdsOf(const v1::SearchArticlesResponse& answer) {
    std::vector<std::int64_t> ids;
    for (const v1::SearchHit& hit : answer.hits()) ids.push_back(hit.article().article_id());
    return ids;
  }
  std::vector<std::int64_t> Find(const std::string& language, const std::string& query, std::int64_t concept_id = 0) {
    return IdsOf(Ask(language, query, concept_id));
  }
};

TEST_F(SearchRpcTest, FindsEveryLanguageByItsOwnRules) {
  const auto russian = Write("ru", "Алмазы поехали в Бельгию", "Ёлка стоит в Якутске.");
  const auto sakha = Write("sah", "Куораттарга муус устар", "Өлүөнэ өрүскэ балыктар.");
  const auto arabic = Write("ar", "الاقتصاد في ياقوتيا", "مُحَمَّد يكتب عن الصحف");
  const auto english = Write("en", "Diamonds leave for Belgium", "A café on the Lena.");
  CatchUp();
  EXPECT_THAT(Find("ru", "алмаз бельгия"), ElementsAre(russian));
  EXPECT_THAT(Find("ru", "елки"), ElementsAre(russian));
  EXPECT_THAT(Find("sah", "куорат"), ElementsAre(sakha));
  EXPECT_THAT(Find("sah", "өрүс балыгы"), ElementsAre(sakha));
  EXPECT_THAT(Find("ar", "اقتصاد"), ElementsAre(arabic));
  EXPECT_THAT(Find("ar", "محمد"), ElementsAre(arabic));
  EXPECT_THAT(Find("en", "CAFE diamond"), ElementsAre(english));
  // Another language's words are not found here.
  EXPECT_THAT(Find("en", "алмаз"), IsEmpty());
  EXPECT_THAT(Find("en", "diamond moscow"), IsEmpty());
}

TEST_F(SearchRpcTest, ThePlaceOfTheWordsDecidesAndThenTheTime) {
  const auto anywhere = Write("en", "News", "The ferry is late.");
  const auto headline = Write("en", "The ferry is late", "News.");
  const auto newer = Write("en", "Late ferry", "More.");
  CatchUp();
  EXPECT_THAT(Find("en", "late ferry"), ElementsAre(newer, headline, anywhere));
}

TEST_F(SearchRpcTest, PagesOfFindsFollowEachOther) {
  std::vector<std::int64_t> written;
  for (int i = 0; i < 3; ++i) written.push_back(Write("en", "News", "ferry"));
  for (int i = 0; i < 3; ++i) written.push_back(Write("en", "Ferry", "news"));
  CatchUp();
  std::vector<std::int64_t> seen;
  std::string token;
  int pages = 0;
  do {
    const auto answer = Ask("en", "ferry", 0, 2, token);
    const auto ids = IdsOf(answer);
    seen.insert(seen.end(), ids.begin(), ids.end());
    token = answer.next_page_token();
  } while (!token.empty() && ++pages < 10);
  EXPECT_THAT(seen, ElementsAre(written[5], written[4], written[3], written[2], written[1], written[0]));
}

TEST_F(SearchRpcTest, PhrasesStandTogetherAndBeginningsGoOn) {
  const auto together = Write("en", "One", "The ice road opens.");
  const auto apart = Write("en", "Two", "The road over ice opens.");
  CatchUp();
  EXPECT_THAT(Find("en", "ice road"), ElementsAre(apart, together));
  EXPECT_THAT(Find("en", "\"ice road\""), ElementsAre(together));
  EXPECT_THAT(Find("en", "\"road ice\""), IsEmpty());
  EXPECT_THAT(Find("en", "op"), ElementsAre(apart, together));
  EXPECT_THAT(Find("en", "ope roa"), IsEmpty());  // only the last
}

TEST_F(SearchRpcTest, AConceptIsFoundInEveryLanguage) {
  const auto russian = Write("ru", "Кристалл", "слово", {7});
  const auto english = Write("en", "Gem", "word", {7});
  Write("en", "Gem again", "word", {8});
  CatchUp();
  EXPECT_THAT(Find("ru", "", 7), ElementsAre(russian));
  EXPECT_THAT(Find("en", "", 7), ElementsAre(english));
  EXPECT_THAT(Find("en", "gem", 7), ElementsAre(english));
  EXPECT_THAT(Find("en", "nothing", 7), IsEmpty());
}

TEST_F(SearchRpcTest, FollowsChangesAndForgetsWhatWasWithdrawn) {
  const auto id = Write("en", "Ferry", "word");
  CatchUp();
  v1::UpdateArticleRequest update;
  update.set_article_id(id);
  auto& change = *update.add_translations();
  change.set_language_code("en");
  change.set_expected_version(1);
  change.set_headline("Bridge");
  ASSERT_TRUE(Call<v1::UpdateArticleResponse>(update));
  CatchUp();
  EXPECT_THAT(Find("en", "ferry"), IsEmpty());
  EXPECT_THAT(Find("en", "bridge"), ElementsAre(id));
  v1::WithdrawArticleRequest withdraw;
  withdraw.set_article_id(id);
  ASSERT_TRUE(Call<v1::WithdrawArticleResponse>(withdraw));
  // At once, before search knows.
  EXPECT_THAT(Find("en", "bridge"), IsEmpty());
  CatchUp();
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.search_entries"), 0);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.change_queue"), 0);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.changes"), 3);
  EXPECT_EQ(SearchLag(database_.pool())->count(), 0);
}

TEST_F(SearchRpcTest, WritesEverythingAnewWhenTheRulesMoved) {
  const auto id = Write("en", "Ferry", "word");
  CatchUp();
  ASSERT_TRUE(database_.pool().Write([](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("DELETE FROM content.search_entries"));
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("DELETE FROM content.search_words"));
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("UPDATE content.search_state SET version = 0"));
    return {};
  }));
  EXPECT_THAT(Find("en", "ferry"), IsEmpty());
  CatchUp();
  EXPECT_THAT(Find("en", "ferry"), ElementsAre(id));
}

TEST_F(SearchRpcTest, SnippetsMarkWhatWasFound) {
  Write("ru", "Заголовок", "Алмазы Якутии едут в Бельгию.");
  CatchUp();
  const auto answer = Ask("ru", "алмаз бель");
  ASSERT_EQ(answer.hits_size(), 1);
  const v1::SearchHit& hit = answer.hits(0);
  ASSERT_EQ(hit.snippet_spans_size(), 4);
  EXPECT_EQ(hit.snippet().substr(hit.snippet_spans(0), hit.snippet_spans(1) - hit.snippet_spans(0)), "Алмазы");
  EXPECT_EQ(hit.snippet().substr(hit.snippet_spans(2), hit.snippet_spans(3) - hit.snippet_spans(2)), "Бельгию");
}

// Past the number that is ranked, without writing so many: the count of words is what decides.
TEST_F(SearchRpcTest, ManyFindsAreTheNewestAndItSaysSo) {
  std::vector<std::int64_t> written;
  for (int i = 0; i < 5; ++i) written.push_back(Write("en", i % 2 == 0 ? "Ferry" : "News", "ferry"));
  CatchUp();
  ASSERT_TRUE(database_.pool().Write([](pg::Transaction& transaction) {
    return transaction.Query("UPDATE content.search_words SET documents = 1000000, common = true");
  }));
  auto answer = Ask("en", "ferry", 0, 3);
  EXPECT_TRUE(answer.bounded());
  EXPECT_THAT(IdsOf(answer), ElementsAre(written[4], written[3], written[2]));
  answer = Ask("en", "ferry", 0, 3, answer.next_page_token());
  EXPECT_THAT(IdsOf(answer), ElementsAre(written[1], written[0]));
  EXPECT_EQ(answer.next_page_token(), "");
}

TEST_F(SearchRpcTest, AnyTextHasAnAnswer) {
  Write("en", "O'Neil's \\ ferry", "word");
  CatchUp();
  for (const char* query : {"", "!!! & | ( ) :* <-> <2>", "'", "\\", "\"\"\"", "o'neil's", "a:*", "ferry:A", "%",
                            "\x01\x02", "ferry \xE2\x80\xAE", "NOT", "-ferry", "\"ferry"}) {
    Ask("en", query);
  }
  EXPECT_THAT(Find("en", "O'Neil's ferry"), ElementsAre(1001));
  v1::SearchArticlesRequest request;
  request.set_language_code("ru_RU");
  EXPECT_THAT(Call<v1::SearchArticlesResponse>(request).error().message(), HasSubstr("language_code: "));
  request.set_language_code("en");
  request.set_query(std::string(201, 'x'));
  EXPECT_THAT(Call<v1::SearchArticlesResponse>(request).error().message(), HasSubstr("at most 200"));
  request.set_query("x");
  for (const char* token : {"x", "300000000000000000000000000000", "0 UNION SELECT"}) {
    request.set_page_token(token);
    EXPECT_EQ(Call<v1::SearchArticlesResponse>(request).error().code(), Code::kInvalidArgument) << token;
  }
}

}  // namespace
}  // namespace kimberlite::content
