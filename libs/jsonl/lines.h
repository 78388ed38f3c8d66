#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

// Files of JSON lines, as the offline programs read them.
namespace kimberlite::jsonl {

// Longer lines are refused (RESOURCE_EXHAUSTED): a file without line breaks is not such a file.
inline constexpr std::size_t kMaxLine = std::size_t{32} << 20;

// Reads a file line by line; "-" is standard input. What begins like gzip (RFC 1952) is decompressed, whatever its
// name; a file that ends in the middle of its compressed data is DATA_LOSS. Line breaks are not part of a line; a
// missing one at the end is fine. Stops at the first error, the reader's included; errors name file and line.
Result<void> ForEachLine(const std::string& path, const std::function<Result<void>(std::string_view)>& read);

// The same for lines that are each one JSON object; empty lines are skipped. Bytes
// that are not UTF-8 are INVALID_ARGUMENT like every other syntax error.
Result<void> ForEachObject(const std::string& path, const std::function<Result<void>(const nlohmann::json&)>& read);

// A member that must be a string; empty when it is absent or null.
Result<std::string> StringOf(const nlohmann::json& object, const char* member);
// A member that may be a list of strings, or one string; empty when it is absent or null.
Result<std::vector<std::string>> StringsOf(const nlohmann::json& object, const char* member);

// One line, without the line break. Bytes that are not UTF-8 are written as U+FFFD.
std::string LineOf(const nlohmann::ordered_json& value);

}  // namespace kimberlite::jsonl
