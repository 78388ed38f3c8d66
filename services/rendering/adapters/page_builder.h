#pragma once

#include <memory>
#include <string>

#include "services/rendering/adapters/sources.h"
#include "services/rendering/core/page.h"
#include "services/rendering/core/route.h"
#include "services/rendering/core/theme_keeper.h"

namespace kimberlite::rendering {

class PageMaker;

// Makes the page of a route from what content, tagging and feed say now, and records what it depends on. Safe for any
// thread; blocks.
class PageBuilder {
 public:
  PageBuilder(Sources& sources, const ThemeKeeper& themes);

  // A page for every route: 404 where nothing is, 410 where something was. An error only where a source failed.
  Result<Page> Make(const Context& context, const Route& route, std::int64_t min_site_sequence);

  // An error page in the route's language when it can be told, for when Make failed.
  Page MakeError(const Context& context, const Route& route, int status);

 private:
  static Result<Page> Dispatch(PageMaker& maker, const Route& route);

  Sources& sources_;
  const ThemeKeeper& themes_;
};

}  // namespace kimberlite::rendering
