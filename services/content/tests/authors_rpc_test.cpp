#include <algorithm>
#include <thread>

#include "services/content/app.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {
namespace {

class AuthorsRpcTest : public ContentRpcTest {
 protected:
  void SetUp() override {
    ContentRpcTest::SetUp();
    LoadSite();
  }

  v1::Article Written(const std::string& language, const std::vector<std::string>& authors) {
    v1::CreateArticleRequest request;
    request.set_section_id("economy");
    request.set_publish(true);
    v1::NewTranslation& translation = *request.add_translations();
    translation.set_language_code(language);
    translation.set_headline("Ice breaks early");
    for (const std::string& author : authors) translation.add_authors(author);
    return Create(request);
  }
  static std::vector<std::string> AuthorIds(const v1::Article& article) {
    return {article.translations(0).author_ids().begin(), article.translations(0).author_ids().end()};
  }
  Result<v1::GetAuthorResponse> Get(const std::string& id, std::int64_t min_sequence = 0) {
    v1::GetAuthorRequest request;
    request.set_author_id(id);
    request.set_min_sequence(min_sequence);
    return Call<v1::GetAuthorResponse>(request, TokensFile::kService);
  }
  std::int64_t AuthorEvents() {
    return database_.Number("SELECT count(*) FROM content.outbox WHERE topic = 'kimberlite.content.author.v1'");
  }
};

using Slugs = std::vector<std::string>;

TEST_F(AuthorsRpcTest, EveryBylineIsAnAuthor) {
  const v1::Article first = Written("en", {"Ann Petrova", "Ivan Li"});
  EXPECT_EQ(AuthorIds(first), (Slugs{"ann-petrova", "ivan-li"}));
  EXPECT_EQ(AuthorIds(Written("en", {"ANN  petrova"})), Slugs{"ann-petrova"}) << "the same spelling";
  EXPECT_EQ(AuthorIds(Written("ru", {"Анн Петрова"})), Slugs{"ann-petrova"}) << "the first name in Russian";
  EXPECT_EQ(AuthorIds(Written("ru", {"Анн Петровa"})), Slugs{"ann-petrova-2"}) << "a namesake: another last letter";
  EXPECT_EQ(Get("ann-petrova")->author().names().at("ru"), "Анн Петрова");
  EXPECT_EQ(Get("ann-petrova")->author().sequence(), 2);
  EXPECT_EQ(AuthorEvents(), 4);
  EXPECT_EQ(ContentRpcTest::Ids("en/author/ann-petrova").size(), 2U);
}

TEST_F(AuthorsRpcTest, CardsAndEventsNameThem) {
  const v1::Article article = Written("en", {"Ann Petrova"});
  const auto list = List("en/author/ann-petrova");
  ASSERT_TRUE(list) << list.error().ToString();
  ASSERT_EQ(list->articles_size(), 1);
  EXPECT_EQ(list->articles(0).author_ids(0), "ann-petrova");
  std::vector<std::string> keys;
  const v1::ArticleChanged event = database_.Events().back();
  for (const auto& place : event.after().lists()) keys.push_back(place.list_key());
  EXPECT_NE(std::ranges::find(keys, "en/author/ann-petrova"), keys.end());
  EXPECT_NE(std::ranges::find(keys, "en/archive/2026-11"), keys.end());

  v1::ListArchiveMonthsRequest months;
  months.set_language_code("en");
  EXPECT_EQ(Call<v1::ListArchiveMonthsResponse>(months)->months(0), "2026-11");
  months.set_language_code("ru");
  EXPECT_EQ(Call<v1::ListArchiveMonthsResponse>(months)->months_size(), 0);
  v1::WithdrawArticleRequest withdraw;
  withdraw.set_article_id(article.article_id());
  ASSERT_TRUE(Call<v1::WithdrawArticleResponse>(withdraw));
  months.set_language_code("en");
  EXPECT_EQ(Call<v1::ListArchiveMonthsResponse>(months)->months_size(), 0);
  EXPECT_EQ(List("en/author/ann-petrova")->articles_size(), 0);
}

TEST_F(AuthorsRpcTest, ANewBylineMovesTheArticleBetweenLists) {
  const v1::Article article = Written("en", {"Ann Petrova"});
  v1::UpdateArticleRequest request;
  request.set_article_id(article.article_id());
  v1::TranslationChange& change = *request.add_translations();
  change.set_language_code("en");
  change.set_expected_version(1);
  change.add_authors("Ivan Li");
  change.set_authors_set(true);
  const auto updated = Call<v1::UpdateArticleResponse>(request);
  ASSERT_TRUE(updated) << updated.error().ToString();
  EXPECT_EQ(AuthorIds(updated->article()), Slugs{"ivan-li"});
  EXPECT_TRUE(ContentRpcTest::Ids("en/author/ann-petrova").empty());
  EXPECT_EQ(ContentRpcTest::Ids("en/author/ivan-li").size(), 1U);
}

TEST_F(AuthorsRpcTest, AliasesBelongToOneAuthor) {
  v1::PutAuthorRequest request;
  v1::Author& author = *request.mutable_author();
  author.set_author_id("anna");
  (*author.mutable_names())["ru"] = "Анна Петрова";
  author.add_aliases("А. Петрова");
  ASSERT_TRUE(Call<v1::PutAuthorResponse>(request));
  EXPECT_EQ(Call<v1::PutAuthorResponse>(request)->author().sequence(), 1) << "repeated: nothing new";
  EXPECT_EQ(AuthorIds(Written("ru", {"А. ПЕТРОВА"})), Slugs{"anna"});
  author.set_author_id("other");
  (*author.mutable_names())["ru"] = "Другая";
  const auto taken = Call<v1::PutAuthorResponse>(request);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Code::kAlreadyExists);
  EXPECT_EQ(taken.error().violations()[0].field, "author.aliases[0]");
  EXPECT_EQ(Get("other").error().code(), Code::kNotFound);
  EXPECT_EQ(Get("anna", 2).error().code(), Code::kUnavailable);
}

TEST_F(AuthorsRpcTest, ListsByCursor) {
  Written("en", {"Cy", "Ann", "Bo"});
  v1::ListAuthorsRequest request;
  request.set_page_size(2);
  const auto first = Call<v1::ListAuthorsResponse>(request);
  ASSERT_EQ(first->authors_size(), 2);
  EXPECT_EQ(first->authors(0).author_id(), "ann");
  request.set_page_token(first->next_page_token());
  const auto second = Call<v1::ListAuthorsResponse>(request);
  ASSERT_EQ(second->authors_size(), 1);
  EXPECT_EQ(second->authors(0).author_id(), "cy");
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(AuthorsRpcTest, OneAuthorHoweverManyWriteAtOnce) {
  std::vector<std::jthread> writers;
  for (int i = 0; i < 8; ++i) writers.emplace_back([&] { Written("en", {"Ann Petrova", "Bo"}); });
  writers.clear();
  EXPECT_EQ(database_.Number("SELECT count(*) FROM content.authors"), 2);
  EXPECT_EQ(ContentRpcTest::Ids("en/author/bo").size(), 8U);
}

TEST_F(AuthorsRpcTest, MigrateResolvesBylinesOfThePast) {
  const v1::Article article = Written("en", {"Ann Petrova"});
  const auto emptied = database_.pool().Write([](pg::Transaction& transaction) -> Result<int> {
    for (const char* sql :
         {"UPDATE content.translations SET author_ids = '{}'", "DELETE FROM content.author_spellings",
          "DELETE FROM content.authors", "DELETE FROM content.list_entries WHERE list_key LIKE '%author%'"}) {
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query(sql));
    }
    return 0;
  });
  ASSERT_TRUE(emptied) << emptied.error().ToString();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(MigrateAll(database_.config()));
  EXPECT_EQ(ContentRpcTest::Ids("en/author/ann-petrova"), std::vector<std::int64_t>{article.article_id()});
  EXPECT_EQ(List("en")->articles(0).author_ids(0), "ann-petrova");
}

}  // namespace
}  // namespace kimberlite::content
