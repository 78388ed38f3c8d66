#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kimberlite/content/v1/article.pb.h"
#include "kimberlite/tagging/v1/concept.pb.h"
#include "libs/bus/bus.h"
#include "libs/pg/pg.h"
#include "libs/rpc/rpc.h"
#include "libs/testing/servers.h"
#include "services/tagging/app.h"

// What the integration tests share.
namespace kimberlite::tagging {

inline constexpr const char* kEditorToken = "editor-token-0123456789";
inline constexpr const char* kServiceToken = "service-token-0123456789";

// A file of tokens: "ed" is an editor, "svc" a service.
class TokensFile {
 public:
  TokensFile();
  ~TokensFile();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A content service that knows the articles it is given and answers GetArticle alone.
class FakeContent {
 public:
  explicit FakeContent(const std::string& tokens_file);
  std::string target() const { return "127.0.0.1:" + std::to_string(server_.port()); }
  void Set(const content::v1::Article& article);
  // The article ids that were asked for, in order.
  std::vector<std::int64_t> asked() const;
  // Every answer from now on; kOk: the articles again.
  void FailWith(Code code);

 private:
  mutable std::mutex mutex_;
  std::map<std::int64_t, content::v1::Article> articles_;
  std::vector<std::int64_t> asked_;
  Code failure_ = Code::kOk;
  rpc::Server server_;
};

// An article with one published translation.
content::v1::Article ArticleOf(std::int64_t article_id, std::int64_t sequence, const std::string& language_code,
                               const std::string& headline, const std::string& body_html = "");

// The event that says so.
bus::Event ArticleEvent(std::int64_t article_id, std::int64_t sequence, std::vector<int> changes);

// What PutConcept is given.
v1::Concept DefinitionOf(const std::string& key, v1::ConceptKind kind, const std::string& language_code,
                         const std::string& text, std::vector<std::string> aliases = {}, const std::string& slug = "");

// Waits until `condition` holds, for at most 20 s.
bool Eventually(const std::function<bool()>& condition);

// A migrated database, a fake content service, and replicas of this service.
class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest();

  // A running replica, its clients' calls going to it.
  struct Replica {
    std::unique_ptr<App> app;
    std::unique_ptr<rpc::Channel> editor;
    std::unique_ptr<rpc::Channel> service;
  };
  Replica StartReplica();

  // Events that the service has stated on one topic, oldest first.
  std::vector<bus::Event> Stated(const std::string& topic);
  std::int64_t CountRows(const std::string& table);

  testing::TestDatabase database_;
  TokensFile tokens_;
  FakeContent content_{tokens_.path()};
  Config config_;
  pg::Pool pool_{{.url = database_.url()}};
};

}  // namespace kimberlite::tagging
