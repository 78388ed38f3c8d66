#pragma once

#include <string>

#include "libs/site/site_paths.h"
#include "services/rendering/core/view.h"

namespace kimberlite::rendering {

// The site as one language's pages show it.
class SiteView : public site::SitePaths {
 public:
  using SitePaths::SitePaths;

  Moment MomentOf(Time time) const;
  // "2026-11" as readers write it.
  std::string MonthName(const std::string& month) const;
  // The front page, then the given.
  std::vector<Crumb> Breadcrumb(std::vector<Link> below) const;

  // What every page has, without what is the page's own: title, description, canonical_url, alternates, share_image,
  // urls of the language choices.
  Shell MakeShell() const;

  static Language LanguageOf(const content::v1::Site& site, const std::string& code);
};

// Candidates of a srcset: the variants of one type and, if it is of that type, the picture itself. Empty when there is
// no choice.
std::string SrcsetOf(const content::v1::Media& media, const std::string& type);

// Where a translation lives: needs no view of its language.
std::string ArticlePathIn(const content::v1::Site& site, const content::v1::Article& article,
                          const content::v1::Translation& translation);

}  // namespace kimberlite::rendering
