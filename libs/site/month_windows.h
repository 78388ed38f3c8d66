#pragma once

#include <string>
#include <vector>

namespace kimberlite::site {

// What a list of the archive's months depends on: an entity that events touch, with the window that is shown.
struct MonthWindow {
  std::string entity;
  std::string low;
  std::string high;
};

// Of a document that shows exactly these months of a language ("2026-11", newest first): one that is not shown may
// come, and one that is shown may go with its last story; a story more in a month that is shown changes nothing.
std::vector<MonthWindow> MonthWindows(const std::string& language, const std::vector<std::string>& months);

}  // namespace kimberlite::site
