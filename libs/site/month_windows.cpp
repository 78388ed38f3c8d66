#include "libs/site/month_windows.h"

#include <fmt/format.h>

namespace kimberlite::site {

std::vector<MonthWindow> MonthWindows(const std::string& language, const std::vector<std::string>& months) {
  std::vector<MonthWindow> windows = {{"months-left:" + language, "", ""}};
  if (months.empty()) {
    windows.push_back({"months:" + language, "", ""});
    return windows;
  }
  const std::string& newest = months.front();
  const std::string& oldest = months.back();
  windows.push_back({"months:" + language, newest + "/", ""});  // above it, and below the next
  std::string below = oldest;
  --below.back();
  windows.push_back({"months-old:" + language, "", below + "~"});
  // What may come in between.
  std::size_t shown = months.size();
  int year = std::stoi(oldest.substr(0, 4)), number = std::stoi(oldest.substr(5));
  for (std::string month = oldest; month < newest;) {
    if (shown > 0 && months[shown - 1] == month) {
      --shown;
    } else {
      windows.push_back({"list:" + language + "/archive/" + month, "", ""});
    }
    year += number / 12;
    number = number % 12 + 1;
    month = fmt::format("{:04}-{:02}", year, number);
  }
  return windows;
}

}  // namespace kimberlite::site
