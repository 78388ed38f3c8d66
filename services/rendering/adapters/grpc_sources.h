#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libs/rpc/rpc.h"
#include "services/rendering/adapters/sources.h"

namespace kimberlite::rendering {

class GrpcSources final : public Sources {
 public:
  struct Options {
    std::string content_target;
    std::string tagging_target;
    std::string feed_target;
    std::string token;
  };
  explicit GrpcSources(const Options& options);

  // Kept in memory until RequireSite asks for a newer one.
  Result<std::shared_ptr<const content::v1::Site>> GetSite(const Context& context) override;
  void RequireSite(std::int64_t sequence) override;

  Result<content::v1::Article> GetArticle(const Context& context, std::int64_t id) override;
  Result<content::v1::ListArticlesResponse> ListArticles(const Context& context,
                                                         const content::v1::ListArticlesRequest& request) override;
  Result<std::vector<content::v1::ListArticlesResponse>> ListMany(
      const Context& context, const std::vector<content::v1::ListArticlesRequest>& requests) override;
  Result<std::map<std::int64_t, tagging::v1::Concept>> GetConcepts(const Context& context,
                                                                   const std::vector<std::int64_t>& ids) override;
  Result<tagging::v1::Concept> ResolveTag(const Context& context, const std::string& language,
                                          const std::string& slug) override;
  Result<content::v1::Media> GetMedia(const Context& context, const std::string& id) override;
  // What a stored picture is never changes: kept in memory.
  Result<std::shared_ptr<const content::v1::Media>> DescribeMedia(const Context& context,
                                                                  const std::string& id) override;
  Result<content::v1::Author> GetAuthor(const Context& context, const std::string& id) override;
  Result<std::vector<std::string>> ListArchiveMonths(const Context& context, const std::string& language) override;
  Result<content::v1::SearchArticlesResponse> SearchArticles(
      const Context& context, const content::v1::SearchArticlesRequest& request) override;
  Result<content::v1::ResolveRedirectResponse> ResolveRedirect(const Context& context,
                                                               const std::string& path) override;
  Result<feed::v1::GetFeedResponse> GetFeed(const Context& context, const feed::v1::GetFeedRequest& request) override;
  Result<feed::v1::ListFeedsResponse> ListFeeds(const Context& context, const std::string& language) override;

  // Up to this sequence the article's events are on the bus.
  Result<std::int64_t> SentSequence(const Context& context, std::int64_t article_id);

 private:
  const rpc::Channel content_;
  const rpc::Channel tagging_;
  const rpc::Channel feed_;
  std::mutex mutex_;
  std::shared_ptr<const content::v1::Site> site_;
  std::int64_t required_site_ = 0;
  std::map<std::string, std::shared_ptr<const content::v1::Media>, std::less<>> pictures_;
};

}  // namespace kimberlite::rendering
