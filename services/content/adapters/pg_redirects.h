#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/time.h"
#include "libs/pg/pg.h"
#include "services/content/core/redirect.h"

// Redirects in content.redirects.
namespace kimberlite::content {

// Creates or replaces. NOT_FOUND when it leads to an article that does not exist.
Result<void> PutRedirect(pg::Transaction& transaction, const Redirect& redirect, Time now);
Result<void> DeleteRedirect(pg::Transaction& transaction, const std::string& path);
// The first of the candidates that there is.
Result<std::optional<Redirect>> FindRedirect(pg::Transaction& transaction, const std::vector<std::string>& candidates);
// By path.
Result<std::vector<Redirect>> ListRedirects(pg::Transaction& transaction, const std::string& after_path, int limit);

}  // namespace kimberlite::content
