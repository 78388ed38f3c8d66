#pragma once

#include <google/protobuf/message.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

// What people read in a terminal, whatever the script.
namespace kimberlite::ctl {

// Columns that well-formed UTF-8 takes in a terminal: 2 for wide East Asian characters, 0 for combining ones.
std::size_t DisplayWidth(std::string_view text);

// One line without control characters, cut to `columns` with "…" when longer.
std::string Fit(std::string_view text, std::size_t columns);

// Columns two spaces apart; numbers stand to the right. A line per row, each ended.
std::string Table(const std::vector<std::string>& headers, const std::vector<std::vector<std::string>>& rows);

// "CONCEPT_KIND_TOPIC" as "topic", "FEED_FORMAT_NEWS_SITEMAP" as "news-sitemap".
std::string ShortEnumName(const google::protobuf::EnumValueDescriptor& value);

// A message for people: fields as lines, repeated messages as tables. Fields that are not set are left out, long values
// are cut, tables have no bodies. Complete output is proto JSON. columns: those to show of an answer that is a list
// and their order, as names of fields, of nested ones too ("last_error"); empty: all.
std::string RenderText(const google::protobuf::Message& message, const std::vector<std::string>& columns = {});

// Proto JSON with the field names of the proto files, indented, one document ended by a line break.
std::string RenderJson(const google::protobuf::Message& message);
// The same in one line: a document of many.
std::string RenderJsonLine(const google::protobuf::Message& message);

// "error: INVALID_ARGUMENT: translations[0].headline: must not be empty", always one line.
std::string ErrorLine(const Error& error);

// "250ms", "10s", "5m", "1h"; a bare number is seconds. INVALID_ARGUMENT otherwise, and for what is negative.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

}  // namespace kimberlite::ctl
