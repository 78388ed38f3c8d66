#pragma once

#include <vector>

#include "kimberlite/feed/v1/feed_service.pb.h"
#include "libs/base/context.h"
#include "libs/base/error.h"
#include "libs/base/time.h"
#include "services/feed/adapters/list_key.h"
#include "services/feed/adapters/sources.h"
#include "services/feed/core/feed_document.h"

namespace kimberlite::feed {

// Makes sitemaps for crawlers. Safe for any thread; blocks.
//
// /sitemap.xml is an index. Its parts are /sitemap-pages.xml (home pages, sections, sources) and, for each language and
// month, /sitemap-{language}-{yyyy}-{mm}.xml: a publication changes this month's part alone, and the months before stay
// as they are. A part holds the newest 50,000 of its month, which is what is allowed.
//
// /news-sitemap.xml holds the last 48 hours, or is an index of /news-sitemap-{n}.xml, each with what was published in
// the n-th three hours since 1970, once they are more than the 1,000 that are allowed.
class SitemapMaker {
 public:
  SitemapMaker(const Sources& sources, const Clock& clock) : sources_(sources), clock_(clock) {}

  Result<v1::GetFeedResponse> GetSitemap(const Context& context, const v1::GetFeedRequest& request) const;
  Result<v1::GetFeedResponse> GetNewsSitemap(const Context& context, const v1::GetFeedRequest& request) const;

 private:
  Result<v1::GetFeedResponse> Index(const Context& context, const content::v1::Site& site) const;
  Result<v1::GetFeedResponse> Pages(const content::v1::Site& site) const;
  Result<v1::GetFeedResponse> Part(const Context& context, const content::v1::Site& site, const ListKey& key) const;
  // What was published since `oldest`, newest first, of every language.
  Result<std::vector<NewsUrl>> News(const Context& context, const content::v1::Site& site, Time oldest,
                                    v1::GetFeedResponse& response) const;

  const Sources& sources_;
  const Clock& clock_;
};

}  // namespace kimberlite::feed
