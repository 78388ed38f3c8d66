#include "services/ingest/core/url.h"

#include "libs/html/url.h"

namespace kimberlite::ingest {

std::string AbsoluteUrl(std::string_view base, std::string_view reference) {
  const auto url = html::ResolveUrl(reference, html::ResolveUrl(base, std::nullopt));
  return url ? url->ToString() : std::string();
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
