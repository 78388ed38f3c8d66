// The RPCs that pages are made of, through a real server on a real PostgreSQL.
#include <gmock/gmock.h>

#include "services/content/adapters/pg_article_store.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

v1::BatchGetArticlesRequest Batch(const std::vector<std::int64_t>& ids, const std::vector<std::string>& languages) {
  v1::BatchGetArticlesRequest request;
  for (const std::int64_t id : ids) request.add_article_ids(id);
  for (const std::string& language : languages) request.add_language_codes(language);
  return request;
}

std::vector<std::string> Names(const v1::BatchGetArticlesResponse& response) {
  std::vector<std::string> names;
  for (const v1::ArticleCard& card : response.articles())
    names.push_back(std::to_string(card.article_id()) + " " + card.language_code());
  return names;
}

class ReaderRpcTest : public ContentRpcTest {
 protected:
  std::vector<std::string> Read(const v1::BatchGetArticlesRequest& request) {
    const auto read = Call<v1::BatchGetArticlesResponse>(request, TokensFile::kService);
    if (!read) return {read.error().message()};
    return Names(*read);
  }
};

TEST_F(ReaderRpcTest, ABatchTakesOfEachArticleTheFirstLanguageThatIsPublic) {
  LoadSite();
  Create(Story());  // 1001: sah, en
  v1::CreateArticleRequest english = Story();
  english.mutable_translations()->DeleteSubrange(0, 1);
  Create(english);  // 1002: en
  english.set_publish(false);
  Create(english);  // 1003: a draft
  EXPECT_THAT(Read(Batch({1003, 1002, 77, 1001}, {"sah", "ru", "en"})), ElementsAre("1002 en", "1001 sah"));
  EXPECT_THAT(Read(Batch({1001, 1002}, {"ru"})), IsEmpty());
  EXPECT_THAT(Read(Batch({1002, 1001, 1002}, {"en"})), ElementsAre("1002 en", "1001 en", "1002 en"));
  // None named: all of them, in the site's order.
  EXPECT_THAT(Read(Batch({1001, 1002}, {})), ElementsAre("1001 en", "1001 sah", "1002 en"));
}

TEST_F(ReaderRpcTest, ABatchOfListsIsTheListsOneByOne) {
  LoadSite();
  Create(Story());
  v1::BatchListArticlesRequest request;
  request.add_lists()->set_list_key("sah");
  request.add_lists()->set_list_key("en");
  request.mutable_lists(1)->set_open_page(true);
  const auto batch = Call<v1::BatchListArticlesResponse>(request, TokensFile::kService);
  ASSERT_TRUE(batch) << batch.error().ToString();
  ASSERT_EQ(batch->lists_size(), 2);
  for (int i = 0; i < 2; ++i) {
    const auto single = Call<v1::ListArticlesResponse>(request.lists(i), TokensFile::kService);
    ASSERT_TRUE(single) << single.error().ToString();
    EXPECT_EQ(batch->lists(i).DebugString(), single->DebugString());
    EXPECT_EQ(batch->lists(i).articles_size(), 1);
  }
  request.mutable_lists(0)->set_page_size(-1);
  EXPECT_THAT(Call<v1::BatchListArticlesResponse>(request, TokensFile::kService).error().message(),
              HasSubstr("page_size"));
  request.clear_lists();
  EXPECT_THAT(Call<v1::BatchListArticlesResponse>(request, TokensFile::kService).error().message(), HasSubstr("lists"));
}

TEST_F(ReaderRpcTest, ACardOfABatchIsTheCardOfTheList) {
  LoadSite();
  Create(Story());
  const auto list = List("en");
  ASSERT_TRUE(list) << list.error().ToString();
  auto batch = Call<v1::BatchGetArticlesResponse>(Batch({1001}, {"en"}), TokensFile::kService);
  ASSERT_TRUE(batch) << batch.error().ToString();
  EXPECT_EQ(batch->articles(0).DebugString(), list->articles(0).DebugString());
  v1::BatchGetArticlesRequest with_bodies = Batch({1001}, {"sah"});
  with_bodies.set_with_bodies(true);
  batch = Call<v1::BatchGetArticlesResponse>(with_bodies, TokensFile::kService);
  ASSERT_TRUE(batch) << batch.error().ToString();
  EXPECT_EQ(batch->articles(0).body_html(), "<p>Өлүөнэ</p>");
}

TEST_F(ReaderRpcTest, ABatchNamesFieldAndRule) {
  LoadSite();
  EXPECT_THAT(Read(Batch({}, {"en"})), ElementsAre(HasSubstr("article_ids: must not be empty")));
  EXPECT_THAT(Read(Batch({7, -1}, {"en"})), ElementsAre(HasSubstr("article_ids[1]: must be greater than 0")));
  EXPECT_THAT(Read(Batch(std::vector<std::int64_t>(201, 7), {"en"})), ElementsAre(HasSubstr("must be at most 200")));
  EXPECT_THAT(Read(Batch({7}, {"en", "ru_RU"})), ElementsAre(HasSubstr("language_codes[1]: ")));
  EXPECT_THAT(Read(Batch({7}, {"fr"})), ElementsAre(HasSubstr("language_codes[0]: ")));
  EXPECT_THAT(Read(Batch({7}, std::vector<std::string>(21, "en"))), ElementsAre(HasSubstr("must be at most 20")));
}

TEST_F(ReaderRpcTest, ABatchSaysWhenItsBodiesAreTooLarge) {
  LoadSite();
  v1::CreateArticleRequest story = Story();
  story.mutable_translations(1)->set_body_html("<p>" + std::string(1'000'000, 'x') + "</p>");
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 17; ++i) ids.push_back(Create(story).article_id());
  v1::BatchGetArticlesRequest request = Batch(ids, {"en"});
  request.set_with_bodies(true);
  const auto read = Call<v1::BatchGetArticlesResponse>(request, TokensFile::kService);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::kResourceExhausted);
  EXPECT_THAT(read.error().message(), HasSubstr("at most 16 MiB together"));
  request.mutable_article_ids()->RemoveLast();
  EXPECT_TRUE(Call<v1::BatchGetArticlesResponse>(request, TokensFile::kService));
}

TEST_F(ReaderRpcTest, AListCanBeginBelowACard) {
  LoadSite();
  for (int i = 0; i < 3; ++i) Create(Story());
  const auto all = List("en");
  ASSERT_TRUE(all) << all.error().ToString();
  v1::ListArticlesRequest request;
  request.set_list_key("en");
  request.set_before_sort_key(all->articles(0).sort_key());
  const auto older = Call<v1::ListArticlesResponse>(request, TokensFile::kService);
  ASSERT_TRUE(older) << older.error().ToString();
  ASSERT_EQ(older->articles_size(), 2);
  EXPECT_EQ(older->articles(0).article_id(), 1002);
  request.set_page_token(all->articles(1).sort_key());
  EXPECT_THAT(Call<v1::ListArticlesResponse>(request).error().message(),
              HasSubstr("before_sort_key: must be empty with page_token"));
  request.clear_page_token();
  request.set_before_sort_key("1001");
  EXPECT_EQ(Call<v1::ListArticlesResponse>(request).error().code(), Code::kInvalidArgument);
}

TEST_F(ReaderRpcTest, ListsSayWhatWasWithdrawnFromThem) {
  LoadSite();
  const v1::Article article = Create(Story());
  const auto withdrawn = [&](const std::string& list_key) {
    v1::ListWithdrawnRequest request;
    request.set_list_key(list_key);
    const auto read = Call<v1::ListWithdrawnResponse>(request, TokensFile::kService);
    EXPECT_TRUE(read) << read.error().ToString();
    std::vector<std::int64_t> ids;
    for (const auto& entry : read->entries()) {
      ids.push_back(entry.article_id());
      EXPECT_FALSE(entry.sort_key().empty());
      EXPECT_GT(entry.withdrawn_time().seconds(), 0);
    }
    return ids;
  };
  EXPECT_THAT(withdrawn("sah"), IsEmpty());
  v1::WithdrawArticleRequest request;
  request.set_article_id(article.article_id());
  request.add_language_codes("sah");
  ASSERT_TRUE(Call<v1::WithdrawArticleResponse>(request));
  EXPECT_THAT(withdrawn("sah"), ElementsAre(article.article_id()));
  EXPECT_THAT(withdrawn("sah/section/" + article.section_id()), ElementsAre(article.article_id()));
  EXPECT_THAT(withdrawn("en"), IsEmpty());
  EXPECT_THAT(withdrawn("ru"), IsEmpty());
}

}  // namespace
}  // namespace kimberlite::content
