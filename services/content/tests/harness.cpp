#include "services/content/tests/harness.h"

#include <filesystem>
#include <fstream>

#include "libs/base/id.h"
#include "services/content/adapters/content_messages.h"
#include "services/content/app.h"
#include "services/content/tests/samples.h"

namespace kimberlite::content {

TokensFile::TokensFile()
    : path_(std::filesystem::temp_directory_path() / ("kimberlite_content_tokens_" + RandomHex(6))) {
  std::ofstream(path_) << "ann editor " << kEditor << "\nbob editor " << kOtherEditor << "\nolga operator " << kOperator
                       << "\nrendering service " << kService << "\n";
}
TokensFile::~TokensFile() { std::filesystem::remove(path_); }

MigratedDatabase::MigratedDatabase() : pool_({.url = database_.url()}) {
  const auto migrated = MigrateAll(config());
  if (!migrated) ADD_FAILURE() << migrated.error().ToString();
}

Config MigratedDatabase::config() const {
  Config config;
  config.common.postgres_url = database_.url();
  config.common.rpc_tokens_file = tokens_.path();
  config.common.grpc_port = 0;
  return config;
}

std::int64_t MigratedDatabase::Number(std::string_view sql) { return std::stoll(Text(sql)); }

std::string MigratedDatabase::Text(std::string_view sql) {
  const auto rows = pool_.Read([&](pg::Transaction& transaction) {
    return transaction.Query("SELECT (" + std::string(sql) + ")::text AS value");
  });
  if (!rows) {
    ADD_FAILURE() << sql << ": " << rows.error().ToString();
    return "-1";
  }
  return (*rows)[0].String("value");
}

std::vector<v1::ArticleChanged> MigratedDatabase::Events() {
  std::vector<v1::ArticleChanged> events;
  const auto rows = pool_.Read([&](pg::Transaction& transaction) {
    return transaction.Query(
        "SELECT payload FROM content.outbox WHERE topic = 'kimberlite.content.article.v1' ORDER BY id");
  });
  if (!rows) {
    ADD_FAILURE() << rows.error().ToString();
    return events;
  }
  for (const pg::Row& row : *rows) {
    events.emplace_back();
    EXPECT_TRUE(events.back().ParseFromString(row.Bytes("payload")));
  }
  return events;
}

void ContentRpcTest::SetUp() {
  service_ = std::make_unique<GrpcContentService>(database_.pool(), sites_, clock_);
  reader_ = std::make_unique<GrpcReaderService>(database_.pool(), sites_, clock_);
  search_ = std::make_unique<GrpcSearchService>(database_.pool(), sites_);
  blobs_ = std::make_unique<DirectoryBlobStore>(blob_dir_);
  ASSERT_TRUE(blobs_->Open());
  media_ = std::make_unique<GrpcMediaService>(database_.pool(), *blobs_, clock_);
  redirects_ = std::make_unique<GrpcRedirectService>(database_.pool(), sites_, clock_);
  transfer_ = std::make_unique<GrpcTransferService>(database_.pool(), sites_, *blobs_, clock_);
  server_ = std::make_unique<rpc::Server>(rpc::Server::Options{.tokens_file = tokens_.path()});
  service_->Register(*server_);
  reader_->Register(*server_);
  life_ = std::make_unique<GrpcLifeService>(database_.pool(), sites_, clock_);
  authors_ = std::make_unique<GrpcAuthorService>(database_.pool(), sites_, clock_);
  authors_->Register(*server_);
  search_->Register(*server_);
  changes_ = std::make_unique<GrpcChangesService>(database_.pool());
  changes_->Register(*server_);
  life_->Register(*server_);
  media_->Register(*server_);
  redirects_->Register(*server_);
  transfer_->Register(*server_);
  const auto started = server_->Start();
  ASSERT_TRUE(started) << started.error().ToString();
}

void ContentRpcTest::TearDown() {
  server_->Stop();
  std::filesystem::remove_all(blob_dir_);
}

v1::Site ContentRpcTest::LoadSite() {
  v1::UpdateSiteRequest request;
  *request.mutable_site() = MessageOf(SampleSite());
  const auto updated = Call<v1::UpdateSiteResponse>(request, TokensFile::kOperator);
  EXPECT_TRUE(updated) << updated.error().ToString();
  v1::PutSourceRequest source;
  *source.mutable_source() = MessageOf(SampleSite().sources[0]);
  const auto put = Call<v1::PutSourceResponse>(source);
  EXPECT_TRUE(put) << put.error().ToString();
  return Call<v1::GetSiteResponse>(v1::GetSiteRequest())->site();
}

v1::CreateArticleRequest ContentRpcTest::Story() {
  v1::CreateArticleRequest request;
  request.set_section_id("economy");
  request.set_source_id("river-post");
  v1::NewTranslation& sakha = *request.add_translations();
  sakha.set_language_code("sah");
  sakha.set_headline("Муус эрдэ устар");
  sakha.set_body_html("<p>Өлүөнэ</p>");
  v1::NewTranslation& english = *request.add_translations();
  english.set_language_code("en");
  english.set_headline("Ice breaks early");
  english.set_summary("On the Lena");
  english.set_body_html("<p onclick=\"x()\">Ice.<script>x()</script></p>");
  english.add_authors("Ann Petrova");
  request.add_concept_ids(7);
  request.add_concept_ids(3);
  request.set_publish(true);
  return request;
}

v1::Article ContentRpcTest::Create(const v1::CreateArticleRequest& request) {
  const auto created = Call<v1::CreateArticleResponse>(request);
  if (!created) {
    ADD_FAILURE() << created.error().ToString();
    return {};
  }
  return created->article();
}

Result<v1::ListArticlesResponse> ContentRpcTest::List(const std::string& key, int page_size, const std::string& token) {
  v1::ListArticlesRequest request;
  request.set_list_key(key);
  request.set_page_size(page_size);
  request.set_page_token(token);
  return Call<v1::ListArticlesResponse>(request, TokensFile::kService);
}

std::vector<std::int64_t> ContentRpcTest::Ids(const std::string& key) {
  std::vector<std::int64_t> ids;
  const auto list = List(key);
  EXPECT_TRUE(list) << list.error().ToString();
  if (!list) return ids;
  for (const v1::ArticleCard& card : list->articles()) ids.push_back(card.article_id());
  return ids;
}

}  // namespace kimberlite::content
