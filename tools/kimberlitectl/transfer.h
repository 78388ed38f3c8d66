#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "libs/base/error.h"
#include "tools/kimberlitectl/caller.h"

// Everything that a site is made of, one JSON line for each object: concepts of tagging, rows of content, pictures with
// their bytes.
namespace kimberlite::ctl {

// One snapshot of content, after the concepts.
Result<void> ExportSite(Caller& caller, std::ostream& out);

// Into an empty site, or again into one where it was cut off (`resume`): what is there stays as it is. Concepts may get
// other ids than they had; what names them is changed with them. Prints what came in to `out`.
Result<void> ImportSite(std::istream& in, bool resume, Caller& caller, std::ostream& out);

}  // namespace kimberlite::ctl
