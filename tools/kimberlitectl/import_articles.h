#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "tools/kimberlitectl/caller.h"
#include "tools/kimberlitectl/old_site.h"

namespace kimberlite::ctl {

struct ImportOptions {
  std::string language;  // of articles that name none, or all
  std::string section;   // of articles whose category is no section of the site; empty: they are refused
  bool dry_run = false;
  bool json = false;  // the report as one JSON document
  int jobs = 4;       // requests at once
};

// Files articles of another system: categories become sections by id, slug or label, tags become concepts by label,
// alias or slug in any language, and their old addresses lead to the new ones for good (articles, sections, tags). What
// was imported before stays as it is, so an import that was cut off is repeated from its beginning. Prints a report:
// how many are new, known, refused and why, which tags are no concepts yet (most used first), which categories no
// sections.
Result<void> ImportArticles(const std::vector<OldArticle>& articles, const ImportOptions& options, Caller& caller,
                            std::ostream& out);

}  // namespace kimberlite::ctl
