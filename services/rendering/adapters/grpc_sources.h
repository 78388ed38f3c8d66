#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kimberlite/content/v1/article.pb.h"
#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/content/v1/site.pb.h"
#include "kimberlite/feed/v1/feed_service.pb.h"
#include "kimberlite/tagging/v1/concept.pb.h"
#include "libs/base/context.h"
#include "libs/base/error.h"
#include "libs/rpc/rpc.h"

namespace kimberlite::rendering {

// What pages are made from, asked of the services that own it. Safe for any thread; blocks.
class GrpcSources {
 public:
  struct Options {
    std::string content_target;
    std::string tagging_target;
    std::string feed_target;
    std::string token;
  };
  explicit GrpcSources(const Options& options);

  // Kept in memory until RequireSite asks for a newer one.
  Result<std::shared_ptr<const content::v1::Site>> GetSite(const Context& context);
  // No answer of GetSite is older than this sequence from here on. Called before the change is applied to the cache.
  void RequireSite(std::int64_t sequence);

  Result<content::v1::Article> GetArticle(const Context& context, std::int64_t id);
  Result<std::vector<content::v1::ArticleCard>> ListArticles(const Context& context, const std::string& list_key,
                                                             int count);
  // By id; those that do not exist are missing.
  Result<std::map<std::int64_t, tagging::v1::Concept>> GetConcepts(const Context& context,
                                                                   const std::vector<std::int64_t>& ids);
  Result<tagging::v1::Concept> ResolveTag(const Context& context, const std::string& language, const std::string& slug);
  Result<content::v1::Media> GetMedia(const Context& context, const std::string& id);
  // Width and height of stored pictures never change: kept in memory, without the bytes.
  Result<std::pair<int, int>> PictureSize(const Context& context, const std::string& id);
  Result<feed::v1::GetFeedResponse> GetFeed(const Context& context, feed::v1::FeedFormat format,
                                            const std::string& list_key);
  Result<feed::v1::ListFeedsResponse> ListFeeds(const Context& context, const std::string& language);

 private:
  const rpc::Channel content_;
  const rpc::Channel tagging_;
  const rpc::Channel feed_;
  std::mutex mutex_;
  std::shared_ptr<const content::v1::Site> site_;
  std::int64_t required_site_ = 0;
  std::map<std::string, std::pair<int, int>> picture_sizes_;
};

}  // namespace kimberlite::rendering
