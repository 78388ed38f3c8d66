#include "services/ingest/core/identity.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace kimberlite::ingest {

ItemWrites DecideWrites(std::span<const RecognisedItem> items, std::span<const KnownItem> known, bool ids_churn) {
  std::unordered_map<std::string_view, const KnownItem*> by_id;
  std::unordered_multimap<std::string_view, const KnownItem*> by_link;
  std::unordered_set<std::string_view> in_document;
  for (const RecognisedItem& item : items) in_document.insert(item.external_id);
  for (const KnownItem& item : known) {
    by_id.emplace(item.external_id, &item);
    if (!item.link_key.empty() && !in_document.contains(item.external_id)) by_link.emplace(item.link_key, &item);
  }

  ItemWrites decided;
  std::unordered_set<std::string_view> written;
  const auto write = [&](const RecognisedItem& item, const std::string& id, const KnownItem* before) {
    if (before && before->digest == item.digest && !before->removed) return;
    if (written.insert(id).second) decided.writes.push_back({&item, id});
  };
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    if (const auto found = by_id.find(item->external_id); found != by_id.end()) {
      write(*item, found->second->external_id, found->second);
      continue;
    }
    const KnownItem* renamed = nullptr;
    if (!item->link_key.empty()) {
      const auto [begin, end] = by_link.equal_range(item->link_key);
      for (auto at = begin; at != end && !renamed; ++at) {
        if (at->second->digest == item->digest) renamed = at->second;
      }
      if (!renamed && ids_churn && begin != end && std::next(begin) == end) renamed = begin->second;
    }
    if (renamed) ++decided.renamed;
    write(*item, renamed ? renamed->external_id : item->external_id, renamed);
  }
  return decided;
}

}  // namespace kimberlite::ingest
