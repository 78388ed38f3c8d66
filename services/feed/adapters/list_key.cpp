#include "services/feed/adapters/list_key.h"

#include <algorithm>

#include "libs/base/text.h"

namespace kimberlite::feed {

Result<ListKey> ParseListKey(const std::string& text, const std::string& field) {
  constexpr std::string_view kKinds[] = {"section", "concept", "source", "author", "archive"};
  const auto parts = Split(text, '/');
  const bool known = parts.size() == 1 || (parts.size() == 3 && !parts[2].empty() &&
                                           std::ranges::find(kKinds, parts[1]) != std::end(kKinds));
  if (!known || parts[0].empty()) {
    return InvalidField(field, "must be {language} or {language}/section|concept|source|author|archive/{id}");
  }
  ListKey key{std::string(parts[0]), "", ""};
  if (parts.size() == 3) {
    key.kind = parts[1];
    key.id = parts[2];
  }
  return key;
}

std::string HostOf(const std::string& public_url) {
  std::string_view rest = public_url;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) rest.remove_prefix(scheme + 3);
  return std::string(rest.substr(0, rest.find_first_of(":/")));
}

std::string EntryId(const content::v1::Site& site, std::int64_t article_id, const std::string& language) {
  return "tag:" + HostOf(site.public_url()) + ",2026:article/" + std::to_string(article_id) + "/" + language;
}

}  // namespace kimberlite::feed
