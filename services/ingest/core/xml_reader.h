#pragma once

#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "services/ingest/core/xml_node.h"

namespace kimberlite::ingest {

struct XmlDocument {
  const XmlNode* root = nullptr;  // without the items; lives as long as the document and the text it was read from
  std::vector<std::string> warnings;
  bool truncated = false;  // a limit was reached

  std::unique_ptr<std::string> mended;  // the text without what XML forbids, where there was any
  std::unique_ptr<std::pmr::monotonic_buffer_resource> memory;
};

// What to do with an item; false: read no further. `root` is what was read of the rest of the document so far. `cut`:
// the document ended within the item. The item lives until the function returns.
using OnXmlItem = std::function<bool(const XmlNode& root, const XmlNode& item, bool cut)>;

// Reads a feed in well-formed UTF-8. Hands on each item (RSS <item>, Atom <entry>, in their places) as soon as it is
// whole, and keeps of the document only the rest.
//
// What is not well-formed is mended and reported: an end tag closes what was left open within its element, one that
// nothing was opened for is passed over, an item ends where the next one begins. INVALID_ARGUMENT when there is no
// element at all.
Result<XmlDocument> ReadXml(std::string_view text, std::string_view url, const OnXmlItem& on_item);

// The same of a document of any kind: nothing is an item, and up to `max_nodes` are kept.
Result<XmlDocument> ReadXmlTree(std::string_view text, std::string_view url, int max_nodes);

}  // namespace kimberlite::ingest
