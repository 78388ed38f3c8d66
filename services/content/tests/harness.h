#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/content/v1/events.pb.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "libs/testing/servers.h"
#include "services/content/adapters/grpc_author_service.h"
#include "services/content/adapters/grpc_changes_service.h"
#include "services/content/adapters/grpc_content_service.h"
#include "services/content/adapters/grpc_life_service.h"
#include "services/content/adapters/grpc_media_service.h"
#include "services/content/adapters/grpc_reader_service.h"
#include "services/content/adapters/grpc_redirect_service.h"
#include "services/content/adapters/grpc_search_service.h"
#include "services/content/adapters/grpc_transfer_service.h"
#include "services/content/adapters/pg_site_store.h"
#include "services/content/config.h"

namespace kimberlite::content {

// A clock that moves by a second with each look, so that no two writes fall together.
class SteppingClock final : public Clock {
 public:
  Time Now() const override { return start_ + std::chrono::seconds(++looks_); }

 private:
  Time start_ = *ParseRfc3339("2026-11-24T00:00:00Z");
  mutable std::atomic<int> looks_ = 0;
};

// The lines of a tokens file, deleted at the end.
class TokensFile {
 public:
  TokensFile();
  ~TokensFile();
  const std::string& path() const { return path_; }

  static constexpr const char* kEditor = "editor-token-0123456789abcdef";
  static constexpr const char* kOtherEditor = "other-editor-token-0123456789abcdef";
  static constexpr const char* kOperator = "operator-token-0123456789abcdef";
  static constexpr const char* kService = "service-token-0123456789abcdef";

 private:
  std::string path_;
};

// A migrated database of the test's own.
class MigratedDatabase {
 public:
  MigratedDatabase();
  const std::string& url() const { return database_.url(); }
  Config config() const;
  pg::Pool& pool() { return pool_; }

  // One value of one row.
  std::int64_t Number(std::string_view sql);
  std::string Text(std::string_view sql);
  // Every ArticleChanged in the outbox, in the order in which they were written.
  std::vector<v1::ArticleChanged> Events();

 private:
  testing::TestDatabase database_;
  TokensFile tokens_;
  pg::Pool pool_;
};

// The RPCs on a real server over a real database, without bus.
class ContentRpcTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  template <typename Response, typename Request>
  Result<Response> Call(const Request& request, const std::string& token = TokensFile::kEditor) {
    return rpc::Channel("127.0.0.1:" + std::to_string(server_->port()), token)
        .Call<Response>(Context::WithTimeout(std::chrono::seconds(20)), request);
  }

  v1::Site LoadSite();
  // A published story in Sakha (the original) and English with the editor's concepts 7 and 3.
  static v1::CreateArticleRequest Story();
  v1::Article Create(const v1::CreateArticleRequest& request);
  Result<v1::ListArticlesResponse> List(const std::string& key, int page_size = 0, const std::string& token = "");
  std::vector<std::int64_t> Ids(const std::string& key);

  MigratedDatabase database_;
  SteppingClock clock_;
  PgSiteStore sites_;
  TokensFile tokens_;
  const std::string blob_dir_ = tokens_.path() + ".blobs";  // deleted at the end
  std::unique_ptr<GrpcContentService> service_;
  std::unique_ptr<GrpcReaderService> reader_;
  std::unique_ptr<GrpcAuthorService> authors_;
  std::unique_ptr<GrpcSearchService> search_;
  std::unique_ptr<GrpcChangesService> changes_;
  std::unique_ptr<GrpcLifeService> life_;
  std::unique_ptr<DirectoryBlobStore> blobs_;
  std::unique_ptr<GrpcMediaService> media_;
  std::unique_ptr<GrpcRedirectService> redirects_;
  std::unique_ptr<GrpcTransferService> transfer_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace kimberlite::content
