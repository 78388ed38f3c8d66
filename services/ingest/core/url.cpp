#include "services/ingest/core/url.h"

#include "libs/base/text.h"
#include "libs/html/url.h"

namespace kimberlite::ingest {

std::string AbsoluteUrl(std::string_view base, std::string_view reference) {
  // An absolute reference, as nearly all are, needs no base.
  if (std::string text = html::ResolveToText(TrimAscii(reference), std::nullopt, false); !text.empty()) return text;
  return html::ResolveToText(reference, html::ResolveUrl(base, std::nullopt), false);
}

std::string CanonicalUrl(std::string_view absolute_url) {
  auto url = html::ResolveUrl(absolute_url, std::nullopt);
  if (!url) return std::string(absolute_url);
  url->fragment.clear();
  html::DropTracking(*url);
  return url->ToString();
}

std::string HostOf(std::string_view absolute_url) {
  const auto url = html::ResolveUrl(absolute_url, std::nullopt);
  return url ? url->authority : std::string();
}

}  // namespace kimberlite::ingest
