#pragma once

#include <string>
#include <string_view>

#include "libs/base/error.h"

namespace kimberlite::rendering {

// What theme.json says:
//   {"name": "River", "share_picture": {"file": "share.png", "width": 1200, "height": 630}}
struct ThemeManifest {
  std::string name;  // 1 to 60 characters
  // In assets/: what social networks show with a link to a page without a picture of its own. Empty: nothing.
  std::string share_picture;
  int share_width = 0;  // pixels
  int share_height = 0;
};

// INVALID_ARGUMENT with "theme.json:line: " for what is no JSON, a member that is unknown or missing, or one of another
// kind.
Result<ThemeManifest> ParseThemeManifest(std::string_view json);

}  // namespace kimberlite::rendering
