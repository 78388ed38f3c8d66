#pragma once

#include <string>
#include <string_view>

namespace kimberlite::ingest {

// The language of an item as a primary subtag ("ru"); empty when nothing says it. What the item or its feed declares
// counts, unless the text is clearly in another language: feeds of a Russian site carry Sakha, and many a system
// declares "en-US" whatever it is used for. Without a declaration the text decides, and the source's default where the
// text does not. `text` is plain; its first 1 KiB is read.
std::string LanguageOfItem(std::string_view declared, std::string_view default_code, std::string_view text);

}  // namespace kimberlite::ingest
