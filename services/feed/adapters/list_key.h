#pragma once

#include <cstdint>
#include <string>

#include "kimberlite/content/v1/site.pb.h"
#include "libs/base/error.h"

namespace kimberlite::feed {

// A list key in parts: "{language}" or "{language}/{kind}/{id}", kind being section, concept, source, author or
// archive.
struct ListKey {
  std::string language;
  std::string kind;
  std::string id;
};

// INVALID_ARGUMENT names `field`.
Result<ListKey> ParseListKey(const std::string& text, const std::string& field = "list_key");

// The host of public_url without its port: the authority of tag URIs.
std::string HostOf(const std::string& public_url);

// What feeds call a translation, whatever becomes of its slug and section: a tag URI (RFC 4151).
std::string EntryId(const content::v1::Site& site, std::int64_t article_id, const std::string& language);

}  // namespace kimberlite::feed
