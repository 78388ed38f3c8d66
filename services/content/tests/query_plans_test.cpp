// Every statement that the service prepared, at 100,000 articles: none may read a table whole that grows with them.
#include <gmock/gmock.h>

#include <algorithm>
#include <regex>
#include <set>

#include "services/content/adapters/change_follower.h"
#include "services/content/adapters/pg_media_store.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {
namespace {

using ::testing::IsEmpty;

// What grows with articles, readers, pictures or time. What one site has few of (its settings, sections, sources) and
// what is emptied at once (the queue of changes) may be read whole.
constexpr const char* kGrowing[] = {"articles",
                                    "translations",
                                    "article_tags",
                                    "article_revisions",
                                    "translation_revisions",
                                    "list_entries",
                                    "list_pages",
                                    "items",
                                    "media",
                                    "media_variants",
                                    "media_uploads",
                                    "idempotency",
                                    "outbox",
                                    "inbox",
                                    "changes",
                                    "search_entries",
                                    "search_words",
                                    "redirects",
                                    "imports",
                                    "authors",
                                    "author_spellings",
                                    "list_withdrawals",
                                    "blobs"};

constexpr const char* kFill[] = {
    "INSERT INTO content.articles (article_id, sequence, section_id, source_url, original_language_code, created_time)"
    " SELECT n, 1, 'economy', '', 'en', now() FROM generate_series(100001, 200000) AS n",
    "INSERT INTO content.translations (article_id, language_code, state, version, headline, slug, summary, body_html,"
    " authors, published_time, updated_time, from_item)"
    " SELECT n, 'en', 2, 1, 'Story', 'story', '', '<p>x</p>', '{}', now(), now(), false"
    " FROM generate_series(100001, 200000) AS n",
    "INSERT INTO content.article_tags (article_id, rank, concept_id, origin, confidence)"
    " SELECT n, 1, 7, 1, 1 FROM generate_series(100001, 200000) AS n",
    "INSERT INTO content.article_revisions (article_id, sequence, verb, note, changed_by, changed_time, section_id,"
    " source_url, picture_alt, concept_ids) SELECT n, 1, 'create', '', 'x', now(), 'economy', '', '{}', '{7}'"
    " FROM generate_series(100001, 200000) AS n",
    "INSERT INTO content.translation_revisions (article_id, language_code, version, sequence, state, headline, slug,"
    " summary, body_html, authors, updated_time) SELECT n, 'en', 1, 1, 2, 'Story', 'story', '', '', '{}', now()"
    " FROM generate_series(100001, 200000) AS n",
    "INSERT INTO content.list_entries (list_key, sort_key, article_id, language_code)"
    " SELECT k, lpad(to_hex(n), 28, '0'), n, 'en' FROM generate_series(100001, 200000) AS n,"
    " unnest(ARRAY['en', 'en/section/economy']) AS k",
    "INSERT INTO content.list_pages (list_key, page_number, high_sort_key) SELECT 'en', n, lpad(to_hex(100000 + 30 * "
    "n),"
    " 28, '0') FROM generate_series(1, 3300) AS n",
    "INSERT INTO content.list_withdrawals (list_key, article_id, sort_key, withdrawn_time)"
    " SELECT 'en', n, lpad(to_hex(n), 28, '0'), now() FROM generate_series(200001, 250000) AS n",
    "INSERT INTO content.search_entries (article_id, language_code, sort_key, words) SELECT n, 'en',"
    " lpad(to_hex(n), 28, '0'), array_to_tsvector(ARRAY['@en', 'stori', 'w' || n % 5000])"
    " FROM generate_series(100001, 200000) AS n",
    "INSERT INTO content.search_words (language_code, form, stem, documents, common)"
    " SELECT 'en', 'w' || n, 'w' || n, 20, false FROM generate_series(0, 99999) AS n",
    "INSERT INTO content.redirects (path, article_id, language_code, created_time)"
    " SELECT '/en/news/' || n, n, 'en', now() FROM generate_series(100001, 200000) AS n",
    "INSERT INTO content.media (media_id, content_type, width, height, created_time)"
    " SELECT md5(n::text) || '.jpg', 'image/jpeg', 1, 1, now() FROM generate_series(1, 50000) AS n",
    "INSERT INTO content.media_variants (media_id, variant_id)"
    " SELECT md5(n::text) || '.jpg', md5((n + 1)::text) || '.jpg' FROM generate_series(1, 49999) AS n",
    "INSERT INTO content.media_uploads (sha256, media_id)"
    " SELECT md5(n::text), md5(n::text) || '.jpg' FROM generate_series(1, 50000) AS n",
    "INSERT INTO content.changes (position, article_id, sequence, changed_time, event)"
    " SELECT n, n, 1, now(), '' FROM generate_series(1000001, 1100000) AS n",
    "UPDATE content.search_state SET position = 1100000",
    "SELECT setval('content.change_positions', 2000000)",
    "INSERT INTO content.authors (author_id, sequence, names, aliases) SELECT 'a' || n, 1, '{}', '{}'"
    " FROM generate_series(1, 50000) AS n",
    "INSERT INTO content.author_spellings (spelling, author_id) SELECT 'a' || n, 'a' || n"
    " FROM generate_series(1, 50000) AS n",
    "INSERT INTO content.outbox (topic, key, event_id, type, source, event_time, sequence, traceparent, headers, "
    "payload,"
    " sent_time) SELECT 't', n::text, n::text, 't', 's', now(), 1, '', '{}', '', now()"
    " FROM generate_series(1, 50000) AS n",
    "INSERT INTO content.idempotency (key, request_digest, created_time) SELECT n::text, '', now()"
    " FROM generate_series(1, 50000) AS n",
    "ANALYZE"};

class QueryPlansTest : public ContentRpcTest {
 protected:
  template <typename Request, typename Change>
  void Do(const Change& change) {
    Request request;
    change(request);
    using Response = typename Answer<Request>::Type;
    const auto answer = Call<Response>(request);
    EXPECT_TRUE(answer) << Request::descriptor()->name() << ": " << answer.error().ToString();
  }
  template <typename Request>
  struct Answer;

  // Every statement of the connection with its generic plan, which is what serves after some calls.
  std::vector<std::pair<std::string, std::string>> Plans() {
    std::vector<std::pair<std::string, std::string>> plans;
    const auto done = database_.pool().Write([&](pg::Transaction& transaction) -> Result<void> {
      plans.clear();
      KIMBERLITE_RETURN_IF_ERROR(transaction.Query("SET LOCAL plan_cache_mode = force_generic_plan"));
      KIMBERLITE_ASSIGN_OR_RETURN(
          const pg::Rows statements,
          transaction.Query("SELECT name, statement, coalesce(cardinality(parameter_types), 0) AS parameters"
                            " FROM pg_prepared_statements WHERE statement ~ 'content\\.' AND statement ~*"
                            " '^\\s*(SELECT|INSERT|UPDATE|DELETE|WITH)'"));
      for (const pg::Row& row : statements) {
        std::string arguments;
        for (std::int64_t i = 0; i < row.Int("parameters"); ++i) arguments += i == 0 ? "(NULL" : ", NULL";
        if (!arguments.empty()) arguments += ")";
        KIMBERLITE_ASSIGN_OR_RETURN(const pg::Rows plan,
                                    transaction.Query("EXPLAIN EXECUTE " + row.String("name") + arguments));
        std::string text;
        for (const pg::Row& line : plan) text += line.String("QUERY PLAN") + "\n";
        plans.emplace_back(row.String("statement"), text);
      }
      return {};
    });
    EXPECT_TRUE(done) << done.error().ToString();
    return plans;
  }
};

#define KIMBERLITE_ANSWERS(method)                     \
  template <>                                          \
  struct QueryPlansTest::Answer<v1::method##Request> { \
    using Type = v1::method##Response;                 \
  }
KIMBERLITE_ANSWERS(CreateArticle);
KIMBERLITE_ANSWERS(UpdateArticle);
KIMBERLITE_ANSWERS(PublishArticle);
KIMBERLITE_ANSWERS(WithdrawArticle);
KIMBERLITE_ANSWERS(GetArticle);
KIMBERLITE_ANSWERS(ListArticles);
KIMBERLITE_ANSWERS(BatchGetArticles);
KIMBERLITE_ANSWERS(SearchArticles);
KIMBERLITE_ANSWERS(ResolveRedirect);
KIMBERLITE_ANSWERS(PutRedirect);
KIMBERLITE_ANSWERS(ListRedirects);
KIMBERLITE_ANSWERS(PutMedia);
KIMBERLITE_ANSWERS(GetMedia);
KIMBERLITE_ANSWERS(BatchGetMedia);
KIMBERLITE_ANSWERS(GetAuthor);
KIMBERLITE_ANSWERS(ListAuthors);
KIMBERLITE_ANSWERS(ListArchiveMonths);

TEST_F(QueryPlansTest, NoneReadsAGrowingTableWhole) {
  LoadSite();
  const auto filled = database_.pool().Write([](pg::Transaction& transaction) -> Result<void> {
    for (const char* statement : kFill) KIMBERLITE_RETURN_IF_ERROR(transaction.Query(statement));
    return {};
  });
  ASSERT_TRUE(filled) << filled.error().ToString();

  v1::CreateArticleRequest story = Story();
  story.set_idempotency_key("plans");
  const v1::Article article = Create(story);
  Do<v1::UpdateArticleRequest>([&](auto& r) {
    r.set_article_id(article.article_id());
    auto& change = *r.add_translations();
    change.set_language_code("en");
    change.set_expected_version(1);
    change.set_body_html("<p>Other</p>");
    r.set_concepts_set(true);
    r.add_concept_ids(9);
  });
  ASSERT_TRUE(ChangeFollower::CatchUp(database_.pool()));
  Do<v1::GetArticleRequest>([&](auto& r) { r.set_article_id(article.article_id()); });
  for (const bool bodies : {false, true}) {
    Do<v1::ListArticlesRequest>([&](auto& r) {
      r.set_list_key("en");
      r.set_with_bodies(bodies);
    });
  }
  Do<v1::ListArticlesRequest>([&](auto& r) {
    r.set_list_key("en");
    r.set_page_number(7);
  });
  Do<v1::BatchGetArticlesRequest>([&](auto& r) {
    r.add_article_ids(100007);
    r.add_language_codes("en");
  });
  for (const char* query : {"story", "w77", "\"story w77\"", "w7", ""}) {
    Do<v1::SearchArticlesRequest>([&](auto& r) {
      r.set_language_code("en");
      r.set_query(query);
      r.set_concept_id(*query == '\0' ? 7 : 0);
    });
  }
  ASSERT_TRUE(database_.pool().Write([](pg::Transaction& transaction) {
    return transaction.Query("UPDATE content.search_words SET documents = 100000 WHERE stem = 'w77'");
  }));
  for (const std::int64_t concept_id : {0, 7}) {
    Do<v1::SearchArticlesRequest>([&](auto& r) {
      r.set_language_code("en");
      r.set_query("w77");
      r.set_concept_id(concept_id);
    });
  }
  Do<v1::PutRedirectRequest>([&](auto& r) {
    r.mutable_redirect()->set_path("/x");
    r.mutable_redirect()->set_article_id(article.article_id());
  });
  Do<v1::ResolveRedirectRequest>([&](auto& r) { r.set_path("/en/news/100007"); });
  Do<v1::ListRedirectsRequest>([](auto&) {});
  std::string media_id;
  {
    v1::PutMediaRequest put;
    put.set_data(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><rect width=\"9\" height=\"9\"/></svg>");
    const auto stored = Call<v1::PutMediaResponse>(put);
    ASSERT_TRUE(stored) << stored.error().ToString();
    media_id = stored->media().media_id();
  }
  Do<v1::GetMediaRequest>([&](auto& r) { r.set_media_id(media_id); });
  Do<v1::BatchGetMediaRequest>([&](auto& r) { r.add_media_ids(media_id); });
  Do<v1::GetAuthorRequest>([](auto& r) { r.set_author_id("ann-petrova"); });
  Do<v1::ListAuthorsRequest>([](auto&) {});
  Do<v1::ListArchiveMonthsRequest>([](auto& r) { r.set_language_code("en"); });
  Do<v1::WithdrawArticleRequest>([&](auto& r) { r.set_article_id(article.article_id()); });
  ASSERT_TRUE(SweepBlobs(database_.pool(), *blobs_, SystemClock().Now() + std::chrono::days(2)));

  const auto plans = Plans();
  // As many as were seen; fewer would mean that they ran elsewhere and were not looked at.
  EXPECT_GE(plans.size(), 45u);
  for (const auto& [statement, plan] : plans) {
    // What fills the tables above, and the look at the whole that the test itself takes.
    if (statement.find("generate_series") != std::string::npos ||
        statement.starts_with("UPDATE content.search_words SET"))
      continue;
    for (const char* table : kGrowing) {
      const bool whole = std::regex_search(plan, std::regex("Seq Scan on " + std::string(table) + "\\b"));
      EXPECT_FALSE(whole) << statement << "\n" << plan;
    }
  }
}

}  // namespace
}  // namespace kimberlite::content
