#pragma once

#include <string>
#include <string_view>

namespace kimberlite::ingest {

// The absolute http(s) URL that `reference` means in a document at `base` (html::ResolveUrl); empty when it means none.
// `base` may be empty.
std::string AbsoluteUrl(std::string_view base, std::string_view reference);

// The URL for telling whether two links lead to one page: without fragment and the parameters that only track readers.
std::string CanonicalUrl(std::string_view absolute_url);

// Host and port as the absolute http(s) URL has them, in lower case; empty when it is none.
std::string HostOf(std::string_view absolute_url);

}  // namespace kimberlite::ingest
