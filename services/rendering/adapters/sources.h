#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kimberlite/content/v1/article.pb.h"
#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/content/v1/site.pb.h"
#include "kimberlite/feed/v1/feed_service.pb.h"
#include "kimberlite/tagging/v1/concept.pb.h"
#include "libs/base/context.h"
#include "libs/base/error.h"

namespace kimberlite::rendering {

// What pages are made from, as the services that own it say. Safe for any thread; blocks.
class Sources {
 public:
  virtual ~Sources() = default;

  virtual Result<std::shared_ptr<const content::v1::Site>> GetSite(const Context& context) = 0;
  // No answer of GetSite is older than this sequence from here on. Called before the change is applied to the cache.
  virtual void RequireSite(std::int64_t sequence) = 0;

  virtual Result<content::v1::Article> GetArticle(const Context& context, std::int64_t id) = 0;
  virtual Result<content::v1::ListArticlesResponse> ListArticles(const Context& context,
                                                                 const content::v1::ListArticlesRequest& request) = 0;
  // Several lists, in the order asked for: one call where content can.
  virtual Result<std::vector<content::v1::ListArticlesResponse>> ListMany(
      const Context& context, const std::vector<content::v1::ListArticlesRequest>& requests) {
    std::vector<content::v1::ListArticlesResponse> responses;
    for (const auto& request : requests) {
      auto response = ListArticles(context, request);
      if (!response) return std::unexpected(std::move(response).error());
      responses.push_back(std::move(*response));
    }
    return responses;
  }
  // By id; those that do not exist are missing.
  virtual Result<std::map<std::int64_t, tagging::v1::Concept>> GetConcepts(const Context& context,
                                                                           const std::vector<std::int64_t>& ids) = 0;
  virtual Result<tagging::v1::Concept> ResolveTag(const Context& context, const std::string& language,
                                                  const std::string& slug) = 0;
  virtual Result<content::v1::Media> GetMedia(const Context& context, const std::string& id) = 0;
  // A stored picture without its bytes.
  virtual Result<std::shared_ptr<const content::v1::Media>> DescribeMedia(const Context& context,
                                                                          const std::string& id) = 0;
  // The author whose id or former id this is.
  virtual Result<content::v1::Author> GetAuthor(const Context& context, const std::string& id) = 0;
  // "2026-11", newest first.
  virtual Result<std::vector<std::string>> ListArchiveMonths(const Context& context, const std::string& language) = 0;
  virtual Result<content::v1::SearchArticlesResponse> SearchArticles(
      const Context& context, const content::v1::SearchArticlesRequest& request) = 0;
  // Where a path of the past, with its query, leads; NOT_FOUND when it was never known.
  virtual Result<content::v1::ResolveRedirectResponse> ResolveRedirect(const Context& context,
                                                                       const std::string& path) = 0;
  virtual Result<feed::v1::GetFeedResponse> GetFeed(const Context& context,
                                                    const feed::v1::GetFeedRequest& request) = 0;
  // The language's own, its sections and sources; authors and tags have theirs beside their pages.
  virtual Result<feed::v1::ListFeedsResponse> ListFeeds(const Context& context, const std::string& language) = 0;
};

}  // namespace kimberlite::rendering
