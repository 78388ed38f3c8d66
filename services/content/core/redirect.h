#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

// Public addresses of the past.
namespace kimberlite::content {

inline constexpr std::size_t kMaxOldPath = 2000;  // bytes

// Exactly one of the targets is set.
struct Redirect {
  std::string path;  // as RedirectPath gives it
  std::int64_t article_id = 0;
  std::string section_id;
  std::int64_t concept_id = 0;
  std::string target_path;
  bool gone = false;
  std::string language_code;  // may be empty
};

// The form under which an address is kept: "/" first, no slash at the end, no fragment, %XX of letters and digits
// undone, no "start=N" in its query, and of a last segment like "123-alias" only the number, since aliases were
// changed. INVALID_ARGUMENT for `field` when it is no path of up to 2,000 bytes.
Result<std::string> RedirectPath(std::string_view path, const std::string& field);

// Where to look for an address that somebody asks for, best first: with its query and without.
Result<std::vector<std::string>> RedirectCandidates(std::string_view path, const std::string& field);

// Fields are named "redirect.…".
Result<void> CheckRedirect(const Redirect& redirect);

}  // namespace kimberlite::content
