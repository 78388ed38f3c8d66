#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/tagging/v1/tagging_service.pb.h"
#include "libs/rpc/rpc.h"
#include "services/feed/adapters/sources.h"

namespace kimberlite::feed {

// Content and tagging on loopback, with one site and what the test puts in.
class FakeNewsroom {
 public:
  FakeNewsroom();
  ~FakeNewsroom();
  void Start();
  Sources::Options SourcesOptions() const;

  // A published story: stands in its language's list and in every list that `more` names. Newest first by `age`.
  content::v1::ArticleCard& Add(std::int64_t id, const std::string& language, std::chrono::seconds age,
                                const std::vector<std::string>& more = {});

  content::v1::Site site;
  // By list key, newest first.
  std::map<std::string, std::vector<content::v1::ArticleCard>> lists;
  std::map<std::string, std::vector<content::v1::WithdrawnEntry>> withdrawn;
  std::map<std::string, content::v1::Author> authors;
  std::map<std::string, std::vector<std::string>> months;
  // Anchored pages by list key and number; the newest sealed one is the last.
  std::map<std::string, std::map<int, content::v1::ListArticlesResponse>> pages;
  std::vector<content::v1::ArticleCard> found;  // by any search
  std::string asked_query;
  // What StreamChanges does; absent: it waits until it is stopped.
  std::function<Result<void>(const rpc::Call&, const content::v1::StreamChangesRequest&,
                             rpc::StreamWriter<content::v1::StreamChangesResponse>&)>
      stream;

 private:
  const std::string tokens_;
  rpc::Server content_;
  rpc::Server tagging_;
};

}  // namespace kimberlite::feed
