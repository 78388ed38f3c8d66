#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kimberlite/content/v1/content_service.pb.h"
#include "kimberlite/feed/v1/feed_service.pb.h"
#include "kimberlite/tagging/v1/concept.pb.h"
#include "libs/base/context.h"
#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/rpc/rpc.h"

namespace kimberlite::feed {

// Makes documents from what content and tagging say now. Safe for any thread; blocks.
class FeedMaker {
 public:
  struct Options {
    std::string content_target;
    std::string tagging_target;
    std::string token;
  };
  FeedMaker(const Options& options, const Clock& clock);

  Result<v1::GetFeedResponse> GetFeed(const Context& context, const v1::GetFeedRequest& request);
  Result<v1::ListFeedsResponse> ListFeeds(const Context& context, const v1::ListFeedsRequest& request);

  // Whether content answers.
  Result<void> Ping(const Context& context);

 private:
  struct List {
    std::vector<content::v1::ArticleCard> cards;
    bool whole = false;  // nothing older
  };
  Result<content::v1::Site> GetSite(const Context& context);
  Result<List> ListArticles(const Context& context, const std::string& list_key, int count, bool with_bodies);
  Result<std::map<std::int64_t, tagging::v1::Concept>> GetConcepts(const Context& context,
                                                                   const std::vector<content::v1::ArticleCard>& cards);
  Result<v1::GetFeedResponse> MakeFeed(const Context& context, v1::FeedFormat format, const std::string& list_key);
  Result<v1::GetFeedResponse> MakeSitemap(const Context& context);
  Result<v1::GetFeedResponse> MakeNewsSitemap(const Context& context);

  const rpc::Channel content_;
  const rpc::Channel tagging_;
  const Clock& clock_;
};

}  // namespace kimberlite::feed
