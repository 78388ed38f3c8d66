#pragma once

#include <memory>
#include <mutex>

#include "libs/base/error.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/act.h"
#include "services/content/core/site.h"

namespace kimberlite::content {

// Settings, sections and sources in content.site, content.sections and content.sources. Every change raises the site's
// sequence by one, is kept in content.site_revisions and is told in a SiteChanged. Safe for any thread.
class PgSiteStore {
 public:
  // The site as this transaction sees it. Kept in memory by its sequence, so a call costs one look at a row. Must come
  // before the transaction itself changes the site: what may yet be rolled back must not be kept. FAILED_PRECONDITION
  // when there is no site yet.
  Result<std::shared_ptr<const Site>> Load(pg::Transaction& transaction);

  // Replaces settings and sections by those of `wanted`, which keeps the rules of CheckSite. `expected_sequence` 0: no
  // check. Nothing happens when nothing differs. FAILED_PRECONDITION when a section that is removed has articles, or a
  // language that is removed has public translations.
  Result<Site> Update(pg::Transaction& transaction, const Act& act, std::int64_t expected_sequence, Site wanted);

  // Creates or replaces. Nothing happens when nothing differs. RESOURCE_EXHAUSTED when there would be more than 1,000.
  Result<void> PutSource(pg::Transaction& transaction, const Act& act, const Source& source);

  // Creates the source unless there is one of that id. False: there are 1,000 others, so it was not created.
  Result<bool> EnsureSource(pg::Transaction& transaction, const Act& act, const Source& source);

 private:
  std::mutex mutex_;
  std::shared_ptr<const Site> kept_;
};

}  // namespace kimberlite::content
