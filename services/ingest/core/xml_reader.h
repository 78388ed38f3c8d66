#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"

namespace kimberlite::ingest {

// The vocabularies that feeds are written in, by namespace URI. Where a prefix was never declared, its usual meaning
// counts.
enum class Space {
  kNone,
  kRss,  // RSS 0.90 and 1.0; other elements of RSS are in kNone
  kRdf,
  kAtom,
  kDc,
  kDcTerms,
  kContent,
  kMedia,
  kItunes,
  kFeedburner,
  kXhtml,
  kXml,
  kOther,
};

struct XmlAttribute {
  Space space;
  std::string name;
  std::string value;
};

// An element, or a run of text (its name is empty).
struct XmlNode {
  Space space = Space::kNone;
  std::string name;
  std::string text;
  std::vector<XmlAttribute> attributes;
  std::vector<XmlNode> children;
  std::string base;      // xml:base in force, absolute or empty
  std::string language;  // xml:lang in force, or empty

  bool Is(Space wanted, std::string_view wanted_name) const { return space == wanted && name == wanted_name; }
  // The attribute without a namespace, or empty.
  std::string_view Attribute(std::string_view wanted) const;
  // All text within, in order.
  std::string Text() const;
  bool HasElements() const;
};

struct XmlDocument {
  XmlNode root;  // without the items
  std::vector<std::string> warnings;
  bool truncated = false;  // a limit was reached, or nothing could be read after an error
};

// What to do with an item; false: read no further. `root` is what was read of the rest of the document so far.
using OnXmlItem = std::function<bool(const XmlNode& root, const XmlNode& item)>;

// Reads a feed in UTF-8. Hands on each item (RSS <item>, Atom <entry>, in their places) as soon as it is whole, and
// keeps of the document only the rest. After an error it goes on with the next item. INVALID_ARGUMENT when not even a
// root element can be read.
Result<XmlDocument> ReadXml(std::string_view text, std::string_view url, const OnXmlItem& on_item);

}  // namespace kimberlite::ingest
