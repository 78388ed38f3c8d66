#pragma once

#include <string>

#include "kimberlite/feed/v1/feed_service.pb.h"
#include "libs/base/context.h"
#include "libs/base/error.h"
#include "libs/site/site_paths.h"
#include "services/feed/adapters/list_key.h"
#include "services/feed/adapters/sources.h"
#include "services/feed/core/feed_document.h"

namespace kimberlite::feed {

// Makes feeds, archives of feeds and subscription lists from what the sources say now. Safe for any thread; blocks.
class FeedMaker {
 public:
  explicit FeedMaker(const Sources& sources) : sources_(sources) {}

  // format: RSS, Atom or JSON Feed. INTERNAL when the document breaks a rule of its format: it is not given away.
  Result<v1::GetFeedResponse> GetFeed(const Context& context, const v1::GetFeedRequest& request) const;
  Result<v1::GetFeedResponse> GetOpml(const Context& context, const v1::GetFeedRequest& request) const;
  Result<v1::ListFeedsResponse> ListFeeds(const Context& context, const v1::ListFeedsRequest& request) const;

 private:
  // What a feed is of: its page and how that is called.
  struct Scope {
    std::string path;
    std::string label;  // empty for a language's own feed
  };
  Result<Scope> ScopeOf(const Context& context, const site::SitePaths& paths, const ListKey& key,
                        v1::GetFeedResponse& response) const;
  // Fills in what is shown, the addresses of older and newer documents, and what that depends on.
  Result<std::vector<content::v1::ArticleCard>> FillWindow(const Context& context, const v1::GetFeedRequest& request,
                                                           const site::SitePaths& paths, const Scope& scope,
                                                           FeedDocument& feed, v1::GetFeedResponse& response) const;
  Result<void> AddTombstones(const Context& context, const content::v1::Site& site, const v1::GetFeedRequest& request,
                             const std::string& low, const std::string& high, FeedDocument& feed) const;
  Result<void> AddItems(const Context& context, const site::SitePaths& paths,
                        const std::vector<content::v1::ArticleCard>& cards, FeedDocument& feed,
                        v1::GetFeedResponse& response) const;
  Result<OutlineGroup> OutlinesOf(const Context& context, const content::v1::Site& site,
                                  const std::string& language) const;
  Result<v1::ListFeedsResponse> ListFeedsOf(const Context& context, const content::v1::Site& site,
                                            const std::string& language, int page_size,
                                            const std::string& page_token) const;

  const Sources& sources_;
};

}  // namespace kimberlite::feed
