#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kimberlite::html {

// An http or https URL in parts, each as it stands in the text of the URL.
struct Url {
  std::string scheme;     // "http" or "https"
  std::string authority;  // host and port, lower case; never user information
  std::string path;       // begins with "/", without dot segments
  std::string query;      // with its "?" or empty
  std::string fragment;   // with its "#" or empty

  std::string ToString() const { return scheme + "://" + authority + path + query + fragment; }
};

// Reads a reference as browsers do (white space and line breaks within dropped, backslashes as slashes) and resolves it
// against `base`. Nothing for other schemes, for relative references without a base, for hosts that are none or hide
// behind user information, and for more than 2,048 bytes. Characters that URLs cannot hold are percent-encoded, but for
// letters in the host.
std::optional<Url> ResolveUrl(std::string_view reference, const std::optional<Url>& base);

// The text of ResolveUrl's answer, parameters that only track readers dropped where `drop_tracking`; empty for nothing.
// Faster, as most references are absolute and in their final form already.
std::string ResolveToText(std::string_view reference, const std::optional<Url>& base, bool drop_tracking);

// A mailto: URL made safe; nothing for anything else.
std::optional<std::string> CleanMailto(std::string_view reference);

// Drops the parameters by which newsletters and advertisers follow readers: utm_…, pk_…, mtm_…, hsa_…, and the click
// ids of advertising and social networks (fbclid, gclid, yclid, msclkid, igshid, _openstat and their like).
void DropTracking(Url& url);

}  // namespace kimberlite::html
