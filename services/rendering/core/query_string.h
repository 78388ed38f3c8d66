#pragma once

#include <string>
#include <string_view>

namespace kimberlite::rendering {

// The first value of a parameter in the query of a form (WHATWG URL, application/x-www-form-urlencoded), decoded: '+'
// is a space, %XX a byte, and what is no escape stands for itself. Empty when there is none.
std::string QueryParameter(std::string_view query, std::string_view name);

// What a reader typed, fit to be shown and searched for: control characters become spaces, white space at the ends
// goes. Empty when it is not UTF-8.
std::string CleanQuery(std::string_view typed);

}  // namespace kimberlite::rendering
