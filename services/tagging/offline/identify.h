#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace kimberlite::tagging {

// kimberlite-tagging identify: {"id","text"} → {"id","language","score"}, line by line, no services needed. "language"
// is BCP 47, "und" for what is in no known language or too short to tell; "score" is 0 to 1. One line of output for
// each line of input with its "id" as it came; "language":null and "error" where a line is not such an object.
//
// `arguments` are files of JSON lines, gzip or not, "-" or none for standard input; and --languages=ru,sah,…, which are
// then the likelier ones. Returns the exit code: 0, 1 when something could not be read or written, 2 for bad arguments.
int RunIdentify(const std::vector<std::string_view>& arguments, std::ostream& out);

}  // namespace kimberlite::tagging
