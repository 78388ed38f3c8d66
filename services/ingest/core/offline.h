#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

// The parser and the cleaner for those who try a source or migrate an archive: JSON lines in and out, no network, no
// database, no settings. One line of output for each line of input, whatever that holds, with its "id" as it came.
namespace kimberlite::ingest {

// {"id","url","headers":{},"body_base64"} →
// {"id","feed":{"id","title","description_html","link","language","published_time","updated_time"},
//  "items":[{"id","id_is_permalink","title","link","authors":[{"name","email","uri"}],"published_time","updated_time",
//            "summary_html","content_html","language","categories":[{"term","scheme","label"}],
//            "enclosures":[{"url","type","length"}]}],"warnings":[],"error":null}
// HTML is sanitized (libs/html/sanitize.h), its addresses absolute; an item's language is as
// declared, else told from its text (a primary subtag). Times are RFC 3339 in UTC; what is absent is null.
// On an error "feed" is null, "items" is empty and "error" is a sentence. Of the headers Content-Type alone is read.
// "time_zone" (IANA) may say where dates without a zone are.
std::string ParseLine(std::string_view line);

// {"id","html","url"} → {"id","html"}; with "html":null and "error" when the line is not such an object.
std::string CleanLine(std::string_view line);

// Answers line by line until the input ends. The exit code: 0, or 1 when the output could not be written.
int RunLines(std::istream& in, std::ostream& out, std::string (*answer)(std::string_view));

}  // namespace kimberlite::ingest
