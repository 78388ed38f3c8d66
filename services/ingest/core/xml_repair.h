#pragma once

#include <string>
#include <string_view>

namespace kimberlite::ingest {

struct RepairedXml {
  std::string text;
  bool repaired = false;  // something in it was not well-formed
};

// Makes of a feed in UTF-8 what an XML parser without any DTD reads: the XML declaration, DOCTYPE (with all that it
// declares), comments and processing instructions are left out; HTML's named entities become the characters they mean,
// unknown ones and stray ampersands their own text; "<" that begins no tag becomes &lt;; characters that XML forbids
// are dropped, and references to them become U+FFFD (128 to 159: what windows-1252 has there); an open CDATA section is
// closed. What stands before the first "<" is dropped. Linear.
RepairedXml RepairXml(std::string_view text);

}  // namespace kimberlite::ingest
