#pragma once

#include <string>
#include <string_view>

#include "services/ingest/core/xml_node.h"

// How the elements of feeds hold text and HTML.
namespace kimberlite::ingest {

// What is in an element as HTML: local names, attributes without a namespace. `escape` is false where text beside
// elements was HTML already.
std::string ChildrenAsHtml(const XmlNode& node, bool escape);

// The content of an RSS element that holds HTML: escaped in its text, or, against the rules, as elements.
std::string HtmlOf(const XmlNode& node);

// The same as plain text in one line.
std::string LineOf(const XmlNode& node);

// An Atom text construct or content as HTML (RFC 4287 sections 3.1 and 4.1.3, and Atom 0.3's mode); empty for media.
std::string AtomHtmlOf(const XmlNode& node);

// An Atom text construct as plain text in one line.
std::string AtomLineOf(const XmlNode& node);

// The text of an element that holds no markup, as one line.
std::string PlainOf(const XmlNode& node);

}  // namespace kimberlite::ingest
