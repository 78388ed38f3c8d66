#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "services/ingest/core/recognise.h"

// Which items of a document are new, which have changed, and which are old ones under a new id.
namespace kimberlite::ingest {

// An item as it is stored.
struct KnownItem {
  std::string external_id;
  std::string digest;
  std::string link_key;
  bool removed = false;
};

// An item to write, under this id: its own, or that under which it is known.
struct ItemWrite {
  const RecognisedItem* item = nullptr;
  std::string external_id;
};

struct ItemWrites {
  std::vector<ItemWrite> writes;  // the document's last first: feeds begin with the newest; no id twice
  int renamed = 0;                // known under another id
};

// So many items under new ids, and a source's ids are not believed.
constexpr int kChurningRenames = 3;

// `known`: the stored items of the source whose id or link key is that of one of `items`.
// An item whose id is not known is an old one under a new id when an item that is no longer in the document has the
// same link and the same content; and, where the source's ids are known to churn, when exactly one such item has the
// same link, whatever the content. It is then written under the old id, if it changed. A title alone tells nothing.
ItemWrites DecideWrites(std::span<const RecognisedItem> items, std::span<const KnownItem> known, bool ids_churn);

}  // namespace kimberlite::ingest
