#pragma once

#include "libs/base/time.h"
#include "libs/bus/bus.h"
#include "libs/pg/pg.h"
#include "services/content/adapters/pg_site_store.h"

namespace kimberlite::content {

// Files what ingest took in, and what it saw removed: kimberlite.ingest.item.v1, group "content". Each item and all
// that it changes in one transaction, once. Waits (by a retryable error) while there is no site yet. Safe for any
// thread.
class ItemHandler {
 public:
  ItemHandler(pg::Pool& pool, PgSiteStore& sites, const Clock& clock) : pool_(pool), sites_(sites), clock_(clock) {}
  Result<void> Handle(const bus::Event& event);

 private:
  Result<void> HandleRemoval(const bus::Event& event);

  pg::Pool& pool_;
  PgSiteStore& sites_;
  const Clock& clock_;
};

}  // namespace kimberlite::content
