#pragma once

#include "libs/base/time.h"
#include "libs/bus/bus.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// Applies what tagging found: kimberlite.tagging.article_tags.v1, group "content". Once each. Safe for any thread.
class TagsHandler {
 public:
  TagsHandler(pg::Pool& pool, PgSiteStore& sites, const Clock& clock) : pool_(pool), sites_(sites), clock_(clock) {}
  Result<void> Handle(const bus::Event& event);

 private:
  pg::Pool& pool_;
  PgSiteStore& sites_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
