#pragma once

#include <string>
#include <vector>

#include "services/ingest/core/feed.h"
#include "services/ingest/core/xml_node.h"

// People, categories and enclosures: each added once, at most 200 of a kind.
namespace kimberlite::ingest {

// "mail@example.org (Name)", "Name <mail@example.org>", a name, or an address.
FeedPerson PersonOf(std::string_view line);

// The same in an element's text, which may hold markup: an address in angle brackets is none.
FeedPerson PersonIn(const XmlNode& node);

// An Atom person construct (RFC 4287 section 3.2), or the text that stands in its place.
FeedPerson AtomPersonOf(const XmlNode& node);

void AddPerson(std::vector<FeedPerson>& people, FeedPerson person);

void AddCategory(std::vector<FeedCategory>& categories, FeedCategory category);

void AddEnclosure(std::vector<FeedEnclosure>& enclosures, const XmlNode& node, std::string_view url_attribute,
                  std::string_view size_attribute);

}  // namespace kimberlite::ingest
