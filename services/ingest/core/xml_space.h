#pragma once

#include <string_view>

#include "services/ingest/core/xml_node.h"

namespace kimberlite::ingest {

// The vocabulary of a namespace URI, however it is written: with https, in capitals, with or without the last slash.
Space SpaceOfUri(std::string_view uri);

// What a prefix means that was never declared.
Space SpaceOfPrefix(std::string_view prefix);

}  // namespace kimberlite::ingest
