// What comes in and goes out in bulk, through a real server on a real PostgreSQL.
#include <gmock/gmock.h>

#include "libs/base/id.h"
#include "services/content/adapters/pg_transfer.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::ImportedArticle Old(const std::string& key, const std::string& headline) {
  v1::ImportedArticle imported;
  imported.set_import_key(key);
  imported.mutable_published_time()->set_seconds(1'500'000'000);
  imported.add_old_paths("/ru/news/economy/" + key + "-alias");
  v1::CreateArticleRequest& article = *imported.mutable_article();
  article.set_section_id("economy");
  article.set_publish(true);
  v1::NewTranslation& translation = *article.add_translations();
  translation.set_language_code("ru");
  translation.set_headline(headline);
  translation.set_body_html("<p>Слово</p>");
  return imported;
}

class TransferRpcTest : public ContentRpcTest {
 protected:
  Result<v1::ImportArticlesResponse> Import(const std::vector<v1::ImportedArticle>& articles, bool dry_run = false) {
    v1::ImportArticlesRequest request;
    for (const v1::ImportedArticle& article : articles) *request.add_articles() = article;
    request.set_dry_run(dry_run);
    return Call<v1::ImportArticlesResponse>(request);
  }
};

TEST_F(TransferRpcTest, AnImportHappensOnceAndKeepsItsTimesAndAddresses) {
  LoadSite();
  const auto dry = Import({Old("77", "Старая новость")}, true);
  ASSERT_TRUE(dry) << dry.error().ToString();
  EXPECT_TRUE(dry->outcomes(0).created());
  EXPECT_THAT(Ids("ru"), IsEmpty());

  const auto first = Import({Old("77", "Старая новость"), Old("77", "Ещё раз"), Old("78", "")});
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_TRUE(first->outcomes(0).created());
  EXPECT_FALSE(first->outcomes(1).created());
  EXPECT_EQ(first->outcomes(1).article_id(), first->outcomes(0).article_id());
  EXPECT_THAT(first->outcomes(2).error(), HasSubstr("headline: "));
  EXPECT_THAT(Ids("ru"), SizeIs(1));
  const auto list = List("ru");
  EXPECT_EQ(list->articles(0).published_time().seconds(), 1'500'000'000);
  EXPECT_THAT(List("ru/archive/2017-07")->articles(), SizeIs(1));

  const auto again = Import({Old("77", "Старая новость"), Old("78", "Другая")});
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_FALSE(again->outcomes(0).created());
  EXPECT_TRUE(again->outcomes(1).created());
  v1::ResolveRedirectRequest resolve;
  resolve.set_path("/ru/news/economy/78-other-alias?start=5");
  EXPECT_EQ(Call<v1::ResolveRedirectResponse>(resolve, TokensFile::kService)->article_id(),
            again->outcomes(1).article_id());
  EXPECT_EQ(database_.Events().size(), 2u);
}

TEST_F(TransferRpcTest, ABrokenArticleIsReportedAndTheOthersGoOn) {
  LoadSite();
  v1::ImportedArticle future = Old("1", "Из будущего");
  future.mutable_published_time()->set_seconds(4'000'000'000);
  v1::ImportedArticle pathless = Old("2", "Без пути");
  pathless.set_old_paths(0, "//evil.example");
  v1::ImportedArticle strange = Old("3", "Где");
  strange.mutable_article()->set_section_id("none");
  v1::ImportedArticle keyless = Old("", "Без ключа");
  v1::ImportedArticle picture = Old("4", "С картинкой");
  picture.mutable_article()->mutable_picture()->set_media_id("none.png");
  const auto imported = Import({future, pathless, strange, keyless, picture, Old("5", "Хорошая")});
  ASSERT_TRUE(imported) << imported.error().ToString();
  const char* const rules[] = {
      "published_time: ", "old_paths[0]: ", "section_id: ", "import_key: ", "picture.media_id: "};
  for (int i = 0; i < 5; ++i) EXPECT_THAT(imported->outcomes(i).error(), HasSubstr(rules[i])) << i;
  EXPECT_TRUE(imported->outcomes(5).created());
  EXPECT_EQ(Import({}).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(Import(std::vector<v1::ImportedArticle>(201, Old("6", "x"))).error().code(), Code::kResourceExhausted);
}

std::vector<std::string> Lines(pg::Pool& pool, BlobStore& blobs) {
  std::vector<std::string> lines;
  const auto done = ExportAll(pool, blobs, [&](const ExportedLine& exported) -> Result<void> {
    lines.push_back(exported.line + exported.blob_id + exported.data);
    return {};
  });
  EXPECT_TRUE(done) << done.error().ToString();
  return lines;
}

TEST_F(TransferRpcTest, WhatWentOutComesInTheSame) {
  LoadSite();
  v1::PutMediaRequest put;
  put.set_data("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><rect width=\"9\" height=\"9\"/></svg>");
  const auto media = Call<v1::PutMediaResponse>(put);
  ASSERT_TRUE(media) << media.error().ToString();
  v1::CreateArticleRequest story = Story();
  story.mutable_picture()->set_media_id(media->media().media_id());
  for (int i = 0; i < 3; ++i) Create(story);
  v1::WithdrawArticleRequest withdraw;
  withdraw.set_article_id(1002);
  ASSERT_TRUE(Call<v1::WithdrawArticleResponse>(withdraw));
  ASSERT_TRUE(Import({Old("77", "Старая новость")}));
  const std::vector<std::string> before = Lines(database_.pool(), *blobs_);
  EXPECT_THAT(before, Contains(HasSubstr("\"table\":\"translation_revisions\"")));
  EXPECT_THAT(before, Contains(HasSubstr("<svg")));

  MigratedDatabase other;
  PgSiteStore sites;
  PgBlobStore blobs(other.pool(), clock_);
  GrpcTransferService service(other.pool(), sites, blobs, clock_);
  GrpcReaderService reader(other.pool(), sites, clock_);
  rpc::Server server({.tokens_file = tokens_.path(), .partial = true});
  service.Register(server);
  reader.Register(server);
  ASSERT_TRUE(server.Start());
  const rpc::Channel channel("127.0.0.1:" + std::to_string(server.port()), TokensFile::kOperator);
  const auto send = [&](const v1::ImportContentRequest& request) {
    return channel.Call<v1::ImportContentResponse>(Context::WithTimeout(std::chrono::seconds(20)), request);
  };
  v1::ImportContentRequest all;
  all.set_first(true);
  ASSERT_TRUE(ExportAll(database_.pool(), *blobs_, [&](const ExportedLine& exported) -> Result<void> {
    if (!exported.line.empty()) {
      all.add_lines(exported.line);
      return {};
    }
    v1::ImportContentRequest blob;
    blob.set_blob_id(exported.blob_id);
    blob.set_data(exported.data);
    if (const auto sent = send(blob); !sent) return std::unexpected(sent.error());
    return {};
  }));
  const auto sent = send(all);
  ASSERT_TRUE(sent) << sent.error().ToString();
  EXPECT_EQ(sent->added(), all.lines_size());
  EXPECT_EQ(send(all).error().code(), Code::kFailedPrecondition);  // not empty any more
  all.set_first(false);
  EXPECT_EQ(send(all)->added(), 0);  // but what was cut off is repeated
  v1::ImportContentRequest tell;
  tell.set_tell(true);
  EXPECT_EQ(send(tell)->told_article_id(), 0);
  EXPECT_EQ(other.Events().size(), 4u);
  EXPECT_EQ(Lines(other.pool(), blobs), before);

  v1::BatchGetArticlesRequest batch;
  batch.add_article_ids(1001);
  batch.set_with_bodies(true);
  EXPECT_EQ(channel.Call<v1::BatchGetArticlesResponse>(Context::WithTimeout(std::chrono::seconds(20)), batch)
                ->SerializeAsString(),
            Call<v1::BatchGetArticlesResponse>(batch)->SerializeAsString());
  EXPECT_EQ(other.Number("SELECT last_value FROM content.article_ids"), 1004);
  server.Stop();
}

TEST_F(TransferRpcTest, AForeignLineIsRefused) {
  v1::ImportContentRequest request;
  for (const char* line : {"x", "{}", R"({"table":"outbox","row":{}})",
                           R"({"table":"articles; DROP TABLE x","row":{}})", R"({"table":"articles","row":[]})"}) {
    request.clear_lines();
    request.add_lines(line);
    EXPECT_EQ(Call<v1::ImportContentResponse>(request, TokensFile::kOperator).error().code(), Code::kInvalidArgument)
        << line;
  }
  request.clear_lines();
  for (const std::string& blob_id :
       {std::string("../../etc/passwd"), Sha256Hex("y") + ".png", Sha256Hex("x") + "/../x"}) {
    request.set_blob_id(blob_id);
    request.set_data("x");
    EXPECT_EQ(Call<v1::ImportContentResponse>(request, TokensFile::kOperator).error().code(), Code::kInvalidArgument)
        << blob_id;
  }
}

}  // namespace
}  // namespace kimberlite::content
